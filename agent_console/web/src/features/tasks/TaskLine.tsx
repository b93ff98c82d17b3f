/** One task: when, what, whose; done, put off or given up with a click, and taken back for five seconds. */
import { Menu } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useAgentName, useMe } from "@/data/session";
import { changeTask, endTask, mayEnd } from "@/data/tasks";
import css from "@/features/tasks/Tasks.module.css";
import { asProblem } from "@/lib/api/problems";
import type { Task } from "@/lib/api/types";
import { phone } from "@/lib/format/text";
import { clockTime, dateTime, dayKey } from "@/lib/format/time";
import { useWords } from "@/lib/i18n/words";
import { presets } from "@/lib/moments";
import { now, useNow } from "@/lib/now";
import { KEYMAP } from "@/lib/shortcuts/keymap";
import { useShortcut } from "@/lib/shortcuts/shortcuts";
import { IconButton } from "@/ui/Button";
import { Fault } from "@/ui/Fault";
import { Icon } from "@/ui/Icon";
import { notify } from "@/ui/notices";

interface Props {
  task: Task;
  title?: string; // whose conversation it is of, where that is not plain
  onOpen?: () => void;
  hasKeys?: boolean; // done and put off have keys, for the chosen one of a list
}

export function TaskLine({ task, title, onOpen, hasKeys = false }: Props) {
  const { t } = useTranslation();
  const me = useMe();
  const [error, setError] = useState<unknown>(null);
  const act = useActs(task, setError);
  const may = mayEnd(me.agent, task);
  useShortcut("resolve", () => act.end("done"), hasKeys && may);
  const what = task.note ?? t(`task.kind.${task.kind}`);
  const words = (
    <>
      <span className={css.what}>{title ?? what}</span>
      {title !== undefined && <span className={css.note}>{what}</span>}
      <Meta task={task} />
    </>
  );
  const key = hasKeys ? { shortcut: KEYMAP.resolve.keys } : {};
  return (
    <div className={css.line}>
      {onOpen ? (
        <button type="button" className={css.words} onClick={onOpen}>
          {words}
        </button>
      ) : (
        <div className={css.words}>{words}</div>
      )}
      {may && (
        <span className={css.deeds}>
          <IconButton icon="check" size="s" label={t("task.done")} onClick={() => act.end("done")} {...key} />
          <More task={task} hasKeys={hasKeys} act={act} />
        </span>
      )}
      {error !== null && <Fault error={error} />}
    </div>
  );
}

function Meta({ task }: { task: Task }) {
  const { t } = useTranslation();
  const me = useMe();
  const agentName = useAgentName();
  const isDue = Date.parse(task.due_at) <= useNow();
  const whose =
    task.agent_id === null ? t("task.queues") : task.agent_id === me.agent.id ? null : agentName(task.agent_id);
  const said = [
    isDue ? t("task.dueSince", { at: when(task.due_at) }) : when(task.due_at),
    task.kind === "callback" && task.note !== null && t("task.kind.callback"),
    task.phone && phone(task.phone),
    whose,
  ];
  return (
    <span className={css.meta} data-due={isDue || undefined}>
      <Icon name={isDue ? "alert" : "clock"} size={12} />
      {said.filter(Boolean).join(" · ")}
    </span>
  );
}

interface Acts {
  readonly end: (ending: "done" | "cancelled") => void;
  readonly putOff: (dueAt: string) => void;
  readonly give: (agentId: string | null) => void;
}

function useActs(task: Task, onError: (error: unknown) => void): Acts {
  const { t } = useTranslation();
  const client = useQueryClient();
  const words = useWords();
  const undo = (work: () => Promise<void>) => ({
    label: t("merge.undo"),
    shortcut: KEYMAP.undo.keys,
    run: () => void work().catch((error) => notify({ text: words.problem(asProblem(error)), tone: "bad" })),
  });
  const run = (work: Promise<void>, text: string | null, back: () => Promise<void>) => {
    onError(null);
    work.then(() => text !== null && notify({ text, action: undo(back) })).catch(onError);
  };
  return {
    end: (ending) =>
      run(endTask(client, task.id, ending), t(`task.ended.${ending}`), () =>
        changeTask(client, task.id, { isOpen: true }),
      ),
    putOff: (dueAt) =>
      run(changeTask(client, task.id, { dueAt }), t("task.putOff", { at: when(dueAt) }), () =>
        changeTask(client, task.id, { dueAt: later(task.due_at) }),
      ),
    give: (agentId) => run(changeTask(client, task.id, { agentId }), null, () => Promise.resolve()),
  };
}

/** A time that is over cannot be set again: what was due is due in a moment. */
function later(at: string): string {
  return Date.parse(at) > now() ? at : new Date(now() + 2_000).toISOString();
}

function More({ task, hasKeys, act }: { task: Task; hasKeys: boolean; act: Acts }) {
  const { t } = useTranslation();
  const me = useMe();
  const [isOpen, setOpen] = useState(false);
  useShortcut("snooze", () => setOpen(true), hasKeys);
  const key = hasKeys ? { shortcut: KEYMAP.snooze.keys } : {};
  return (
    <Menu position="bottom-end" width={252} opened={isOpen} onChange={setOpen}>
      <Menu.Target>
        <span>
          <IconButton icon="snooze" size="s" label={t("task.more")} {...key} />
        </span>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t("task.putOffTo")}</Menu.Label>
        {presets(now()).map(({ preset, at }) => (
          <Menu.Item
            key={preset}
            rightSection={<span className={css.at}>{when(at)}</span>}
            onClick={() => act.putOff(at)}
          >
            {t(`snooze.${preset}`)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        {task.agent_id === me.agent.id ? (
          <Menu.Item onClick={() => act.give(null)}>{t("task.toQueue")}</Menu.Item>
        ) : (
          <Menu.Item onClick={() => act.give(me.agent.id)}>{t("task.toMe")}</Menu.Item>
        )}
        <Menu.Item onClick={() => act.end("cancelled")}>{t("task.cancel")}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function when(at: string): string {
  return dayKey(at) === dayKey(now()) ? clockTime(at) : dateTime(at);
}
