/** Routing rules, in order: the first that fits says which queue, how urgent, and whom it waits for. */
import { Select } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { clauses, NONE } from "@/features/admin/plans/condition-keys";
import { ConditionsEditor } from "@/features/admin/plans/parts/ConditionsEditor";
import { useFault } from "@/features/admin/plans/parts/faults";
import { ListPage } from "@/features/admin/plans/parts/ListPage";
import own from "@/features/admin/plans/parts/Parts.module.css";
import { PrioritySelect, priorityKey } from "@/features/admin/plans/parts/PrioritySelect";
import { Steps } from "@/features/admin/plans/rules/Steps";
import { TryPanel } from "@/features/admin/plans/rules/TryPanel";
import type { Rule } from "@/features/admin/plans/types";
import type { PlanDraft } from "@/features/admin/plans/use-plan-draft";
import { labelIn, useVocabulary, type Vocabulary } from "@/features/admin/plans/vocabulary";
import { Fault } from "@/ui/Fault";
import { Skeleton } from "@/ui/Skeleton";

export default function RulesPage() {
  const { t } = useTranslation();
  const { vocabulary, error, retry } = useVocabulary();
  if (!vocabulary) return error === null ? <Skeleton lines={8} /> : <Fault error={error} onRetry={retry} />;
  const { queues } = vocabulary;
  const say = (rule: Rule) => {
    const said = clauses(t, rule.when, vocabulary);
    const goal = [
      t("routing.to", { queue: labelIn(queues, rule.queue_id) }),
      rule.priority !== 0 && t(priorityKey(rule.priority)),
      skillsOf(rule).join(", "),
    ];
    return { said: said.join(" · ") || t("condition.any"), goal: goal.filter(Boolean).join(" · ") };
  };
  const steps = [{ skills: [], wait_s: 0, queue_id: null }];
  return (
    <ListPage
      kind="rules"
      fresh={{ active: true, when: NONE, queue_id: queues[0]?.value ?? "", priority: 0, steps }}
      addTo={queues.length > 0 ? "top" : null}
      say={say}
      fields={({ item: rule, fault, set }) => (
        <>
          <Select
            label={t("planField.queue_id")}
            data={[...queues]}
            value={rule.queue_id}
            allowDeselect={false}
            error={fault("queue_id")}
            onChange={(queue_id) => queue_id && set({ queue_id })}
          />
          <PrioritySelect value={rule.priority} onChange={(priority) => priority !== null && set({ priority })} />
        </>
      )}
      more={({ item: rule, place, set }) => (
        <>
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
        </>
      )}
      after={(draft) => <Otherwise draft={draft} vocabulary={vocabulary} />}
      aside={(draft, open) => (
        <TryPanel rules={draft.document} isDirty={draft.isDirty} vocabulary={vocabulary} onRule={open} />
      )}
    />
  );
}

/** Each once, in the order in which the steps ask for them. */
function skillsOf(rule: Rule): readonly string[] {
  return [...new Set(rule.steps.flatMap((step) => step.skills.map((wish) => wish.skill)))];
}

/** Where goes what fits no rule. */
function Otherwise({ draft, vocabulary }: { draft: PlanDraft<"rules">; vocabulary: Vocabulary }) {
  const { t } = useTranslation();
  const { document, set } = draft;
  return (
    <div className={own.otherwise}>
      <span className={own.grow}>{t("routing.otherwise")}</span>
      <Select
        aria-label={t("routing.otherwise")}
        data={[...vocabulary.queues]}
        value={document.default_queue_id}
        placeholder={vocabulary.queues[0]?.label ?? ""}
        clearable
        error={useFault()("body.document.default_queue_id")}
        onChange={(default_queue_id) => set({ ...document, default_queue_id })}
      />
    </div>
  );
}
