/** What happened besides words, quietly: one line each, a run of many folded into one. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useAgentName } from "@/data/session";
import css from "@/features/timeline/HistoryLines.module.css";
import type { Explanation, HistoryEntry } from "@/lib/api/types";
import { clockTime, dateTime } from "@/lib/format/time";
import { Why } from "@/ui/Why";

const SHOWN_MAX = 3;

export function HistoryLines({ entries }: { entries: readonly HistoryEntry[] }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(entries.length <= SHOWN_MAX);
  const shown = isOpen ? entries : entries.slice(-1);
  return (
    <ul className={css.lines}>
      {!isOpen && (
        <li>
          <button type="button" className={css.more} onClick={() => setOpen(true)}>
            {t("history.more", { count: entries.length - 1 })}
          </button>
        </li>
      )}
      {shown.map((entry) => (
        <HistoryLine key={`${entry.conversation_id}:${entry.seq}`} entry={entry} />
      ))}
    </ul>
  );
}

function HistoryLine({ entry }: { entry: HistoryEntry }) {
  const sentence = useSentence();
  const why = entry.fields.why as Explanation | undefined;
  return (
    <li className={css.line}>
      <span>{sentence(entry)}</span>
      {why && <Why why={why} />}
      <time dateTime={entry.at} title={dateTime(entry.at)}>
        {clockTime(entry.at)}
      </time>
    </li>
  );
}

type Loose = (key: string, params: Record<string, unknown>) => string;

/** `history.<event>[.<reason or target>]`, with the agent it is about. */
function useSentence(): (entry: HistoryEntry) => string {
  const { t, i18n } = useTranslation();
  const agentName = useAgentName();
  return (entry) => {
    const event = entry.type.replace(/^hub\./, "").replace(/\.v\d+$/, "");
    const kind = entry.fields.reason ?? entry.fields.target;
    const key = typeof kind === "string" ? `history.${event}.${kind}` : `history.${event}`;
    const agent = agentName(entry.agent_id) ?? t("history.somebody");
    return i18n.exists(key) ? (t as unknown as Loose)(key, { agent }) : event;
  };
}
