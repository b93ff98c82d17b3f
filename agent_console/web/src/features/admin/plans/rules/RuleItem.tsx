/** One routing rule: a line that says it, and its form when opened. */
import { Select, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { clauses } from "@/features/admin/plans/condition-keys";
import { ConditionsEditor } from "@/features/admin/plans/parts/ConditionsEditor";
import { useFault } from "@/features/admin/plans/parts/faults";
import { ItemHead } from "@/features/admin/plans/parts/ItemHead";
import own from "@/features/admin/plans/parts/Parts.module.css";
import { PrioritySelect, priorityKey } from "@/features/admin/plans/parts/PrioritySelect";
import { Steps } from "@/features/admin/plans/rules/Steps";
import type { Rule } from "@/features/admin/plans/types";
import { labelIn, type Vocabulary } from "@/features/admin/plans/vocabulary";
import { Button } from "@/ui/Button";

interface Props {
  rule: Rule;
  at: number;
  handle: ReactNode;
  vocabulary: Vocabulary;
  isOpen: boolean;
  onOpen: (isOpen: boolean) => void;
  onChange: (rule: Rule) => void;
  onCopy: () => void;
  onRemove: () => void;
}

export function RuleItem({ rule, at, handle, vocabulary, isOpen, onOpen, onChange, onCopy, onRemove }: Props) {
  const { t } = useTranslation();
  const fault = useFault();
  const place = `body.document.rules.${at}`;
  const set = (change: Partial<Rule>) => onChange({ ...rule, ...change });
  const said = clauses(t, rule.when, vocabulary);
  const goal = [
    t("routing.to", { queue: labelIn(vocabulary.queues, rule.queue_id) }),
    rule.priority !== 0 && t(priorityKey(rule.priority)),
    rule.steps.some((step) => step.skills.length > 0) &&
      [...new Set(rule.steps.flatMap((step) => step.skills.map((wish) => wish.skill)))].join(", "),
  ].filter(Boolean);
  const [name, queue] = [fault(`${place}.name`), fault(`${place}.queue_id`)];
  return (
    <>
      <ItemHead
        handle={handle}
        rank={at + 1}
        name={rule.name}
        said={said.length === 0 ? t("condition.any") : said.join(" · ")}
        goal={goal.join(" · ")}
        active={rule.active}
        isFaulty={fault(place) !== undefined}
        isOpen={isOpen}
        onOpen={onOpen}
        onActive={(active) => set({ active })}
      />
      {isOpen && (
        <div className={own.form}>
          <div className={own.fields}>
            <TextInput
              label={t("routing.name")}
              value={rule.name}
              {...(name && { error: name })}
              onChange={(event) => set({ name: event.currentTarget.value })}
            />
            <Select
              label={t("planField.queue_id")}
              data={[...vocabulary.queues]}
              value={rule.queue_id}
              allowDeselect={false}
              {...(queue && { error: queue })}
              onChange={(queue_id) => queue_id && set({ queue_id })}
            />
            <PrioritySelect value={rule.priority} onChange={(priority) => priority !== null && set({ priority })} />
          </div>
          <ConditionsEditor
            conditions={rule.when}
            vocabulary={vocabulary}
            place={`${place}.when`}
            onChange={(when) => set({ when })}
          />
          <Steps
            steps={rule.steps}
            queueId={rule.queue_id}
            vocabulary={vocabulary}
            place={`${place}.steps`}
            onChange={(steps) => set({ steps })}
          />
          <div className={own.foot}>
            <Button size="s" icon="copy" onClick={onCopy}>
              {t("plan.copy")}
            </Button>
            <Button size="s" kind="danger" onClick={onRemove}>
              {t("plan.remove")}
            </Button>
          </div>
        </div>
      )}
    </>
  );
}
