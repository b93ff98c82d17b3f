/** The opening times of one day: two fields per period, and the day drawn as a line of 24 hours. */
import { TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { replaced, without } from "@/features/admin/plans/draft";
import { barOf, clockOf, nextPeriod } from "@/features/admin/plans/hours/clock";
import own from "@/features/admin/plans/hours/Hours.module.css";
import { useFault } from "@/features/admin/plans/parts/faults";
import type { Period } from "@/features/admin/plans/types";
import { IconButton } from "@/ui/Button";

interface Props {
  name: string;
  day: readonly Period[];
  place: string;
  onChange: (day: readonly Period[]) => void;
}

const PERIODS_MAX = 10;

export function DayEditor({ name, day, place, onChange }: Props) {
  const { t } = useTranslation();
  const error = useFault()(place);
  return (
    <div className={own.day}>
      <span className={own.dayName}>{name}</span>
      <span className={own.line} aria-hidden="true">
        {day.map((period, at) => {
          const bar = barOf(period);
          // biome-ignore lint/suspicious/noArrayIndexKey: a period is its place
          return bar && <span key={at} className={own.bar} ref={placed(bar)} />;
        })}
      </span>
      <span className={own.periods}>
        {day.length === 0 && <span className={own.closed}>{t("hours.closed")}</span>}
        {day.map((period, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a period is its place
          <span key={at} className={own.period}>
            <Clock
              name={t("hours.opensOf", { day: name })}
              value={period.opens}
              onChange={(opens) => onChange(replaced(day, at, { ...period, opens }))}
            />
            {"–"}
            <Clock
              name={t("hours.closesOf", { day: name })}
              value={period.closes}
              onChange={(closes) => onChange(replaced(day, at, { ...period, closes }))}
            />
            <IconButton
              icon="close"
              size="s"
              label={t("hours.removePeriod", { day: name })}
              onClick={() => onChange(without(day, at))}
            />
          </span>
        ))}
        {day.length < PERIODS_MAX && (
          <IconButton
            icon="plus"
            size="s"
            label={t("hours.addPeriod", { day: name })}
            onClick={() => onChange([...day, nextPeriod(day)])}
          />
        )}
      </span>
      {error && <span className={own.error}>{error}</span>}
    </div>
  );
}

/** The page allows no inline styles in markup; the script may set them. */
function placed({ left, width }: { left: number; width: number }) {
  return (bar: HTMLSpanElement | null) => {
    if (bar === null) return;
    bar.style.left = `${left}%`;
    bar.style.width = `${width}%`;
  };
}

function Clock({ name, value, onChange }: { name: string; value: string; onChange: (clock: string) => void }) {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  const take = () => {
    const clock = clockOf(typed);
    setTyped(clock);
    if (clock !== value) onChange(clock);
  };
  return (
    <TextInput
      size="xs"
      className={own.clock}
      aria-label={name}
      value={typed}
      inputMode="numeric"
      onChange={(event) => setTyped(event.currentTarget.value)}
      onBlur={take}
      onKeyDown={(event) => event.key === "Enter" && take()}
    />
  );
}
