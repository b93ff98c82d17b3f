/** When the shop is open: calendars of weekly hours with holidays. A queue, a rule or a service level names one. */
import { Select, Switch, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { newId, replaced } from "@/features/admin/plans/draft";
import { dayWords } from "@/features/admin/plans/hours/clock";
import { DayEditor } from "@/features/admin/plans/hours/DayEditor";
import own from "@/features/admin/plans/hours/Hours.module.css";
import { SpecialDays } from "@/features/admin/plans/hours/SpecialDays";
import { PlanPage } from "@/features/admin/plans/parts/Frame";
import { useFault } from "@/features/admin/plans/parts/faults";
import { ItemHead } from "@/features/admin/plans/parts/ItemHead";
import parts from "@/features/admin/plans/parts/Parts.module.css";
import type { Calendar, Period } from "@/features/admin/plans/types";
import { Button } from "@/ui/Button";
import { Empty } from "@/ui/Empty";

export const WEEKDAYS = [1, 2, 3, 4, 5, 6, 0] as const; // as time.weekday counts, Monday first
const ZONE = "Asia/Ho_Chi_Minh";
const ZONES = [ZONE, "Asia/Bangkok", "Asia/Singapore", "Asia/Tokyo", "Europe/Berlin", "America/New_York", "UTC"];
const USUAL: readonly Period[] = [{ opens: "08:00", closes: "17:30" }];

export default function HoursPage() {
  const { t } = useTranslation();
  const [openId, setOpenId] = useState<string | null>(null);
  return (
    <PlanPage
      kind="hours"
      hint={t("hours.hint")}
      action={(draft) => (
        <Button
          kind="primary"
          icon="plus"
          onClick={() => {
            const calendar = newCalendar(t("hours.newName"), draft.document.calendars);
            draft.set({ calendars: [...draft.document.calendars, calendar] });
            setOpenId(calendar.id);
          }}
        >
          {t("hours.add")}
        </Button>
      )}
    >
      {({ document, set }) => (
        <>
          {document.calendars.length === 0 && <Empty title={t("hours.none.title")} hint={t("hours.none.hint")} />}
          <ul className={parts.ordered}>
            {document.calendars.map((calendar, at) => (
              <li key={calendar.id} className={parts.card}>
                <Item
                  calendar={calendar}
                  at={at}
                  isOpen={openId === calendar.id || (openId === null && document.calendars.length === 1)}
                  onOpen={(isOpen) => setOpenId(isOpen ? calendar.id : "")}
                  onChange={(changed) => set({ calendars: replaced(document.calendars, at, changed) })}
                  onRemove={() => set({ calendars: document.calendars.filter((one) => one.id !== calendar.id) })}
                />
              </li>
            ))}
          </ul>
        </>
      )}
    </PlanPage>
  );
}

interface Props {
  calendar: Calendar;
  at: number;
  isOpen: boolean;
  onOpen: (isOpen: boolean) => void;
  onChange: (calendar: Calendar) => void;
  onRemove: () => void;
}

function Item({ calendar, at, isOpen, onOpen, onChange, onRemove }: Props) {
  const { t } = useTranslation();
  const fault = useFault();
  const place = `body.document.calendars.${at}`;
  const set = (change: Partial<Calendar>) => onChange({ ...calendar, ...change });
  const setDay = (day: number, periods: readonly Period[]) =>
    set({ week: replaced(calendar.week, day, periods) as unknown as Calendar["week"] });
  const name = fault(`${place}.name`);
  const closed = t("hours.closed");
  return (
    <>
      <ItemHead
        name={calendar.name}
        said={`${t("hours.weekSays", { first: dayWords(calendar.week[0], closed), last: dayWords(calendar.week[6], closed) })}`}
        goal={calendar.vietnamese_holidays ? t("hours.withHolidays") : ""}
        active
        isFaulty={fault(place) !== undefined}
        isOpen={isOpen}
        onOpen={onOpen}
      />
      {isOpen && (
        <div className={parts.form}>
          <div className={parts.fields}>
            <TextInput
              label={t("hours.name")}
              value={calendar.name}
              {...(name && { error: name })}
              onChange={(event) => set({ name: event.currentTarget.value })}
            />
            <Select
              label={t("planField.zone")}
              data={[...new Set([calendar.zone, ...ZONES])]}
              value={calendar.zone}
              searchable
              allowDeselect={false}
              onChange={(zone) => zone && set({ zone })}
            />
            <Switch
              className={parts.switch}
              label={t("hours.vietnameseHolidays")}
              description={t("hours.vietnameseHolidaysHint")}
              checked={calendar.vietnamese_holidays}
              onChange={(event) => set({ vietnamese_holidays: event.currentTarget.checked })}
            />
          </div>
          <div>
            <p className={parts.label}>{t("hours.week")}</p>
            <div className={own.week}>
              {calendar.week.map((day, weekday) => (
                <DayEditor
                  key={WEEKDAYS[weekday]}
                  name={t(`time.weekday.${WEEKDAYS[weekday] ?? 0}` as "time.weekday.1")}
                  day={day}
                  place={`${place}.week.${weekday}`}
                  onChange={(periods) => setDay(weekday, periods)}
                />
              ))}
            </div>
            <Button
              size="s"
              kind="quiet"
              icon="copy"
              onClick={() => {
                const [monday, , , , , saturday, sunday] = calendar.week;
                set({ week: [monday, monday, monday, monday, monday, saturday, sunday] });
              }}
            >
              {t("hours.copyMonday")}
            </Button>
          </div>
          <SpecialDays calendar={calendar} place={`${place}.special`} onChange={(special) => set({ special })} />
          <div className={parts.foot}>
            <Button size="s" kind="danger" onClick={onRemove}>
              {t("plan.remove")}
            </Button>
          </div>
        </div>
      )}
    </>
  );
}

function newCalendar(name: string, taken: readonly Calendar[]): Calendar {
  const week: Calendar["week"] = [USUAL, USUAL, USUAL, USUAL, USUAL, [], []];
  return { id: newId(name, taken), name, zone: ZONE, week, special: [], vietnamese_holidays: true };
}
