/** Staff to staff, among the customer's words and not to be mistaken for ours to them: tinted, with a lock. */
import { useTranslation } from "react-i18next";
import { useAgentName } from "@/data/session";
import { MessageText } from "@/features/timeline/MessageText";
import css from "@/features/timeline/NoteView.module.css";
import type { HistoryEntry } from "@/lib/api/types";
import { clockTime, dateTime } from "@/lib/format/time";
import { Icon } from "@/ui/Icon";

export function NoteView({ entry }: { entry: HistoryEntry }) {
  const { t } = useTranslation();
  const agentName = useAgentName();
  const nameOf = (agentId: unknown) =>
    (typeof agentId === "string" ? agentName(agentId) : undefined) ?? t("history.somebody");
  const asked = Array.isArray(entry.fields.asked) ? entry.fields.asked.map(nameOf) : [];
  return (
    <article className={css.note}>
      <header className={css.head}>
        <Icon name="lock" size={14} />
        <span className={css.name}>{entry.agent_id === null ? t("history.theHub") : nameOf(entry.agent_id)}</span>
        <span>{t("note.inside")}</span>
        <time dateTime={entry.at} title={dateTime(entry.at)}>
          {clockTime(entry.at)}
        </time>
      </header>
      <MessageText text={String(entry.fields.text ?? "")} />
      {asked.length > 0 && <p className={css.asked}>{t("note.asked", { names: asked.join(", ") })}</p>}
    </article>
  );
}
