/** Not now: until a moment, or until the customer writes. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import css from "@/features/handling/Handling.module.css";
import { sheetKeys, useFirst } from "@/features/handling/keys";
import { clockTime, dateTime, dayKey } from "@/lib/format/time";
import { momentChosen, presets } from "@/lib/moments";
import { now } from "@/lib/now";
import { Button } from "@/ui/Button";
import { Icon } from "@/ui/Icon";

export default function SnoozeSheet({ onSnooze }: { onSnooze: (until: string | null) => void }) {
  const { t } = useTranslation();
  const first = useFirst<HTMLButtonElement>();
  const [local, setLocal] = useState("");
  const chosen = momentChosen(local, now());
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of what is in it
    <div className={css.sheet} onKeyDown={sheetKeys(() => chosen && onSnooze(chosen))}>
      <span className={css.title}>{t("snooze.title")}</span>
      <span className={css.hint}>{t("snooze.hint")}</span>
      <div className={css.choices} data-choices>
        {presets(now()).map(({ preset, at }, place) => {
          return (
            <button
              key={preset}
              type="button"
              className={css.choice}
              {...(place === 0 && { ref: first })}
              onClick={() => onSnooze(at)}
            >
              <Icon name="clock" />
              <span className={css.what}>{t(`snooze.${preset}`)}</span>
              <span className={css.aside}>{dayKey(at) === dayKey(now()) ? clockTime(at) : dateTime(at)}</span>
            </button>
          );
        })}
        <button type="button" className={css.choice} onClick={() => onSnooze(null)}>
          <Icon name="send" />
          <span className={css.what}>{t("snooze.answer")}</span>
          <span className={css.aside}>{t("snooze.answerMost")}</span>
        </button>
      </div>
      <div className={css.foot}>
        <input
          type="datetime-local"
          className={css.field}
          value={local}
          aria-label={t("snooze.moment")}
          onChange={(change) => setLocal(change.currentTarget.value)}
        />
        <Button size="s" kind="primary" disabled={chosen === null} onClick={() => chosen && onSnooze(chosen)}>
          {t("snooze.set")}
        </Button>
      </div>
    </div>
  );
}
