/** Every conversation this console has heard of, once, by id. Lists are views on this table; events replace its rows. */
import { type QueryClient, useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { keys, type View } from "@/data/keys";
import type { ConversationState } from "@/lib/api/types";

export type Rows = ReadonlyMap<string, ConversationState>;

export const NO_ROWS: Rows = new Map();

/** The state with the higher seq is the newer one; equal ones are the same. Returns `rows` itself when nothing is new. */
export function foldRows(rows: Rows, states: Iterable<ConversationState>): Rows {
  let folded: Map<string, ConversationState> | undefined;
  for (const state of states) {
    const known = (folded ?? rows).get(state.id);
    if (known !== undefined && known.seq > state.seq) continue;
    folded ??= new Map(rows);
    folded.set(state.id, state);
  }
  return folded ?? rows;
}

export function putRows(client: QueryClient, states: Iterable<ConversationState>): void {
  client.setQueryData<Rows>(keys.rows, (rows) => foldRows(rows ?? NO_ROWS, states));
}

export function forgetRows(client: QueryClient, except: string | null): void {
  const kept = except === null ? undefined : rowOf(client, except);
  client.setQueryData<Rows>(keys.rows, new Map(kept && [[kept.id, kept]]));
}

export function rowOf(client: QueryClient, conversationId: string): ConversationState | undefined {
  return client.getQueryData<Rows>(keys.rows)?.get(conversationId);
}

/** Never fetched: requests and events fill it. */
export function rowsQuery() {
  return {
    queryKey: keys.rows,
    queryFn: (): Rows => NO_ROWS,
    initialData: NO_ROWS,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
    structuralSharing: false,
  } as const;
}

export function useRows(): Rows {
  return useQuery(rowsQuery()).data;
}

export function useRow(conversationId: string | undefined): ConversationState | undefined {
  const select = useCallback(
    (rows: Rows) => (conversationId === undefined ? undefined : rows.get(conversationId)),
    [conversationId],
  );
  return useQuery({ ...rowsQuery(), select }).data;
}

export function belongs(row: ConversationState, view: View, agentId: string, queueId: string | null): boolean {
  if (queueId !== null && row.queue_id !== queueId) return false;
  switch (view) {
    case "mine":
      return (
        (row.status === "assigned" && row.owner_id === agentId) ||
        (row.status !== "closed" && row.consulted.includes(agentId))
      );
    case "waiting":
      // what is offered to me stands above the list, as a card
      return row.status === "waiting" || (row.status === "offered" && row.offered_to !== agentId);
    case "all":
      return row.status !== "closed";
    case "closed":
      return row.status === "closed";
  }
}

/** Mine and waiting: who has waited longest first, then the freshest; what is put off last, the soonest first. All and
 * closed: the freshest first. */
export function compareRows(view: View): (a: ConversationState, b: ConversationState) => number {
  if (view === "all" || view === "closed") return byFreshness;
  return (a, b) => {
    if (a.snoozed_until !== null || b.snoozed_until !== null) return bySnooze(a, b);
    if (a.waiting_since !== null && b.waiting_since !== null) {
      return Date.parse(a.waiting_since) - Date.parse(b.waiting_since) || (a.id < b.id ? -1 : 1);
    }
    if (a.waiting_since !== null) return -1;
    if (b.waiting_since !== null) return 1;
    return byFreshness(a, b);
  };
}

function bySnooze(a: ConversationState, b: ConversationState): number {
  if (a.snoozed_until === null) return -1;
  if (b.snoozed_until === null) return 1;
  return Date.parse(a.snoozed_until) - Date.parse(b.snoozed_until) || (a.id < b.id ? -1 : 1);
}

function byFreshness(a: ConversationState, b: ConversationState): number {
  return touchedAt(b) - touchedAt(a) || (a.id < b.id ? 1 : -1);
}

export function touchedAt(row: ConversationState): number {
  return Date.parse(row.preview?.at ?? row.opened_at);
}
