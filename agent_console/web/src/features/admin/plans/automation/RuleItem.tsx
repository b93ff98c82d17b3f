/** One automation: a line that says it, and its form when opened. */
import { Select, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Actions } from "@/features/admin/plans/automation/Actions";
import { clauses } from "@/features/admin/plans/condition-keys";
import { ConditionsEditor } from "@/features/admin/plans/parts/ConditionsEditor";
import { useFault } from "@/features/admin/plans/parts/faults";
import { ItemHead } from "@/features/admin/plans/parts/ItemHead";
import parts from "@/features/admin/plans/parts/Parts.module.css";
import { Span } from "@/features/admin/plans/parts/Span";
import type { AutomationRule } from "@/features/admin/plans/types";
import type { Vocabulary } from "@/features/admin/plans/vocabulary";
import { Button } from "@/ui/Button";

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

interface Props {
  rule: AutomationRule;
  at: number;
  handle: ReactNode;
  vocabulary: Vocabulary;
  isOpen: boolean;
  onOpen: (isOpen: boolean) => void;
  onChange: (rule: AutomationRule) => void;
  onRemove: () => void;
  children?: ReactNode;
}

export function RuleItem({ rule, at, handle, vocabulary, isOpen, onOpen, onChange, onRemove, children }: Props) {
  const { t } = useTranslation();
  const fault = useFault();
  const place = `body.document.rules.${at}`;
  const set = (change: Partial<AutomationRule>) => onChange({ ...rule, ...change });
  const said = [t(`trigger.${rule.on}`), ...clauses(t, rule.when, vocabulary)];
  const [name, silent] = [fault(`${place}.name`), fault(`${place}.silent_s`)];
  return (
    <>
      <ItemHead
        handle={handle}
        rank={at + 1}
        name={rule.name}
        said={said.join(" · ")}
        goal={rule.then.map((action) => t(`deed.${action.do}`)).join(", ")}
        active={rule.active}
        isFaulty={fault(place) !== undefined}
        isOpen={isOpen}
        onOpen={onOpen}
        onActive={(active) => set({ active })}
      />
      {isOpen && (
        <div className={parts.form}>
          <div className={parts.fields}>
            <TextInput
              label={t("automation.name")}
              value={rule.name}
              {...(name && { error: name })}
              onChange={(event) => set({ name: event.currentTarget.value })}
            />
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
                error={silent}
                onChange={(silent_s) => set({ silent_s })}
              />
            )}
          </div>
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
          {children}
          <div className={parts.foot}>
            <Button size="s" kind="danger" onClick={onRemove}>
              {t("plan.remove")}
            </Button>
          </div>
        </div>
      )}
    </>
  );
}
