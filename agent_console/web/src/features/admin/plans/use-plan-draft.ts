/** One plan on its page: what is in force, what is being changed, and what to do when somebody else was faster. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { getPlan, putPlan, restorePlan, usePlan } from "@/features/admin/plans/api";
import { type Rebased, rebased, same } from "@/features/admin/plans/draft";
import type { Documents, Kind, Plan } from "@/features/admin/plans/types";
import { asProblem, type Fault } from "@/lib/api/problems";

export interface PlanDraft<K extends Kind> {
  readonly kind: K;
  readonly base: Plan<K>; // what was opened
  readonly newest: Plan<K>;
  readonly document: Documents[K];
  readonly isDirty: boolean;
  readonly isBusy: boolean;
  readonly isOutdated: boolean; // somebody else saved since
  readonly error: unknown;
  readonly faults: readonly Fault[];
  readonly saved: number; // counts up with every save
  readonly set: (document: Documents[K]) => void;
  readonly reset: () => void;
  readonly save: (note?: string) => void;
  readonly join: () => Rebased<Documents[K]>; // my changes onto theirs; still to be saved
  readonly show: (version: number) => void; // an old version, as a draft
  readonly restore: (version: number) => void;
}

interface Held<K extends Kind> {
  readonly base: Plan<K>;
  readonly document: Documents[K];
}

export function usePlanDraft<K extends Kind>(kind: K): { draft?: PlanDraft<K>; error: unknown; retry: () => void } {
  const client = useQueryClient();
  const query = usePlan(kind);
  const newest = query.data;
  const [held, setHeld] = useState<Held<K>>();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [saved, setSaved] = useState(0);
  const isDirty = held !== undefined && !same(held.document, held.base.document);
  const isOutdated = held !== undefined && newest !== undefined && newest.version > held.base.version;
  useEffect(() => {
    if (newest !== undefined && (held === undefined || (isOutdated && !isDirty))) {
      setHeld({ base: newest, document: newest.document });
    }
  }, [newest, held, isOutdated, isDirty]);
  if (held === undefined || newest === undefined) {
    return { error: query.error, retry: () => void query.refetch() };
  }
  const { base, document } = held;
  const run = (action: () => Promise<unknown>) => {
    setBusy(true);
    setError(null);
    action()
      .catch(async (failed: unknown) => {
        if (asProblem(failed).code === "plan_outdated") await query.refetch();
        else setError(failed);
      })
      .finally(() => setBusy(false));
  };
  const stored = (plan: Plan<K>) => {
    setHeld({ base: plan, document: plan.document });
    setSaved((count) => count + 1);
  };
  const draft: PlanDraft<K> = {
    kind,
    base,
    newest,
    document,
    isDirty,
    isBusy,
    isOutdated,
    error,
    faults: error === null ? [] : asProblem(error).faults,
    saved,
    set: (next) => setHeld({ base, document: next }),
    reset: () => {
      setError(null);
      setHeld({ base: newest, document: newest.document });
    },
    save: (note = "") => run(async () => stored(await putPlan(client, kind, document, base.version, note.trim()))),
    join: () => {
      const result = rebased(base.document, document, newest.document);
      setHeld({ base: newest, document: result.document });
      return result;
    },
    show: (version) => run(async () => setHeld({ base, document: (await getPlan(kind, version)).document })),
    restore: (version) => run(async () => stored(await restorePlan(client, kind, version, base.version))),
  };
  return { draft, error: null, retry: () => void query.refetch() };
}
