/** What happened besides words, quietly: one line each, a run of many folded into one. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { PRIORITY_NAMES, type Priority } from "@/data/labels";
import { useAgentName, useQueues } from "@/data/session";
import { useLabelOf } from "@/data/work-words";
import css from "@/features/timeline/HistoryLines.module.css";
import type { Explanation, HistoryEntry, Task } from "@/lib/api/types";
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
  const queues = useQueues();
  const labelOf = useLabelOf();
  const labelsOf = useLabels();
  return (entry) => {
    const { fields } = entry;
    const event = entry.type.replace(/^hub\./, "").replace(/\.v\d+$/, "");
    const actor = event === "conversation_transferred" ? asText(fields.by) : entry.agent_id;
    const rule = fields.rule as { readonly name: string } | null | undefined;
    const task = fields.task as Task | undefined;
    const key = `history.${keyOf(event, fields)}`;
    if (!i18n.exists(key)) return event;
    const to = queues.find((queue) => queue.id === fields.to_queue)?.name ?? agentName(asText(fields.to_agent));
    return (t as unknown as Loose)(key, {
      agent: rule
        ? t("history.rule", { name: rule.name })
        : actor == null
          ? t("history.theHub")
          : (agentName(actor) ?? t("history.somebody")),
      labels: event === "conversation_labelled" ? labelsOf(fields).join(", ") : "",
      task: task ? (task.note ?? t(`task.kind.${task.kind}`)) : "",
      to: to ?? t("history.elsewhere"),
      at: typeof fields.until === "string" ? dateTime(fields.until) : task ? dateTime(task.due_at) : "",
      because: typeof fields.because === "string" ? (t as unknown as Loose)(`because.${fields.because}`, {}) : "",
      disposition: typeof fields.disposition === "string" ? labelOf("dispositions", fields.disposition) : "",
    });
  };
}

interface Marks {
  readonly priority: Priority;
  readonly tags: readonly string[];
  readonly lifecycle: string | null;
}

/** What is another now, in words. */
function useLabels(): (fields: HistoryEntry["fields"]) => readonly string[] {
  const { t } = useTranslation();
  const labelOf = useLabelOf();
  return (fields) => {
    const before = fields.before as Marks;
    const after = fields.after as Marks;
    const said: string[] = [];
    if (after.priority !== before.priority)
      said.push(t("history.label.priority", { value: t(`labels.priorities.${PRIORITY_NAMES[after.priority]}`) }));
    for (const tag of after.tags) if (!before.tags.includes(tag)) said.push(t("history.label.added", { value: tag }));
    for (const tag of before.tags) if (!after.tags.includes(tag)) said.push(t("history.label.removed", { value: tag }));
    if (after.lifecycle !== before.lifecycle)
      said.push(
        after.lifecycle === null
          ? t("history.label.noLifecycle")
          : t("history.label.lifecycle", { value: labelOf("lifecycle", after.lifecycle) }),
      );
    return said;
  };
}

/** Which of an event's sentences. */
function keyOf(event: string, fields: HistoryEntry["fields"]): string {
  if (event === "conversation_transferred") return `${event}.${fields.to_queue ? "to_queue" : "to_agent"}`;
  if (event === "conversation_closed" && fields.disposition) return "closed_as";
  if (event === "offer_ended" && fields.because) return "offer_ended.declined_because";
  if (event === "task_changed") return `${event}.${fields.change}`;
  const kind = fields.reason ?? fields.target;
  return typeof kind === "string" ? `${event}.${kind}` : event;
}

function asText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
