/** One service level: a line that says it, and its form when opened. */
import { MultiSelect, Select, Switch, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { clauses } from "@/features/admin/plans/condition-keys";
import { ConditionsEditor } from "@/features/admin/plans/parts/ConditionsEditor";
import { useFault } from "@/features/admin/plans/parts/faults";
import { ItemHead } from "@/features/admin/plans/parts/ItemHead";
import parts from "@/features/admin/plans/parts/Parts.module.css";
import { Span } from "@/features/admin/plans/parts/Span";
import { Escalations } from "@/features/admin/plans/sla/Escalations";
import type { SlaPolicy, SlaTarget } from "@/features/admin/plans/types";
import { labelIn, type Vocabulary } from "@/features/admin/plans/vocabulary";
import { useWords } from "@/lib/i18n/words";
import { Button } from "@/ui/Button";

export const TARGETS = ["first_response", "next_response", "resolution"] as const;
const USUAL_S: Readonly<Record<SlaTarget, number>> = { first_response: 300, next_response: 900, resolution: 86_400 };

interface Props {
  policy: SlaPolicy;
  at: number;
  handle: ReactNode;
  vocabulary: Vocabulary;
  isOpen: boolean;
  onOpen: (isOpen: boolean) => void;
  onChange: (policy: SlaPolicy) => void;
  onRemove: () => void;
}

export function PolicyItem({ policy, at, handle, vocabulary, isOpen, onOpen, onChange, onRemove }: Props) {
  const { t } = useTranslation();
  const words = useWords();
  const fault = useFault();
  const place = `body.document.policies.${at}`;
  const set = (change: Partial<SlaPolicy>) => onChange({ ...policy, ...change });
  const said = [...policy.queues.map((id) => labelIn(vocabulary.queues, id)), ...clauses(t, policy.when, vocabulary)];
  const goal = policy.promises.map((one) => `${t(`slaTarget.${one.target}`)} ${words.span(one.within_s)}`);
  const [name, calendar] = [fault(`${place}.name`), fault(`${place}.calendar`)];
  return (
    <>
      <ItemHead
        handle={handle}
        rank={at + 1}
        name={policy.name}
        said={said.length === 0 ? t("condition.any") : said.join(" · ")}
        goal={goal.join(" · ")}
        active={policy.active}
        isFaulty={fault(place) !== undefined}
        isOpen={isOpen}
        onOpen={onOpen}
        onActive={(active) => set({ active })}
      />
      {isOpen && (
        <div className={parts.form}>
          <div className={parts.fields}>
            <TextInput
              label={t("sla.name")}
              value={policy.name}
              {...(name && { error: name })}
              onChange={(event) => set({ name: event.currentTarget.value })}
            />
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
              {...(calendar && { error: calendar })}
              onChange={(chosen) => set({ calendar: chosen })}
            />
          </div>
          <ConditionsEditor
            conditions={policy.when}
            vocabulary={vocabulary}
            place={`${place}.when`}
            onChange={(when) => set({ when })}
          />
          <Promises policy={policy} place={`${place}.promises`} onChange={(promises) => set({ promises })} />
          <Escalations
            escalations={policy.escalations}
            targets={policy.promises.map((one) => one.target)}
            vocabulary={vocabulary}
            place={`${place}.escalations`}
            onChange={(escalations) => set({ escalations })}
          />
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

interface PromisesProps {
  policy: SlaPolicy;
  place: string;
  onChange: (promises: SlaPolicy["promises"]) => void;
}

function Promises({ policy, place, onChange }: PromisesProps) {
  const { t } = useTranslation();
  const fault = useFault();
  const list = policy.promises;
  return (
    <div>
      <p className={parts.label}>{t("sla.promises")}</p>
      {TARGETS.map((target) => {
        const at = list.findIndex((one) => one.target === target);
        const promise = list[at];
        const set = (change: Partial<(typeof list)[number]>) =>
          onChange(list.map((one) => (one.target === target ? { ...one, ...change } : one)));
        return (
          <div key={target} className={parts.promise}>
            <Switch
              label={t(`slaTarget.${target}`)}
              checked={promise !== undefined}
              onChange={(event) => {
                const within_s = USUAL_S[target];
                const added = { target, within_s, warn_before_s: Math.floor(within_s / 5) };
                const others = list.filter((one) => one.target !== target);
                onChange(event.currentTarget.checked ? [...list, added] : others);
              }}
            />
            {promise && (
              <>
                <span className={parts.stepWord}>{t("sla.within")}</span>
                <Span
                  name={t("sla.withinOf", { target: t(`slaTarget.${target}`) })}
                  size="xs"
                  seconds={promise.within_s}
                  error={fault(`${place}.${at}.within_s`)}
                  onChange={(within_s) => within_s !== null && set({ within_s })}
                />
                <span className={parts.stepWord}>{t("sla.warn")}</span>
                <Span
                  name={t("sla.warnOf", { target: t(`slaTarget.${target}`) })}
                  size="xs"
                  seconds={promise.warn_before_s}
                  error={fault(`${place}.${at}`)}
                  onChange={(warn_before_s) => warn_before_s !== null && set({ warn_before_s })}
                />
              </>
            )}
          </div>
        );
      })}
    </div>
  );
}
