/** What we had with this customer before. */
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { View } from "@/data/keys";
import { useAgentName } from "@/data/session";
import css from "@/features/customer/CustomerPanel.module.css";
import type { ConversationState, Customer } from "@/lib/api/types";
import { date } from "@/lib/format/time";
import { paths } from "@/lib/paths";
import { ChannelMark } from "@/ui/ChannelMark";

export function Conversations({ customer, openId, view }: { customer: Customer; openId: string; view: View }) {
  const { t } = useTranslation();
  const others = customer.conversations.filter((row) => row.id !== openId);
  if (others.length === 0) return null;
  return (
    <section className={css.section} aria-label={t("customer.conversations")}>
      <h3 className={css.heading}>{t("customer.conversations")}</h3>
      <ul>
        {others.map((row) => (
          <li key={row.id}>
            <Before row={row} view={view} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Before({ row, view }: { row: ConversationState; view: View }) {
  const { t } = useTranslation();
  const agentName = useAgentName();
  const owner = agentName(row.owner_id);
  const channel = row.preview?.channel ?? row.channels.at(-1);
  const state = row.closed_reason === "merged" ? t("status.merged") : t(`status.${row.status}`);
  return (
    <Link to={paths.conversation} params={{ view, conversationId: row.id }} className={css.before}>
      {channel && <ChannelMark channel={channel} size={16} />}
      <span className={css.beforeWords}>{row.preview?.text || state}</span>
      <span className={css.beforeMeta}>
        {[date(row.opened_at), owner, row.preview?.text ? state : null].filter(Boolean).join(" · ")}
      </span>
    </Link>
  );
}
