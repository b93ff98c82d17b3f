/** Queues: where work waits, who serves it, when it is open, and what happens when nobody takes it in time. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import css from "@/features/admin/Admin.module.css";
import { AddBar } from "@/features/admin/parts/Bar";
import { OpenItem } from "@/features/admin/parts/OpenItem";
import { useQueueSettings, useTeam } from "@/features/admin/plans/api";
import { QueueForm } from "@/features/admin/plans/queues/QueueForm";
import type { QueueDetail, TeamMember } from "@/features/admin/plans/types";
import { labelIn, useVocabulary, type Vocabulary } from "@/features/admin/plans/vocabulary";
import { Fault } from "@/ui/Fault";
import { Skeleton } from "@/ui/Skeleton";

export default function QueuesPage() {
  const { t } = useTranslation();
  const queues = useQueueSettings();
  const team = useTeam();
  const { vocabulary, error, retry } = useVocabulary();
  const [isAdding, setAdding] = useState(false);
  if (!queues.data || !team.data || !vocabulary) {
    return error === null ? <Skeleton lines={6} /> : <Fault error={error} onRetry={retry} />;
  }
  return (
    <>
      <AddBar hint={t("queues.hint")} add={t("queues.add")} disabled={isAdding} onAdd={() => setAdding(true)} />
      {isAdding && <QueueForm team={team.data} vocabulary={vocabulary} onDone={() => setAdding(false)} />}
      <ul className={css.list}>
        {queues.data.map((queue) => (
          <Item key={queue.id} queue={queue} team={team.data} vocabulary={vocabulary} />
        ))}
      </ul>
    </>
  );
}

interface Props {
  queue: QueueDetail;
  team: readonly TeamMember[];
  vocabulary: Vocabulary;
}

function Item({ queue, team, vocabulary }: Props) {
  const { t } = useTranslation();
  const { settings } = queue;
  const about = [
    t("queues.members", { count: queue.member_ids.length }),
    settings.calendar === null ? t("hours.aroundTheClock") : labelIn(vocabulary.calendars, settings.calendar),
    settings.sla_policy !== null && labelIn(vocabulary.policies, settings.sla_policy),
    settings.overflow_queue_id !== null &&
      t("queues.overflowsTo", { queue: labelIn(vocabulary.queues, settings.overflow_queue_id) }),
  ];
  return (
    <OpenItem
      name={queue.name}
      about={about.filter(Boolean).join(" · ")}
      badge={settings.auto_accept && <span className={css.badge}>{t("queues.autoAccept")}</span>}
    >
      {(close) => <QueueForm queue={queue} team={team} vocabulary={vocabulary} onDone={close} />}
    </OpenItem>
  );
}
