/** Routing rules, in order: the first that fits says which queue, how urgent, and whom it waits for. */
import { Select } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { NONE } from "@/features/admin/plans/condition-keys";
import { newId, replaced } from "@/features/admin/plans/draft";
import { PlanPage } from "@/features/admin/plans/parts/Frame";
import { useFault } from "@/features/admin/plans/parts/faults";
import { Ordered } from "@/features/admin/plans/parts/Ordered";
import own from "@/features/admin/plans/parts/Parts.module.css";
import { RuleItem } from "@/features/admin/plans/rules/RuleItem";
import { TryPanel } from "@/features/admin/plans/rules/TryPanel";
import type { RoutingRules, Rule } from "@/features/admin/plans/types";
import type { PlanDraft } from "@/features/admin/plans/use-plan-draft";
import { useVocabulary, type Vocabulary } from "@/features/admin/plans/vocabulary";
import { Button } from "@/ui/Button";
import { Empty } from "@/ui/Empty";
import { Fault } from "@/ui/Fault";
import { Skeleton } from "@/ui/Skeleton";

export default function RulesPage() {
  const { t } = useTranslation();
  const { vocabulary, error, retry } = useVocabulary();
  const [openId, setOpenId] = useState<string | null>(null);
  if (!vocabulary) return error === null ? <Skeleton lines={8} /> : <Fault error={error} onRetry={retry} />;
  return (
    <PlanPage
      kind="rules"
      hint={t("routing.hint")}
      action={(draft) => (
        <Button
          kind="primary"
          icon="plus"
          disabled={vocabulary.queues.length === 0}
          onClick={() => {
            const rule = newRule(t("routing.newName"), draft.document, vocabulary);
            draft.set({ ...draft.document, rules: [rule, ...draft.document.rules] });
            setOpenId(rule.id);
          }}
        >
          {t("routing.add")}
        </Button>
      )}
      aside={(draft) => (
        <TryPanel rules={draft.document} isDirty={draft.isDirty} vocabulary={vocabulary} onRule={setOpenId} />
      )}
    >
      {(draft) => <Rules draft={draft} vocabulary={vocabulary} openId={openId} onOpen={setOpenId} />}
    </PlanPage>
  );
}

interface Props {
  draft: PlanDraft<"rules">;
  vocabulary: Vocabulary;
  openId: string | null;
  onOpen: (id: string | null) => void;
}

function Rules({ draft, vocabulary, openId, onOpen }: Props) {
  const { t } = useTranslation();
  const fault = useFault();
  const { document } = draft;
  const set = (change: Partial<RoutingRules>) => draft.set({ ...document, ...change });
  const error = fault("body.document.default_queue_id");
  return (
    <>
      {document.rules.length === 0 && <Empty title={t("routing.none.title")} hint={t("routing.none.hint")} />}
      <Ordered
        items={document.rules}
        label={t("routing.title")}
        onChange={(rules) => set({ rules })}
        draw={(rule, at, handle) => (
          <RuleItem
            rule={rule}
            at={at}
            handle={handle}
            vocabulary={vocabulary}
            isOpen={openId === rule.id}
            onOpen={(isOpen) => onOpen(isOpen ? rule.id : null)}
            onChange={(changed) => set({ rules: replaced(document.rules, at, changed) })}
            onCopy={() => {
              const copy = {
                ...rule,
                id: newId(rule.name, document.rules),
                name: t("plan.copyOf", { name: rule.name }),
              };
              set({ rules: [...document.rules.slice(0, at + 1), copy, ...document.rules.slice(at + 1)] });
              onOpen(copy.id);
            }}
            onRemove={() => set({ rules: document.rules.filter((one) => one.id !== rule.id) })}
          />
        )}
      />
      <div className={own.otherwise}>
        <span className={own.grow}>{t("routing.otherwise")}</span>
        <Select
          aria-label={t("routing.otherwise")}
          data={[...vocabulary.queues]}
          value={document.default_queue_id}
          placeholder={vocabulary.queues[0]?.label ?? ""}
          clearable
          {...(error && { error })}
          onChange={(default_queue_id) => set({ default_queue_id })}
        />
      </div>
    </>
  );
}

function newRule(name: string, { rules }: RoutingRules, vocabulary: Vocabulary): Rule {
  const queue_id = vocabulary.queues[0]?.value ?? "";
  const steps = [{ skills: [], wait_s: 0, queue_id: null }];
  return { id: newId(name, rules), name, active: true, when: NONE, queue_id, priority: 0, steps };
}
