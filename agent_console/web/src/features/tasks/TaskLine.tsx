/** One task: when, what, whose; done with a click. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useAgentName, useMe } from "@/data/session";
import { endTask } from "@/data/tasks";
import css from "@/features/tasks/Tasks.module.css";
import type { Task } from "@/lib/api/types";
import { phone } from "@/lib/format/text";
import { clockTime, dateTime, dayKey } from "@/lib/format/time";
import { now } from "@/lib/now";
import { oversees } from "@/lib/permissions";
import { IconButton } from "@/ui/Button";
import { Fault } from "@/ui/Fault";
import { Icon } from "@/ui/Icon";

interface Props {
  task: Task;
  title?: string; // whose conversation it is of, where that is not plain
  onOpen?: () => void;
}

export function TaskLine({ task, title, onOpen }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const me = useMe();
  const agentName = useAgentName();
  const [error, setError] = useState<unknown>(null);
  const isDue = Date.parse(task.due_at) <= now();
  const mayEnd =
    oversees(me.agent) || task.agent_id === null || task.agent_id === me.agent.id || task.made_by === me.agent.id;
  const end = (ending: "done" | "cancelled") => {
    setError(null);
    endTask(client, task.id, ending).catch(setError);
  };
  const whose =
    task.agent_id === null ? t("task.queues") : task.agent_id === me.agent.id ? null : agentName(task.agent_id);
  const what = task.note ?? t(`task.kind.${task.kind}`);
  const words = (
    <>
      <span className={css.what}>{title ?? what}</span>
      {title !== undefined && <span className={css.note}>{what}</span>}
      <span className={css.meta} data-due={isDue || undefined}>
        <Icon name={isDue ? "alert" : "clock"} size={12} />
        {[
          isDue ? t("task.dueSince", { at: when(task.due_at) }) : when(task.due_at),
          task.phone && phone(task.phone),
          whose,
        ]
          .filter(Boolean)
          .join(" · ")}
      </span>
    </>
  );
  return (
    <div className={css.line}>
      {onOpen ? (
        <button type="button" className={css.words} onClick={onOpen}>
          {words}
        </button>
      ) : (
        <div className={css.words}>{words}</div>
      )}
      {mayEnd && (
        <>
          <IconButton icon="check" size="s" label={t("task.done")} onClick={() => end("done")} />
          <IconButton icon="close" size="s" label={t("task.cancel")} onClick={() => end("cancelled")} />
        </>
      )}
      {error !== null && <Fault error={error} />}
    </div>
  );
}

function when(at: string): string {
  return dayKey(at) === dayKey(now()) ? clockTime(at) : dateTime(at);
}
