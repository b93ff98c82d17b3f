/** Service levels: what is promised to whom, over which hours, and what happens when it is about to break. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { NONE } from "@/features/admin/plans/condition-keys";
import { newId, replaced } from "@/features/admin/plans/draft";
import { PlanPage } from "@/features/admin/plans/parts/Frame";
import { Ordered } from "@/features/admin/plans/parts/Ordered";
import { PolicyItem } from "@/features/admin/plans/sla/PolicyItem";
import type { SlaPolicy } from "@/features/admin/plans/types";
import { useVocabulary } from "@/features/admin/plans/vocabulary";
import { Button } from "@/ui/Button";
import { Empty } from "@/ui/Empty";
import { Fault } from "@/ui/Fault";
import { Skeleton } from "@/ui/Skeleton";

export default function SlaPage() {
  const { t } = useTranslation();
  const { vocabulary, error, retry } = useVocabulary();
  const [openId, setOpenId] = useState<string | null>(null);
  if (!vocabulary) return error === null ? <Skeleton lines={8} /> : <Fault error={error} onRetry={retry} />;
  return (
    <PlanPage
      kind="sla"
      hint={t("sla.hint")}
      action={(draft) => (
        <Button
          kind="primary"
          icon="plus"
          onClick={() => {
            const policy = newPolicy(t("sla.newName"), draft.document.policies);
            draft.set({ policies: [policy, ...draft.document.policies] });
            setOpenId(policy.id);
          }}
        >
          {t("sla.add")}
        </Button>
      )}
    >
      {({ document, set }) => (
        <>
          {document.policies.length === 0 && <Empty title={t("sla.none.title")} hint={t("sla.none.hint")} />}
          <Ordered
            items={document.policies}
            label={t("sla.title")}
            onChange={(policies) => set({ policies })}
            draw={(policy, at, handle) => (
              <PolicyItem
                policy={policy}
                at={at}
                handle={handle}
                vocabulary={vocabulary}
                isOpen={openId === policy.id}
                onOpen={(isOpen) => setOpenId(isOpen ? policy.id : null)}
                onChange={(changed) => set({ policies: replaced(document.policies, at, changed) })}
                onRemove={() => set({ policies: document.policies.filter((one) => one.id !== policy.id) })}
              />
            )}
          />
        </>
      )}
    </PlanPage>
  );
}

function newPolicy(name: string, taken: readonly SlaPolicy[]): SlaPolicy {
  const promises: SlaPolicy["promises"] = [{ target: "first_response", within_s: 300, warn_before_s: 60 }];
  const id = newId(name, taken);
  return { id, name, active: true, queues: [], when: NONE, calendar: null, promises, escalations: [] };
}
