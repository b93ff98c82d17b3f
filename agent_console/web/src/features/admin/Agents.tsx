/** Everybody who can sign in, what they may, and how much they carry. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import css from "@/features/admin/Admin.module.css";
import { AgentForm } from "@/features/admin/AgentForm";
import { useAllQueues, useStaff } from "@/features/admin/api";
import { AddBar } from "@/features/admin/parts/Bar";
import { OpenItem } from "@/features/admin/parts/OpenItem";
import type { AgentDetail, Queue } from "@/lib/api/types";
import { Avatar } from "@/ui/Avatar";
import { Fault } from "@/ui/Fault";
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
      <AddBar
        hint={t("admin.agentsHint")}
        add={t("admin.addAgent")}
        disabled={isAdding}
        onAdd={() => setAdding(true)}
      />
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
  const served = queues.filter((queue) => agent.queue_ids.includes(queue.id)).map((queue) => queue.name);
  const about = [agent.login, t("admin.capacity", { count: agent.capacity }), served.join(", ")];
  return (
    <OpenItem
      mark={<Avatar name={agent.display_name} />}
      name={agent.display_name}
      about={about.filter(Boolean).join(" · ")}
      badge={
        <span className={css.badge} data-tone={agent.disabled_at ? "late" : undefined}>
          {agent.disabled_at ? t("admin.disabled") : t(`role.${agent.role}`)}
        </span>
      }
    >
      {(close) => <AgentForm queues={queues} agent={agent} onDone={close} />}
    </OpenItem>
  );
}
