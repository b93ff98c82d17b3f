/** Everything that plans may name, with the words people know it by. Asked for once per page. */
import { useTranslation } from "react-i18next";
import { labelOf, useAttributes } from "@/features/admin/attributes";
import { usePlan, usePlanning, useQueueSettings, useTeam } from "@/features/admin/plans/api";
import type { WorkWords } from "@/features/admin/plans/types";
import type { AttributeDefinition } from "@/lib/api/types";

export interface Choice {
  readonly value: string;
  readonly label: string;
}

export interface Vocabulary {
  readonly queues: readonly Choice[];
  readonly agents: readonly Choice[];
  readonly accounts: readonly Choice[];
  readonly skills: readonly string[];
  readonly calendars: readonly Choice[];
  readonly policies: readonly Choice[];
  readonly lifecycle: readonly Choice[];
  readonly dispositions: readonly Choice[];
  readonly attributes: readonly (Choice & { readonly choices: readonly string[] })[];
}

export interface Asking {
  readonly vocabulary?: Vocabulary;
  readonly error: unknown;
  readonly retry: () => void;
}

export function useVocabulary(): Asking {
  const { i18n } = useTranslation();
  const [queues, team, planning, attributes] = [useQueueSettings(), useTeam(), usePlanning(), useAttributes()];
  const [hours, sla, work] = [usePlan("hours"), usePlan("sla"), usePlan("work")];
  const all = [queues, team, planning, attributes, hours, sla, work];
  const error = all.find((query) => query.error !== null)?.error ?? null;
  const retry = () => void Promise.all(all.filter((query) => query.error !== null).map((query) => query.refetch()));
  if (!queues.data || !team.data || !planning.data || !attributes.data || !hours.data || !sla.data || !work.data) {
    return { error, retry };
  }
  const word = (one: WorkWords["lifecycle"][number]) => ({
    value: one.id,
    label: i18n.language === "vi" ? one.vi : one.en,
  });
  const vocabulary: Vocabulary = {
    queues: queues.data.map((one) => ({ value: one.id, label: one.name })),
    agents: team.data.filter((one) => !one.disabled).map((one) => ({ value: one.id, label: one.display_name })),
    accounts: planning.data.accounts.map((one) => ({ value: one.id, label: one.display_name })),
    skills: planning.data.skills,
    calendars: hours.data.document.calendars.map(named),
    policies: sla.data.document.policies.map(named),
    lifecycle: work.data.document.lifecycle.map(word),
    dispositions: work.data.document.dispositions.map(word),
    attributes: attributes.data
      .filter((one) => !one.retired)
      .map((one) => ({ value: one.key, label: labelOf(one, i18n.language), choices: choicesOf(one) })),
  };
  return { vocabulary, error: null, retry };
}

function named(one: { readonly id: string; readonly name: string }): Choice {
  return { value: one.id, label: one.name };
}

function choicesOf(one: AttributeDefinition): readonly string[] {
  return one.kind === "choice" ? one.choices : [];
}

export function labelIn(choices: readonly Choice[], value: string | null | undefined): string {
  return choices.find((choice) => choice.value === value)?.label ?? value ?? "";
}
