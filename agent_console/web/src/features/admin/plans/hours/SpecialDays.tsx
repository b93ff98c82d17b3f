/** Days that differ from their week: the law's holidays of a year, and what the shop says of any day. */
import { TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useHolidays } from "@/features/admin/plans/api";
import { dayAfter, stretches } from "@/features/admin/plans/hours/clock";
import { DayEditor } from "@/features/admin/plans/hours/DayEditor";
import own from "@/features/admin/plans/hours/Hours.module.css";
import { useFault } from "@/features/admin/plans/parts/faults";
import parts from "@/features/admin/plans/parts/Parts.module.css";
import type { Calendar, SpecialDay } from "@/features/admin/plans/types";
import { day as dayText } from "@/lib/format/text";
import { dayKey } from "@/lib/format/time";
import { Button, IconButton } from "@/ui/Button";

interface Props {
  calendar: Calendar;
  place: string;
  onChange: (special: readonly SpecialDay[]) => void;
}

export function SpecialDays({ calendar, place, onChange }: Props) {
  const { t } = useTranslation();
  const fault = useFault();
  const today = dayKey(Date.now());
  const [year, setYear] = useState(Number(today.slice(0, 4)));
  const { special } = calendar;
  const set = (on: string, change: Partial<SpecialDay>) =>
    onChange(special.map((one) => (one.on === on ? { ...one, ...change } : one)));
  const add = (on: string, name: string) => {
    let free = on;
    while (special.some((one) => one.on === free)) free = dayAfter(free);
    onChange([...special, { on: free, name, periods: [] }].sort((a, b) => a.on.localeCompare(b.on)));
  };
  return (
    <>
      <div>
        <div className={own.yearLine}>
          <p className={parts.label}>{t("hours.holidays")}</p>
          <IconButton icon="left" size="s" label={t("hours.yearBefore")} onClick={() => setYear(year - 1)} />
          <span className="figures">{year}</span>
          <IconButton icon="right" size="s" label={t("hours.yearAfter")} onClick={() => setYear(year + 1)} />
        </div>
        <Holidays year={year} calendar={calendar} onSpecial={add} />
      </div>
      <div>
        <p className={parts.label}>{t("hours.special")}</p>
        <p className={parts.quiet}>{t("hours.specialHint")}</p>
        {special.map((one, at) => {
          const [on, name] = [fault(`${place}.${at}.on`), fault(`${place}.${at}.name`)];
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: its day is being changed
            <div key={at} className={own.special}>
              <TextInput
                type="date"
                size="xs"
                aria-label={t("hours.specialOn")}
                value={one.on}
                {...(on && { error: on })}
                onChange={(event) => set(one.on, { on: event.currentTarget.value })}
              />
              <TextInput
                className={parts.grow}
                size="xs"
                aria-label={t("hours.specialName")}
                placeholder={t("hours.specialName")}
                value={one.name}
                {...(name && { error: name })}
                onChange={(event) => set(one.on, { name: event.currentTarget.value })}
              />
              <IconButton
                icon="close"
                size="s"
                label={t("hours.removeSpecial", { day: dayText(one.on) })}
                onClick={() => onChange(special.filter((_, i) => i !== at))}
              />
              <DayEditor
                name={one.name || dayText(one.on)}
                day={one.periods}
                place={`${place}.${at}.periods`}
                onChange={(periods) => set(one.on, { periods })}
              />
            </div>
          );
        })}
        <Button size="s" kind="quiet" icon="plus" onClick={() => add(dayAfter(today), "")}>
          {t("hours.addSpecial")}
        </Button>
      </div>
    </>
  );
}

interface HolidaysProps {
  year: number;
  calendar: Calendar;
  onSpecial: (on: string, name: string) => void;
}

function Holidays({ year, calendar, onSpecial }: HolidaysProps) {
  const { t } = useTranslation();
  const holidays = useHolidays(year);
  if (!calendar.vietnamese_holidays) return <p className={parts.quiet}>{t("hours.noHolidays")}</p>;
  return (
    <ul className={own.holidays}>
      {stretches(holidays.data ?? []).map((one) => {
        const name = t(`holiday.${one.holiday}` as "holiday.new_year");
        const own_ = calendar.special.filter((day) => day.on >= one.from && day.on <= one.to);
        return (
          <li key={one.from} className={own.holiday}>
            <span className={own.holidayDay}>
              {one.from === one.to ? dayText(one.from) : `${dayText(one.from).slice(0, 5)} – ${dayText(one.to)}`}
            </span>
            <span className={parts.grow}>{name}</span>
            <span className={parts.quiet}>{t(own_.length > 0 ? "hours.byOwnDay" : "hours.closed")}</span>
            <IconButton
              icon="pencil"
              size="s"
              label={t("hours.otherHours", { name })}
              onClick={() => onSpecial(one.from, name)}
            />
          </li>
        );
      })}
    </ul>
  );
}
