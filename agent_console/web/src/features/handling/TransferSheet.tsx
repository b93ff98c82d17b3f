/** To whom: a colleague or a queue, and what they must know. Chosen first, then sent. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { command } from "@/data/commands";
import { assign, type Receiver, transfer } from "@/data/handling";
import { useAgents, useMe, useQueues } from "@/data/session";
import css from "@/features/handling/Handling.module.css";
import { sheetKeys, useFirst } from "@/features/handling/keys";
import type { AgentCard, ConversationState } from "@/lib/api/types";
import { fold } from "@/lib/format/text";
import { mayRelease, oversees } from "@/lib/permissions";
import { Button } from "@/ui/Button";
import { Fault } from "@/ui/Fault";
import { Icon } from "@/ui/Icon";
import { notify } from "@/ui/notices";
import { PresenceDot } from "@/ui/PresenceDot";

interface Props {
  row: ConversationState;
  onDone: () => void;
}

export default function TransferSheet({ row, onDone }: Props) {
  const { t } = useTranslation();
  const me = useMe();
  const first = useFirst<HTMLInputElement>();
  const [q, setQ] = useState("");
  const [to, setTo] = useState<Receiver | null>(null);
  const [note, setNote] = useState("");
  const [error, setError] = useState<unknown>(null);
  const send = useSend(row, to, note, onDone, setError);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of what is in it
    <div className={css.sheet} onKeyDown={sheetKeys(() => send("transfer"))}>
      <span className={css.title}>{t("transfer.title")}</span>
      <input
        className={css.field}
        value={q}
        onChange={(change) => setQ(change.currentTarget.value)}
        placeholder={t("transfer.search")}
        aria-label={t("transfer.search")}
        ref={first}
        autoComplete="off"
      />
      <div className={css.choices} data-choices>
        <Colleagues q={q} row={row} to={to} onChoose={setTo} />
        <Queues q={q} row={row} to={to} onChoose={setTo} />
      </div>
      <textarea
        className={css.field}
        value={note}
        onChange={(change) => setNote(change.currentTarget.value)}
        placeholder={t("transfer.note")}
        aria-label={t("transfer.note")}
        maxLength={4000}
        rows={2}
      />
      {error !== null && <Fault error={error} />}
      <div className={css.foot}>
        <span className={css.hint}>{t("transfer.noteHint")}</span>
        {oversees(me.agent) && (
          <Button size="s" disabled={to === null || !("agentId" in to)} onClick={() => send("assign")}>
            {t("transfer.assign")}
          </Button>
        )}
        <Button size="s" kind="primary" disabled={to === null} onClick={() => send("transfer")}>
          {t("transfer.send")}
        </Button>
      </div>
    </div>
  );
}

interface ChoiceProps {
  q: string;
  row: ConversationState;
  to: Receiver | null;
  onChoose: (to: Receiver) => void;
}

function Colleagues({ q, row, to, onChoose }: ChoiceProps) {
  const { t } = useTranslation();
  const me = useMe();
  const mayAssign = oversees(me.agent);
  const shown = useAgents()
    .filter((agent) => agent.id !== row.owner_id && fold(agent.display_name).includes(fold(q)))
    .filter((agent) => agent.id !== me.agent.id || mayAssign)
    .sort(byRoom);
  if (shown.length === 0) return null;
  return (
    <>
      <span className={css.group}>{t("transfer.colleagues")}</span>
      {shown.map((agent) => (
        <button
          key={agent.id}
          type="button"
          className={css.choice}
          aria-pressed={to !== null && "agentId" in to && to.agentId === agent.id}
          disabled={!isThere(agent) && !(mayAssign && agent.id === me.agent.id)}
          onClick={() => onChoose({ agentId: agent.id })}
        >
          <PresenceDot status={agent.presence} />
          <span className={css.what}>{agent.id === me.agent.id ? t("transfer.me") : agent.display_name}</span>
          <span className={css.aside}>
            {isThere(agent)
              ? agent.load >= agent.capacity
                ? t("transfer.full", { load: agent.load, capacity: agent.capacity })
                : `${agent.load}/${agent.capacity}`
              : t(`presence.${agent.presence}`)}
          </span>
        </button>
      ))}
    </>
  );
}

function Queues({ q, row, to, onChoose }: ChoiceProps) {
  const { t } = useTranslation();
  const me = useMe();
  const shown = useQueues()
    .filter((queue) => fold(queue.name).includes(fold(q)))
    .filter((queue) => queue.id !== row.queue_id || mayRelease(me.agent, row));
  if (shown.length === 0) return null;
  return (
    <>
      <span className={css.group}>{t("transfer.queues")}</span>
      {shown.map((queue) => (
        <button
          key={queue.id}
          type="button"
          className={css.choice}
          aria-pressed={to !== null && "queueId" in to && to.queueId === queue.id}
          onClick={() => onChoose({ queueId: queue.id })}
        >
          <Icon name="inbox" />
          <span className={css.what}>
            {queue.id === row.queue_id ? t("transfer.back", { queue: queue.name }) : queue.name}
          </span>
          <span className={css.aside}>{t("transfer.waiting", { count: queue.waiting })}</span>
        </button>
      ))}
    </>
  );
}

function useSend(
  row: ConversationState,
  to: Receiver | null,
  note: string,
  onDone: () => void,
  onError: (error: unknown) => void,
): (how: "transfer" | "assign") => void {
  const { t } = useTranslation();
  const client = useQueryClient();
  const me = useMe();
  const said = note.trim() === "" ? null : note.trim().normalize("NFC");
  const call = (how: "transfer" | "assign", receiver: Receiver): Promise<void> => {
    if ("queueId" in receiver && receiver.queueId === row.queue_id && row.status === "assigned" && said === null) {
      return command(client, "release", row.id, me.agent.id);
    }
    if ("agentId" in receiver && (how === "assign" || receiver.agentId === me.agent.id)) {
      return assign(client, row.id, receiver.agentId, said);
    }
    return transfer(client, row.id, receiver, said);
  };
  return (how) => {
    if (to === null) return;
    onError(null);
    call(how, to)
      .then(() => {
        notify({ text: t("transfer.done") });
        onDone();
      })
      .catch(onError);
  };
}

function isThere(agent: AgentCard): boolean {
  return agent.presence === "available" || agent.presence === "busy";
}

/** Who can have it first, then who is there at all. */
function byRoom(a: AgentCard, b: AgentCard): number {
  const rank = (agent: AgentCard) =>
    agent.presence === "available" && agent.load < agent.capacity ? 0 : isThere(agent) ? 1 : 2;
  return rank(a) - rank(b) || a.display_name.localeCompare(b.display_name, "vi");
}
