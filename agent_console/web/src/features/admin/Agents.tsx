/** Everybody who can sign in, what they may, and how much they carry. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import css from "@/features/admin/Admin.module.css";
import { AgentForm } from "@/features/admin/AgentForm";
import { useAllQueues, useStaff } from "@/features/admin/api";
import type { AgentDetail, Queue } from "@/lib/api/types";
import { Avatar } from "@/ui/Avatar";
import { Button } from "@/ui/Button";
import { Fault } from "@/ui/Fault";
import { Icon } from "@/ui/Icon";
import { Skeleton } from "@/ui/Skeleton";

export default function Agents() {
  const { t } = useTranslation();
  const staff = useStaff();
  const queues = useAllQueues();
  const [isAdding, setAdding] = useState(false);
  const error = staff.error ?? queues.error;
  if (error !== null)
    return <Fault error={error} onRetry={() => void Promise.all([staff.refetch(), queues.refetch()])} />;
  if (!staff.data || !queues.data) return <Skeleton lines={5} />;
  return (
    <>
      <div className={css.bar}>
        <p className={css.hint}>{t("admin.agentsHint")}</p>
        <Button kind="primary" icon="plus" onClick={() => setAdding(true)} disabled={isAdding}>
          {t("admin.addAgent")}
        </Button>
      </div>
      {isAdding && <AgentForm queues={queues.data} onDone={() => setAdding(false)} />}
      <ul className={css.list}>
        {staff.data.map((agent) => (
          <AgentItem key={agent.id} agent={agent} queues={queues.data} />
        ))}
      </ul>
    </>
  );
}

function AgentItem({ agent, queues }: { agent: AgentDetail; queues: readonly Queue[] }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const served = queues.filter((queue) => agent.queue_ids.includes(queue.id)).map((queue) => queue.name);
  return (
    <li className={css.item}>
      <button type="button" className={css.itemHead} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <Avatar name={agent.display_name} />
        <span className={css.words}>
          <span className={css.name}>{agent.display_name}</span>
          <br />
          <span className={css.meta}>
            {[agent.login, t("admin.capacity", { count: agent.capacity }), served.join(", ")]
              .filter(Boolean)
              .join(" · ")}
          </span>
        </span>
        <span className={css.badge} data-tone={agent.disabled_at ? "late" : undefined}>
          {agent.disabled_at ? t("admin.disabled") : t(`role.${agent.role}`)}
        </span>
        <Icon name={isOpen ? "down" : "right"} />
      </button>
      {isOpen && <AgentForm queues={queues} agent={agent} onDone={() => setOpen(false)} />}
    </li>
  );
}
