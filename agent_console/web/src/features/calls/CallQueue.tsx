/** Callers in line, for supervisors: who waits for whom, and how long. */
import { useTranslation } from "react-i18next";
import { useCalls } from "@/data/calls";
import { useQueues } from "@/data/session";
import css from "@/features/calls/Calls.module.css";
import { CallClock } from "@/features/calls/MyCalls";
import { phone } from "@/lib/format/text";
import { ChannelMark } from "@/ui/ChannelMark";

export function CallQueue() {
  const { t } = useTranslation();
  const queues = useQueues();
  const waiting = useCalls().filter((call) => call.state === "waiting");
  if (waiting.length === 0) return null;
  return (
    <section className={css.queue} aria-label={t("calls.queue")}>
      <h2>{t("calls.queue")}</h2>
      <ul>
        {waiting.map((call) => (
          <li key={`${call.account_id} ${call.call_id}`} className={css.waiting}>
            <ChannelMark channel="hotline" size={18} />
            <span className={css.who}>
              <strong>{call.customer_name ?? (call.caller === null ? t("calls.withheld") : phone(call.caller))}</strong>
              <span className={css.meta}>{queues.find((queue) => queue.id === call.queue_id)?.name}</span>
            </span>
            <CallClock since={call.asked_at} />
          </li>
        ))}
      </ul>
    </section>
  );
}
