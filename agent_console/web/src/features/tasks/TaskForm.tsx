/** A new reminder or call back: what, whose, when. A click on a time makes it. */
import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMe } from "@/data/session";
import { addTask } from "@/data/tasks";
import css from "@/features/tasks/Tasks.module.css";
import type { ConversationState, TaskKind } from "@/lib/api/types";
import { phone } from "@/lib/format/text";
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
  const [number, setNumber] = useState("");
  const [isMine, setMine] = useState(true);
  const [local, setLocal] = useState("");
  const [error, setError] = useState<unknown>(null);
  const chosen = momentChosen(local, now());
  const lacksNumber = kind === "callback" && row.customer_phone === null && number.trim() === "";
  const make = (dueAt: string) => {
    setError(null);
    const agentId = isMine ? me.agent.id : null;
    const other = (kind === "callback" && number.trim()) || null;
    const task = { taskId: taskId.current, kind, dueAt, note: note.trim() || null, agentId, phone: other };
    addTask(client, row.id, task).then(onDone, setError);
  };
  return (
    <fieldset className={css.form} aria-label={t("task.add")}>
      <div className={css.pair}>
        <select
          className={css.field}
          aria-label={t("task.what")}
          value={kind}
          onChange={({ currentTarget }) => setKind(KINDS.find((one) => one === currentTarget.value) ?? "reminder")}
        >
          {KINDS.map((one) => (
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
      {kind === "callback" && (
        <input
          className={css.field}
          type="tel"
          value={number}
          maxLength={20}
          placeholder={row.customer_phone === null ? t("task.phone") : phone(row.customer_phone)}
          aria-label={t("task.phone")}
          onChange={({ currentTarget }) => setNumber(currentTarget.value)}
        />
      )}
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
            <Button key={preset} size="s" disabled={lacksNumber} onClick={() => make(at)}>
              {[t(`snooze.${preset}`), dayKey(at) === dayKey(now()) ? clockTime(at) : dateTime(at)].join(" · ")}
            </Button>
          );
        })}
      </div>
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
        <Button
          size="s"
          kind="primary"
          disabled={chosen === null || lacksNumber}
          onClick={() => chosen && make(chosen)}
        >
          {t("task.set")}
        </Button>
      </div>
      {error !== null && <Fault error={error} />}
    </fieldset>
  );
}
