/** A telephone call: which way, how it went, how long, who spoke, and its recording. */
import { useTranslation } from "react-i18next";
import { useAgentName } from "@/data/session";
import { recordingAddress } from "@/features/timeline/addresses";
import css from "@/features/timeline/CallView.module.css";
import type { CallCard, Touchpoint } from "@/lib/api/types";
import { phone } from "@/lib/format/text";
import { clockTime, dateTime, stopwatch } from "@/lib/format/time";
import { useWords } from "@/lib/i18n/words";
import { useNow } from "@/lib/now";
import { Icon, type IconName } from "@/ui/Icon";
import { Player } from "@/ui/Player";

export function CallView({ touchpoint, call }: { touchpoint: Touchpoint; call: CallCard }) {
  const { t } = useTranslation();
  const agentName = useAgentName();
  const colleague = agentName(touchpoint.agent_id) ?? touchpoint.author_name ?? call.agent_ref;
  return (
    <article className={css.card} data-state={call.state}>
      <span className={css.sign}>
        <Icon name={signOf(call)} size={18} />
      </span>
      <div className={css.words}>
        <p className={css.title}>
          {t(`call.${call.direction}.${call.state}`)}
          <Length call={call} />
        </p>
        <p className={css.meta}>
          <time dateTime={touchpoint.occurred_at} title={dateTime(touchpoint.occurred_at)}>
            {clockTime(touchpoint.occurred_at)}
          </time>
          {call.hotline_number && <span>{t("call.hotline", { number: phone(call.hotline_number) })}</span>}
          {colleague && <span>{t("call.with", { name: colleague })}</span>}
        </p>
        {call.recording?.blob && (
          <div className={css.recording}>
            <Player
              src={recordingAddress(touchpoint)}
              label={t("call.recording")}
              durationS={call.recording.duration_s ?? call.talk_s}
            />
          </div>
        )}
      </div>
    </article>
  );
}

function signOf(call: CallCard): IconName {
  if (call.state === "missed") return "callMissed";
  return call.direction === "inbound" ? "callIn" : "callOut";
}

function Length({ call }: { call: CallCard }) {
  const words = useWords();
  if (call.state === "answered" && call.answered_at !== null) return <Running since={call.answered_at} />;
  if (call.state === "ended" && call.talk_s !== null)
    return <span className={css.length}>{words.span(call.talk_s)}</span>;
  return null;
}

function Running({ since }: { since: string }) {
  const now = useNow();
  return (
    <span className={css.length} role="timer">
      {stopwatch((now - Date.parse(since)) / 1000)}
    </span>
  );
}
