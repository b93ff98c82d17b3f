/** A new reminder or call back: what, whose, when. A click on a time makes it. */
import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMe } from "@/data/session";
import { addTask } from "@/data/tasks";
import css from "@/features/tasks/Tasks.module.css";
import type { ConversationState, TaskKind } from "@/lib/api/types";
import { clockTime, dateTime, dayKey } from "@/lib/format/time";
import { momentChosen, presets } from "@/lib/moments";
import { now } from "@/lib/now";
import { Button } from "@/ui/Button";
import { Fault } from "@/ui/Fault";

const KINDS: readonly TaskKind[] = ["reminder", "callback"];

export default function TaskForm({ row, onDone }: { row: ConversationState; onDone: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const me = useMe();
  const taskId = useRef(crypto.randomUUID());
  const [kind, setKind] = useState<TaskKind>("reminder");
  const [note, setNote] = useState("");
  const [isMine, setMine] = useState(true);
  const [local, setLocal] = useState("");
  const [error, setError] = useState<unknown>(null);
  const chosen = momentChosen(local, now());
  const kinds = row.customer_phone === null ? KINDS.slice(0, 1) : KINDS;
  const make = (dueAt: string) => {
    setError(null);
    const agentId = isMine ? me.agent.id : null;
    addTask(client, row.id, { taskId: taskId.current, kind, dueAt, note: note.trim() || null, agentId }).then(
      onDone,
      setError,
    );
  };
  return (
    <fieldset className={css.form} aria-label={t("task.add")}>
      <div className={css.pair}>
        <select
          className={css.field}
          aria-label={t("task.what")}
          value={kind}
          onChange={({ currentTarget }) => setKind(kinds.find((one) => one === currentTarget.value) ?? "reminder")}
        >
          {kinds.map((one) => (
            <option key={one} value={one}>
              {t(`task.kind.${one}`)}
            </option>
          ))}
        </select>
        <select
          className={css.field}
          aria-label={t("task.whose")}
          value={isMine ? "mine" : "queue"}
          onChange={({ currentTarget }) => setMine(currentTarget.value === "mine")}
        >
          <option value="mine">{t("task.mine")}</option>
          <option value="queue">{t("task.queues")}</option>
        </select>
      </div>
      <input
        className={css.field}
        value={note}
        maxLength={500}
        // biome-ignore lint/a11y/noAutofocus: it was asked for this very moment
        autoFocus
        placeholder={t("task.note")}
        aria-label={t("task.note")}
        onChange={({ currentTarget }) => setNote(currentTarget.value)}
      />
      <div className={css.presets}>
        {presets(now()).map(({ preset, at }) => {
          return (
            <Button key={preset} size="s" onClick={() => make(at)}>
              {[t(`snooze.${preset}`), dayKey(at) === dayKey(now()) ? clockTime(at) : dateTime(at)].join(" · ")}
            </Button>
          );
        })}
      </div>
      <div className={css.pair}>
        <input
          type="datetime-local"
          className={css.field}
          value={local}
          aria-label={t("snooze.moment")}
          onChange={({ currentTarget }) => setLocal(currentTarget.value)}
        />
        <div className={css.foot}>
          <Button size="s" kind="quiet" onClick={onDone}>
            {t("task.close")}
          </Button>
          <Button size="s" kind="primary" disabled={chosen === null} onClick={() => chosen && make(chosen)}>
            {t("task.set")}
          </Button>
        </div>
      </div>
      {error !== null && <Fault error={error} />}
    </fieldset>
  );
}
