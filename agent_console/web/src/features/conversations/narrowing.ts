/** What narrows a list. It stands in the address: a list can be kept, sent and gone back to. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import type { ListQuery, View } from "@/data/keys";
import { PRIORITIES, type Priority } from "@/data/labels";

/** What is left out is not asked for. `silent`: seconds in which nothing was said, while nobody waits for us. `due`:
 * only what is promised by a time, the soonest first. */
export interface Narrowing {
  readonly tag?: string;
  readonly lifecycle?: string;
  readonly priority?: Priority;
  readonly queue?: string;
  readonly silent?: number;
  readonly due?: true;
}

export const NARROWS = ["tag", "lifecycle", "priority", "queue", "silent", "due"] as const;

const TAG_MAX_CHARS = 50;
const SILENT_MIN_S = 60;
const SILENT_MAX_S = 90 * 24 * 3600;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whatever somebody wrote into an address: what makes no sense is left out. */
export function readNarrowing(search: Record<string, unknown>): Narrowing {
  const tag = text(search.tag, TAG_MAX_CHARS);
  const lifecycle = text(search.lifecycle, 40);
  const priority = PRIORITIES.find((one) => one === search.priority);
  const queue = typeof search.queue === "string" && UUID.test(search.queue) ? search.queue : undefined;
  const { silent } = search;
  const isSpan = typeof silent === "number" && Number.isInteger(silent);
  return {
    ...(tag !== undefined && { tag }),
    ...(lifecycle !== undefined && { lifecycle }),
    ...(priority !== undefined && { priority }),
    ...(queue !== undefined && { queue }),
    ...(isSpan && silent >= SILENT_MIN_S && silent <= SILENT_MAX_S && { silent }),
    ...(search.due === true && { due: true as const }),
  };
}

/** A tag of digits comes out of an address as a number. */
function text(value: unknown, most: number): string | undefined {
  const words = typeof value === "number" ? String(value) : typeof value === "string" ? value.trim() : "";
  return words !== "" && words.length <= most ? words : undefined;
}

export type Change = { readonly [K in keyof Narrowing]?: Narrowing[K] | undefined };

export function useNarrowing(view: View): {
  readonly narrowing: Narrowing;
  readonly narrow: (change: Change) => void;
} {
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  return {
    narrowing: useMemo(() => ofView(readNarrowing(search), view), [search, view]),
    narrow: (change) =>
      void navigate({ to: ".", replace: true, search: (now: Narrowing) => ({ ...now, ...change }) as Narrowing }),
  };
}

/** What says nothing of this list is passed by: nobody is silent among those who wait, nothing that is closed is due. */
export function ofView({ silent, due, ...rest }: Narrowing, view: View): Narrowing {
  const isDue = due === true && view !== "closed";
  const maySilent = (view === "mine" || view === "all") && !isDue;
  return { ...rest, ...(isDue && { due }), ...(maySilent && silent !== undefined && { silent }) };
}

/** The cache's key of the list. */
export function queryOf(view: View, narrowing: Narrowing, q: string | null): ListQuery {
  return {
    view,
    q,
    queueId: narrowing.queue ?? null,
    silentS: narrowing.silent ?? null,
    dueFirst: narrowing.due ?? false,
    tag: narrowing.tag ?? null,
    lifecycle: narrowing.lifecycle ?? null,
    priority: narrowing.priority ?? null,
  };
}

export function isNarrowed({ due: _, ...narrowing }: Narrowing): boolean {
  return Object.keys(narrowing).length > 0;
}
