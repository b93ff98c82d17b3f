/** The hairline of a merge: from here on these are one person, because of this, and here is the way back. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useAgentName } from "@/data/session";
import css from "@/features/timeline/MergeLine.module.css";
import type { Customer, HistoryEntry, MergeNote } from "@/lib/api/types";
import { dateTime } from "@/lib/format/time";
import { useWords } from "@/lib/i18n/words";
import { Fault } from "@/ui/Fault";
import { Icon } from "@/ui/Icon";

interface Props {
  entry: HistoryEntry;
  customer: Customer | undefined;
  onUndo: (entryId: string) => Promise<void>;
}

export function MergeLine({ entry, customer, onUndo }: Props) {
  const { t } = useTranslation();
  const words = useWords();
  const agentName = useAgentName();
  const [error, setError] = useState<unknown>(null);
  const note = entry.fields.merge as MergeNote | undefined;
  const isMerge = entry.type === "hub.customer_merged.v1";
  const ledger = customer?.ledger.find((line) => line.id === note?.entry_id);
  const by = note?.by ? (agentName(note.by) ?? t("history.somebody")) : t("merge.byItself");
  return (
    <div className={css.merge}>
      <p className={css.line} title={`${dateTime(entry.at)} · ${by}`}>
        <span className={css.words}>
          <Icon name={isMerge ? "merge" : "split"} size={14} />
          <strong>{t(isMerge ? "merge.merged" : "merge.split")}</strong>
          {note && ` — ${words.explanation(note.why)}`}
          {ledger?.kind === "merge" && !ledger.in_force && ` (${t("merge.undone")})`}
          {note && ledger?.kind === "merge" && ledger.in_force && ledger.revocable && (
            <>
              {" · "}
              <button type="button" className={css.undo} onClick={() => onUndo(note.entry_id).catch(setError)}>
                {t("merge.undo")}
              </button>
            </>
          )}
        </span>
      </p>
      {error !== null && <Fault error={error} />}
    </div>
  );
}
