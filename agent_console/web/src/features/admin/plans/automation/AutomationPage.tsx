/** Automation: when this happens, and that holds, do these. In order; each rule that fits acts. */
import { Select } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Actions } from "@/features/admin/plans/automation/Actions";
import { DryRun } from "@/features/admin/plans/automation/DryRun";
import { Log } from "@/features/admin/plans/automation/Log";
import { clauses, NONE } from "@/features/admin/plans/condition-keys";
import { ConditionsEditor } from "@/features/admin/plans/parts/ConditionsEditor";
import { ListPage } from "@/features/admin/plans/parts/ListPage";
import { Span } from "@/features/admin/plans/parts/Span";
import type { AutomationRule } from "@/features/admin/plans/types";
import { useVocabulary } from "@/features/admin/plans/vocabulary";
import { Fault } from "@/ui/Fault";
import { Skeleton } from "@/ui/Skeleton";

const TRIGGERS = [
  "conversation_opened",
  "customer_message",
  "agent_reply",
  "call_missed",
  "assigned",
  "resolved",
  "customer_joined",
  "sla_warned",
  "sla_breached",
  "silent",
] as const;
const SILENT_S = 86_400;
const then: AutomationRule["then"] = [{ do: "add_tags", tags: [] }];
const FRESH: Omit<AutomationRule, "id" | "name"> = {
  active: true,
  on: "customer_message",
  silent_s: null,
  when: NONE,
  then,
};

export default function AutomationPage() {
  const { t } = useTranslation();
  const { vocabulary, error, retry } = useVocabulary();
  if (!vocabulary) return error === null ? <Skeleton lines={8} /> : <Fault error={error} onRetry={retry} />;
  return (
    <ListPage
      kind="automation"
      fresh={FRESH}
      addTo="end"
      say={(rule) => ({
        said: [t(`trigger.${rule.on}`), ...clauses(t, rule.when, vocabulary)].join(" · "),
        goal: rule.then.map((action) => t(`deed.${action.do}`)).join(", "),
      })}
      fields={({ item: rule, fault, set }) => (
        <>
          <Select
            label={t("automation.when")}
            data={TRIGGERS.map((value) => ({ value, label: t(`trigger.${value}`) }))}
            value={rule.on}
            allowDeselect={false}
            onChange={(on) =>
              on && set({ on: on as AutomationRule["on"], silent_s: on === "silent" ? SILENT_S : null })
            }
          />
          {rule.on === "silent" && (
            <Span
              label={t("automation.silentFor")}
              seconds={rule.silent_s}
              units={["min", "h", "d"]}
              error={fault("silent_s")}
              onChange={(silent_s) => set({ silent_s })}
            />
          )}
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
          <Actions
            actions={rule.then}
            vocabulary={vocabulary}
            place={`${place}.then`}
            onChange={(then) => set({ then })}
          />
          <DryRun rule={rule} />
        </>
      )}
      after={({ document }) => <Log rules={document.rules} />}
    />
  );
}
