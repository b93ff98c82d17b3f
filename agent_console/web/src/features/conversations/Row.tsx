/** One conversation in a list: who, where, since when, and the last words. */
import { type MouseEvent, memo } from "react";
import { useTranslation } from "react-i18next";
import type { View } from "@/data/keys";
import { useAgentName, useMe } from "@/data/session";
import { usePreviewText } from "@/features/conversations/preview";
import css from "@/features/conversations/Row.module.css";
import type { ConversationState } from "@/lib/api/types";
import { dateTime, shortMoment } from "@/lib/format/time";
import { useNaming } from "@/lib/naming";
import { now } from "@/lib/now";
import { conversationPath } from "@/lib/paths";
import { ChannelMark } from "@/ui/ChannelMark";
import { Icon } from "@/ui/Icon";
import { WaitClock } from "@/ui/WaitClock";

interface Props {
  row: ConversationState;
  view: View;
  isOpen: boolean;
  onOpen: (conversationId: string) => void; // the same function at every rendering
}

export const Row = memo(function Row({ row, view, isOpen, onOpen }: Props) {
  const { t } = useTranslation();
  const me = useMe();
  const nameOf = useNaming();
  const preview = usePreviewText();
  const channel = row.preview?.channel ?? row.channels.at(-1);
  return (
    <a
      href={conversationPath(view, row.id)}
      onClick={(event) => {
        if (!isPlainClick(event)) return;
        event.preventDefault();
        onOpen(row.id);
      }}
      className={css.row}
      data-row={row.id}
      data-asleep={row.snoozed_until !== null || undefined}
      data-unread={row.unread > 0 || undefined}
      aria-current={isOpen ? "true" : undefined}
      draggable={false}
    >
      <span className={css.mark}>{channel && <ChannelMark channel={channel} size={20} />}</span>
      <span className={css.name}>{nameOf(row)}</span>
      <span className={css.clock}>
        <WaitClock row={row} />
      </span>
      <span className={css.preview}>{preview(row)}</span>
      <span className={css.signs}>
        {row.priority > 0 && (
          <span className={css.urgent} title={t("labels.priority")}>
            {t(`labels.priorities.${row.priority > 1 ? "urgent" : "high"}`)}
          </span>
        )}
        {row.snoozed_until !== null && (
          <span className={css.asleep} title={t("status.snoozed", { at: dateTime(row.snoozed_until) })}>
            <Icon name="snooze" size={14} />
            {t("row.snoozed", { at: shortMoment(row.snoozed_until, now()) })}
          </span>
        )}
        {row.consulted.length > 0 && row.owner_id !== me.agent.id && row.consulted.includes(me.agent.id) && (
          <span className={css.asked}>{t("row.asked")}</span>
        )}
        <Owner row={row} view={view} />
        {row.suggestions > 0 && (
          <span className={css.suggestion} title={t("row.suggestions", { count: row.suggestions })}>
            <Icon name="merge" size={14} />
            <span className="visually-hidden">{t("row.suggestions", { count: row.suggestions })}</span>
          </span>
        )}
        {row.unread > 0 && (
          <span className={css.unread}>
            {row.unread > 99 ? "99+" : row.unread}
            <span className="visually-hidden">{t("row.unread")}</span>
          </span>
        )}
      </span>
    </a>
  );
});

/** A new tab or window is the browser's business. */
function isPlainClick(event: MouseEvent): boolean {
  return event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
}

/** Whose it is, where that is not plain from the list. */
function Owner({ row, view }: { row: ConversationState; view: View }) {
  const me = useMe();
  const agentName = useAgentName();
  if (view === "mine" || row.owner_id === null) return null;
  if (row.owner_id === me.agent.id) return null;
  return <span className={css.owner}>{agentName(row.owner_id)?.split(" ").at(-1)}</span>;
}
