/** Who is there, why not, since when, with how much work; and a supervisor's hand on it. */
import { Menu } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useAgents } from "@/data/session";
import { useLabel, useReason, useWorkWords } from "@/data/work-words";
import { CallQueue } from "@/features/calls/CallQueue";
import { setAgentPresence } from "@/features/team/api";
import { isOverrun, order } from "@/features/team/overrun";
import css from "@/features/team/Team.module.css";
import { asProblem } from "@/lib/api/problems";
import type { AgentCard, PresenceStatus } from "@/lib/api/types";
import { dateTime, stopwatch } from "@/lib/format/time";
import { useWords } from "@/lib/i18n/words";
import { useNow } from "@/lib/now";
import { IconButton } from "@/ui/Button";
import { Empty } from "@/ui/Empty";
import { Icon } from "@/ui/Icon";
import { notify } from "@/ui/notices";
import { PresenceDot } from "@/ui/PresenceDot";

const STATUSES: readonly PresenceStatus[] = ["available", "busy", "away", "offline"];

export default function TeamPage() {
  const { t } = useTranslation();
  const agents = [...useAgents()].sort(order);
  return (
    <main className={css.page} aria-label={t("people.title")}>
      <header className={css.head}>
        <h1>{t("people.title")}</h1>
        <Counts agents={agents} />
      </header>
      <CallQueue />
      {agents.length === 0 ? (
        <Empty title={t("people.none.title")} hint={t("people.none.hint")} />
      ) : (
        <ul className={css.rows}>
          {agents.map((agent) => (
            <Member key={agent.id} agent={agent} />
          ))}
        </ul>
      )}
    </main>
  );
}

function Counts({ agents }: { agents: readonly AgentCard[] }) {
  const { t } = useTranslation();
  return (
    <p className={css.counts}>
      {STATUSES.map((status) => (
        <span key={status}>
          <PresenceDot status={status} />
          {t(`presence.${status}`)} <b>{agents.filter((agent) => agent.presence === status).length}</b>
        </span>
      ))}
    </p>
  );
}

function Member({ agent }: { agent: AgentCard }) {
  const { t } = useTranslation();
  const reason = useReason();
  return (
    <li className={css.row}>
      <PresenceDot status={agent.presence} />
      <span className={css.name}>{agent.display_name}</span>
      <span className={css.presence}>{reason(agent) ?? t(`presence.${agent.presence}`)}</span>
      <Since agent={agent} />
      <span className={css.load} data-full={(agent.capacity > 0 && agent.load >= agent.capacity) || undefined}>
        {t("people.load", { load: agent.load, capacity: agent.capacity })}
      </span>
      <Change agent={agent} />
    </li>
  );
}

/** How long; who stays away longer than the reason allows is marked with words, not with colour alone. */
function Since({ agent }: { agent: AgentCard }) {
  const { t } = useTranslation();
  const words = useWords();
  const now = useNow();
  const reason = useWorkWords()?.presence_reasons.find((one) => one.id === agent.reason);
  const wrapsUp = agent.wrap_up_until === null ? 0 : (Date.parse(agent.wrap_up_until) - now) / 1000;
  if (wrapsUp > 0) return <span className={css.since}>{t("people.wrapUp", { left: stopwatch(wrapsUp) })}</span>;
  if (agent.since === null || agent.presence === "offline") return <span className={css.since} />;
  const late = isOverrun(agent, reason, now);
  return (
    <span className={css.since} data-late={late || undefined} title={dateTime(agent.since)}>
      {late && <Icon name="clock" size={12} />}
      {stopwatch((now - Date.parse(agent.since)) / 1000)}
      {late && ` · ${t("people.over", { most: words.span(reason?.max_s ?? 0) })}`}
    </span>
  );
}

function Change({ agent }: { agent: AgentCard }) {
  const { t } = useTranslation();
  const words = useWords();
  const label = useLabel();
  const client = useQueryClient();
  const reasons = useWorkWords()?.presence_reasons.filter((reason) => reason.active) ?? [];
  const set = (status: PresenceStatus, reason: string | null) => {
    setAgentPresence(client, agent.id, status, reason).catch((error) =>
      notify({ text: words.problem(asProblem(error)), tone: "bad" }),
    );
  };
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <span>
          <IconButton icon="pencil" size="s" label={t("people.change", { name: agent.display_name })} />
        </span>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t("people.change", { name: agent.display_name })}</Menu.Label>
        {STATUSES.map((status) => (
          <Menu.Item key={status} leftSection={<PresenceDot status={status} />} onClick={() => set(status, null)}>
            {t(`presence.${status}`)}
          </Menu.Item>
        ))}
        {reasons.length > 0 && <Menu.Divider />}
        {reasons.map((reason) => (
          <Menu.Item
            key={reason.id}
            leftSection={<PresenceDot status={reason.status} />}
            onClick={() => set(reason.status, reason.id)}
          >
            {label(reason)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
