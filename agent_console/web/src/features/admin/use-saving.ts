/** Sending a form: busy, done, or what is wrong and where. */
import { useState } from "react";
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

export function faultAt(faults: readonly Fault[], where: string): string | undefined {
  return faults.find((fault) => fault.where === where)?.problem;
}
