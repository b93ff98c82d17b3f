/** When the shop is open: calendars of weekly hours with holidays. A queue, a rule or a service level names one. */
import { Select, Switch } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { replaced } from "@/features/admin/plans/draft";
import { dayWords } from "@/features/admin/plans/hours/clock";
import { DayEditor } from "@/features/admin/plans/hours/DayEditor";
import own from "@/features/admin/plans/hours/Hours.module.css";
import { SpecialDays } from "@/features/admin/plans/hours/SpecialDays";
import { ListPage } from "@/features/admin/plans/parts/ListPage";
import parts from "@/features/admin/plans/parts/Parts.module.css";
import type { Calendar, Period } from "@/features/admin/plans/types";
import { Button } from "@/ui/Button";

const WEEKDAYS = [1, 2, 3, 4, 5, 6, 0] as const; // as time.weekday counts, Monday first
const AXIS_H = [0, 6, 12, 18, 24] as const;
const ZONE = "Asia/Ho_Chi_Minh";
const ZONES = [ZONE, "Asia/Bangkok", "Asia/Singapore", "Asia/Tokyo", "Europe/Berlin", "America/New_York", "UTC"];
const USUAL: readonly Period[] = [{ opens: "08:00", closes: "17:30" }];
const FRESH: Omit<Calendar, "id" | "name"> = {
  zone: ZONE,
  week: [USUAL, USUAL, USUAL, USUAL, USUAL, [], []],
  special: [],
  vietnamese_holidays: true,
};

export default function HoursPage() {
  const { t } = useTranslation();
  const say = ({ week, vietnamese_holidays }: Calendar) => {
    const closed = t("hours.closed");
    return {
      said: t("hours.weekSays", { first: dayWords(week[0], closed), last: dayWords(week[6], closed) }),
      goal: vietnamese_holidays ? t("hours.withHolidays") : "",
    };
  };
  return (
    <ListPage
      kind="hours"
      fresh={FRESH}
      addTo="end"
      isRanked={false}
      say={say}
      fields={({ item: calendar, set }) => (
        <>
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
        </>
      )}
      more={({ item: calendar, place, set }) => (
        <>
          <Week week={calendar.week} place={`${place}.week`} onChange={(week) => set({ week })} />
          <SpecialDays calendar={calendar} place={`${place}.special`} onChange={(special) => set({ special })} />
        </>
      )}
    />
  );
}

interface WeekProps {
  week: Calendar["week"];
  place: string;
  onChange: (week: Calendar["week"]) => void;
}

function Week({ week, place, onChange }: WeekProps) {
  const { t } = useTranslation();
  return (
    <div>
      <p className={parts.label}>{t("hours.week")}</p>
      <div className={own.week}>
        <span className={own.axis} aria-hidden="true">
          {AXIS_H.map((hour) => (
            <span key={hour}>{hour}</span>
          ))}
        </span>
        {week.map((day, weekday) => (
          <DayEditor
            key={WEEKDAYS[weekday]}
            name={t(`time.weekday.${WEEKDAYS[weekday] ?? 0}` as "time.weekday.1")}
            day={day}
            place={`${place}.${weekday}`}
            onChange={(periods) => onChange(replaced(week, weekday, periods) as unknown as Calendar["week"])}
          />
        ))}
      </div>
      <Button
        size="s"
        kind="quiet"
        icon="copy"
        onClick={() => {
          const [monday, , , , , saturday, sunday] = week;
          onChange([monday, monday, monday, monday, monday, saturday, sunday]);
        }}
      >
        {t("hours.copyMonday")}
      </Button>
    </div>
  );
}
