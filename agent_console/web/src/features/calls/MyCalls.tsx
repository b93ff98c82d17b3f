/** The call that rings on my telephone or that I talk: who it is, before I say hello. It is answered on the telephone. */
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useCalls } from "@/data/calls";
import { useMe } from "@/data/session";
import css from "@/features/calls/Calls.module.css";
import type { PhoneCall } from "@/lib/api/types";
import { phone } from "@/lib/format/text";
import { stopwatch } from "@/lib/format/time";
import { useNow } from "@/lib/now";
import { paths } from "@/lib/paths";
import { ChannelMark } from "@/ui/ChannelMark";

export function MyCalls() {
  const { t } = useTranslation();
  const me = useMe();
  const mine = useCalls().filter((call) => call.agent_id === me.agent.id && call.state !== "waiting");
  if (mine.length === 0) return null;
  const ringing = mine.find((call) => call.state === "ringing");
  return (
    <section className={css.mine} aria-label={t("calls.mine")}>
      <p className="visually-hidden" role="alert">
        {ringing &&
          t("calls.announce", {
            name: ringing.customer_name ?? (ringing.caller && phone(ringing.caller)) ?? t("calls.withheld"),
          })}
      </p>
      {mine.map((call) => (
        <MyCall key={`${call.account_id} ${call.call_id}`} call={call} />
      ))}
    </section>
  );
}

function MyCall({ call }: { call: PhoneCall }) {
  const { t } = useTranslation();
  const number = call.caller === null ? t("calls.withheld") : phone(call.caller);
  return (
    <article className={css.call} data-ringing={call.state === "ringing" || undefined}>
      <ChannelMark channel="hotline" size={20} />
      <div className={css.who}>
        <strong>{call.customer_name ?? number}</strong>
        <span className={css.meta}>
          {call.state === "talking" ? t("calls.talking") : t("calls.ringing")}
          {call.customer_name !== null && ` · ${number}`}
        </span>
      </div>
      <CallClock since={call.asked_at} />
      <Open call={call} />
    </article>
  );
}

/** Straight to the conversation. A stranger's first call has none before somebody answers it. */
function Open({ call }: { call: PhoneCall }) {
  const { t } = useTranslation();
  if (call.conversation_id === null) return null;
  return (
    <Link className={css.open} to={paths.conversation} params={{ view: "all", conversationId: call.conversation_id }}>
      {t("calls.openConversation")}
    </Link>
  );
}

export function CallClock({ since }: { since: string }) {
  const now = useNow();
  return (
    <span className={css.clock} role="timer">
      {stopwatch(Math.max(0, (now - Date.parse(since)) / 1000))}
    </span>
  );
}
