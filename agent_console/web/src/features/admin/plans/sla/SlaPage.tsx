/** Service levels: what is promised to whom, over which hours, and what happens when it is about to break. */
import { MultiSelect, Select } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { clauses, NONE } from "@/features/admin/plans/condition-keys";
import { ConditionsEditor } from "@/features/admin/plans/parts/ConditionsEditor";
import { ListPage } from "@/features/admin/plans/parts/ListPage";
import { Escalations } from "@/features/admin/plans/sla/Escalations";
import { Promises } from "@/features/admin/plans/sla/Promises";
import type { SlaPolicy } from "@/features/admin/plans/types";
import { labelIn, useVocabulary } from "@/features/admin/plans/vocabulary";
import { useWords } from "@/lib/i18n/words";
import { Fault } from "@/ui/Fault";
import { Skeleton } from "@/ui/Skeleton";

const FRESH: Omit<SlaPolicy, "id" | "name"> = {
  active: true,
  queues: [],
  when: NONE,
  calendar: null,
  promises: [{ target: "first_response", within_s: 300, warn_before_s: 60 }],
  escalations: [],
};

export default function SlaPage() {
  const { t } = useTranslation();
  const words = useWords();
  const { vocabulary, error, retry } = useVocabulary();
  if (!vocabulary) return error === null ? <Skeleton lines={8} /> : <Fault error={error} onRetry={retry} />;
  const say = ({ queues, when, promises }: SlaPolicy) => {
    const said = [...queues.map((id) => labelIn(vocabulary.queues, id)), ...clauses(t, when, vocabulary)];
    const goal = promises.map((one) => `${t(`slaTarget.${one.target}`)} ${words.span(one.within_s)}`);
    return { said: said.join(" · ") || t("condition.any"), goal: goal.join(" · ") };
  };
  return (
    <ListPage
      kind="sla"
      fresh={FRESH}
      addTo="top"
      say={say}
      fields={({ item: policy, fault, set }) => (
        <>
          <MultiSelect
            label={t("sla.queues")}
            placeholder={policy.queues.length === 0 ? t("sla.everyQueue") : ""}
            data={[...vocabulary.queues]}
            value={[...policy.queues]}
            onChange={(queues) => set({ queues })}
          />
          <Select
            label={t("sla.calendar")}
            placeholder={t("hours.aroundTheClock")}
            data={[...vocabulary.calendars]}
            value={policy.calendar}
            clearable
            error={fault("calendar")}
            onChange={(calendar) => set({ calendar })}
          />
        </>
      )}
      more={({ item: policy, place, set }) => (
        <>
          <ConditionsEditor
            conditions={policy.when}
            vocabulary={vocabulary}
            place={`${place}.when`}
            onChange={(when) => set({ when })}
          />
          <Promises promises={policy.promises} place={`${place}.promises`} onChange={(promises) => set({ promises })} />
          <Escalations
            escalations={policy.escalations}
            targets={policy.promises.map((one) => one.target)}
            vocabulary={vocabulary}
            place={`${place}.escalations`}
            onChange={(escalations) => set({ escalations })}
          />
        </>
      )}
    />
  );
}
