/** What happens when a promise is about to break, or broken. */
import { MultiSelect, Select, TagsInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { replaced, without } from "@/features/admin/plans/draft";
import { useFault } from "@/features/admin/plans/parts/faults";
import parts from "@/features/admin/plans/parts/Parts.module.css";
import { PrioritySelect } from "@/features/admin/plans/parts/PrioritySelect";
import { Span } from "@/features/admin/plans/parts/Span";
import type { Escalation, SlaTarget } from "@/features/admin/plans/types";
import type { Vocabulary } from "@/features/admin/plans/vocabulary";
import { Button, IconButton } from "@/ui/Button";

interface Props {
  escalations: readonly Escalation[];
  targets: readonly SlaTarget[];
  vocabulary: Vocabulary;
  place: string;
  onChange: (escalations: readonly Escalation[]) => void;
}

const MOMENTS = ["warning", "breach"] as const;

export function Escalations({ escalations, targets, vocabulary, place, onChange }: Props) {
  const { t } = useTranslation();
  const fault = useFault();
  const stay = t("sla.unchanged");
  const first = targets[0];
  return (
    <div>
      <p className={parts.label}>{t("sla.escalations")}</p>
      {escalations.map((one, at) => {
        const set = (change: Partial<Escalation>) => onChange(replaced(escalations, at, { ...one, ...change }));
        const queue = fault(`${place}.${at}.queue_id`);
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: an escalation is its place
          <div key={at} className={parts.box}>
            <div className={parts.fields}>
              <Select
                label={t("sla.when")}
                data={MOMENTS.flatMap((on) =>
                  targets.map((target) => ({
                    value: `${on} ${target}`,
                    label: t(`sla.on.${on}`, { target: t(`slaTarget.${target}`) }),
                  })),
                )}
                value={`${one.on} ${one.target}`}
                allowDeselect={false}
                onChange={(chosen) => {
                  const [on, target] = (chosen ?? "").split(" ");
                  if (on && target) set({ on: on as Escalation["on"], target: target as SlaTarget });
                }}
              />
              <Span
                label={t("sla.afterLabel")}
                seconds={one.after_s}
                error={fault(`${place}.${at}.after_s`)}
                onChange={(after_s) => after_s !== null && set({ after_s })}
              />
              <PrioritySelect value={one.priority} none={stay} onChange={(priority) => set({ priority })} />
              <Select
                label={t("planField.queue_id")}
                data={[...vocabulary.queues]}
                value={one.queue_id}
                placeholder={stay}
                clearable
                {...(queue && { error: queue })}
                onChange={(queue_id) => set({ queue_id })}
              />
              <TagsInput
                label={t("sla.tags")}
                value={[...one.tags]}
                acceptValueOnBlur
                onChange={(tags) => set({ tags })}
              />
              <MultiSelect
                label={t("sla.notify")}
                data={[...vocabulary.agents]}
                value={[...one.notify]}
                searchable
                onChange={(notify) => set({ notify })}
              />
            </div>
            <IconButton
              icon="close"
              size="s"
              label={t("sla.removeEscalation", { place: at + 1 })}
              onClick={() => onChange(without(escalations, at))}
            />
          </div>
        );
      })}
      {first && (
        <Button
          size="s"
          kind="quiet"
          icon="plus"
          onClick={() => {
            const none = { after_s: 0, priority: null, queue_id: null, tags: [], notify: [] };
            onChange([...escalations, { on: "breach", target: first, ...none }]);
          }}
        >
          {t("sla.addEscalation")}
        </Button>
      )}
    </div>
  );
}
