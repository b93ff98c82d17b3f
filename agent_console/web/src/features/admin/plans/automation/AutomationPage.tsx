/** Automation: when this happens, and that holds, do these. In order; each rule that fits acts. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { DryRun } from "@/features/admin/plans/automation/DryRun";
import { Log } from "@/features/admin/plans/automation/Log";
import { RuleItem } from "@/features/admin/plans/automation/RuleItem";
import { NONE } from "@/features/admin/plans/condition-keys";
import { newId, replaced } from "@/features/admin/plans/draft";
import { PlanPage } from "@/features/admin/plans/parts/Frame";
import { Ordered } from "@/features/admin/plans/parts/Ordered";
import type { AutomationRule } from "@/features/admin/plans/types";
import { useVocabulary } from "@/features/admin/plans/vocabulary";
import { Button } from "@/ui/Button";
import { Empty } from "@/ui/Empty";
import { Fault } from "@/ui/Fault";
import { Skeleton } from "@/ui/Skeleton";

export default function AutomationPage() {
  const { t } = useTranslation();
  const { vocabulary, error, retry } = useVocabulary();
  const [openId, setOpenId] = useState<string | null>(null);
  if (!vocabulary) return error === null ? <Skeleton lines={8} /> : <Fault error={error} onRetry={retry} />;
  return (
    <PlanPage
      kind="automation"
      hint={t("automation.hint")}
      action={(draft) => (
        <Button
          kind="primary"
          icon="plus"
          onClick={() => {
            const rule = newRule(t("automation.newName"), draft.document.rules);
            draft.set({ rules: [...draft.document.rules, rule] });
            setOpenId(rule.id);
          }}
        >
          {t("automation.add")}
        </Button>
      )}
    >
      {({ document, set }) => (
        <>
          {document.rules.length === 0 && <Empty title={t("automation.none.title")} hint={t("automation.none.hint")} />}
          <Ordered
            items={document.rules}
            label={t("automation.title")}
            onChange={(rules) => set({ rules })}
            draw={(rule, at, handle) => (
              <RuleItem
                rule={rule}
                at={at}
                handle={handle}
                vocabulary={vocabulary}
                isOpen={openId === rule.id}
                onOpen={(isOpen) => setOpenId(isOpen ? rule.id : null)}
                onChange={(changed) => set({ rules: replaced(document.rules, at, changed) })}
                onRemove={() => set({ rules: document.rules.filter((one) => one.id !== rule.id) })}
              >
                <DryRun rule={rule} />
              </RuleItem>
            )}
          />
          <Log rules={document.rules} />
        </>
      )}
    </PlanPage>
  );
}

function newRule(name: string, taken: readonly AutomationRule[]): AutomationRule {
  const then: AutomationRule["then"] = [{ do: "add_tags", tags: [] }];
  return { id: newId(name, taken), name, active: true, on: "customer_message", silent_s: null, when: NONE, then };
}
