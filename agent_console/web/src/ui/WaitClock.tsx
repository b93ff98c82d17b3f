/** How long a customer has waited for a person, or how much is left of what they were promised: silent, then amber with a
 * sign, then red with a word. */
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
  const time =
    clock.seconds < DAY_S ? stopwatch(clock.seconds) : t("time.days", { count: Math.floor(clock.seconds / DAY_S) });
  const said = clock.target === null ? t(`waiting.${clock.urgency}`) : t(`promise.${clock.urgency}.${clock.target}`);
  return (
    <span className={css.clock} data-urgency={clock.urgency} title={said}>
      <Sign urgency={clock.urgency} />
      <span className="visually-hidden">{said}</span>
      {clock.target === null ? time : t(clock.urgency === "late" ? "promise.lateBy" : "promise.left", { time })}
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
