/** How long a customer has waited for a person: silent, then amber with a sign, then red with a word. */
import { useTranslation } from "react-i18next";
import type { ConversationState } from "@/lib/api/types";
import { stopwatch } from "@/lib/format/time";
import { useWords } from "@/lib/i18n/words";
import { useNow } from "@/lib/now";
import { type Urgency, waiting } from "@/lib/urgency";
import { Icon } from "@/ui/Icon";
import css from "@/ui/WaitClock.module.css";

const DAY_S = 86_400;

export function WaitClock({ row }: { row: ConversationState }) {
  const { t } = useTranslation();
  const now = useNow();
  const clock = waiting(row, now);
  if (clock === null) return <Quiet row={row} now={now} />;
  return (
    <span className={css.clock} data-urgency={clock.urgency} title={t(`waiting.${clock.urgency}`)}>
      <Sign urgency={clock.urgency} />
      <span className="visually-hidden">{t(`waiting.${clock.urgency}`)}</span>
      {clock.seconds < DAY_S ? stopwatch(clock.seconds) : t("time.days", { count: Math.floor(clock.seconds / DAY_S) })}
    </span>
  );
}

function Sign({ urgency }: { urgency: Urgency }) {
  if (urgency === "calm") return null;
  return <Icon name={urgency === "late" ? "alert" : "clock"} size={12} />;
}

function Quiet({ row, now }: { row: ConversationState; now: number }) {
  const words = useWords();
  const at = row.closed_at ?? row.preview?.at ?? row.opened_at;
  return <time dateTime={at}>{words.ago(at, now)}</time>;
}
