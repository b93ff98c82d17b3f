/** The call that rings on my telephone or that I talk: who it is, before I say hello. It is answered on the telephone. */
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useCalls } from "@/data/calls";
import type { View } from "@/data/keys";
import { useRow } from "@/data/rows";
import { useMe } from "@/data/session";
import css from "@/features/calls/Calls.module.css";
import type { PhoneCall } from "@/lib/api/types";
import { phone } from "@/lib/format/text";
import { stopwatch } from "@/lib/format/time";
import { useNow } from "@/lib/now";
import { paths } from "@/lib/paths";
import { KEYMAP } from "@/lib/shortcuts/keymap";
import { useShortcut } from "@/lib/shortcuts/shortcuts";
import { Button } from "@/ui/Button";
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
  const navigate = useNavigate();
  const me = useMe();
  const row = useRow(call.conversation_id ?? undefined);
  const view: View = row?.owner_id === me.agent.id ? "mine" : "all";
  const conversationId = call.conversation_id;
  const open = () => conversationId && void navigate({ to: paths.conversation, params: { view, conversationId } });
  useShortcut("openCall", open, conversationId !== null);
  if (conversationId === null) return null;
  return (
    <Button size="s" onClick={open} shortcut={KEYMAP.openCall.keys}>
      {t("calls.openConversation")}
    </Button>
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
