/** Sending a form: busy, done, or what is wrong and where. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { faultSentence } from "@/features/admin/fault-words";
import { asProblem, type Fault } from "@/lib/api/problems";

export interface Saving {
  readonly isBusy: boolean;
  readonly error: unknown;
  readonly faults: readonly Fault[];
  readonly run: (action: () => Promise<unknown>) => void;
}

export function useSaving(onDone: () => void): Saving {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const run = (action: () => Promise<unknown>) => {
    setBusy(true);
    setError(null);
    action()
      .then(onDone, setError)
      .finally(() => setBusy(false));
  };
  return { isBusy, error, faults: error === null ? [] : asProblem(error).faults, run };
}

/** What is wrong at this place or below it, in words. */
export function useFaultAt(faults: readonly Fault[]): (where: string) => string | undefined {
  const { t } = useTranslation();
  return (where) => {
    const fault = faults.find((candidate) => candidate.where === where || candidate.where.startsWith(`${where}.`));
    return fault && faultSentence(t, fault.problem);
  };
}
