/** Handing on, putting off, notes: the calls, and how the row will look, most likely. */
import type { QueryClient } from "@tanstack/react-query";
import { act } from "@/data/commands";
import { api } from "@/lib/api/client";
import type { ConversationState, DeclineReason } from "@/lib/api/types";

export type Receiver = { readonly agentId: string } | { readonly queueId: string };

const path = (id: string) => ({ params: { path: { conversation_id: id } } });

export function transfer(client: QueryClient, id: string, to: Receiver, note: string | null): Promise<void> {
  const body = "agentId" in to ? { agent_id: to.agentId, note } : { queue_id: to.queueId, note };
  return act(client, id, () => api.POST("/api/v1/conversations/{conversation_id}/transfer", { ...path(id), body }));
}

/** At once; `agentId` null: to me. */
export function assign(client: QueryClient, id: string, agentId: string | null, note: string | null): Promise<void> {
  const body = { agent_id: agentId, note };
  return act(client, id, () => api.POST("/api/v1/conversations/{conversation_id}/assign", { ...path(id), body }));
}

/** `until` null: until the customer writes. */
export function snooze(client: QueryClient, id: string, until: string | null): Promise<void> {
  return act(
    client,
    id,
    () => api.POST("/api/v1/conversations/{conversation_id}/snooze", { ...path(id), body: { until } }),
    (row) => ({ ...row, snoozed_until: until ?? row.snoozed_until }),
  );
}

export function wake(client: QueryClient, id: string): Promise<void> {
  return act(
    client,
    id,
    () => api.POST("/api/v1/conversations/{conversation_id}/wake", path(id)),
    (row) => ({ ...row, snoozed_until: null }),
  );
}

export function resolveAs(
  client: QueryClient,
  id: string,
  disposition: string | null,
  note: string | null,
): Promise<void> {
  return act(
    client,
    id,
    () => api.POST("/api/v1/conversations/{conversation_id}/resolve", { ...path(id), body: { disposition, note } }),
    (row) => closed(row, disposition),
  );
}

export function declineBecause(client: QueryClient, id: string, because: DeclineReason): Promise<void> {
  return act(
    client,
    id,
    () => api.POST("/api/v1/conversations/{conversation_id}/decline", { ...path(id), body: { because } }),
    (row) => ({ ...row, status: "waiting", offered_to: null, offer_expires_at: null }),
  );
}

/** `noteId` is made once per click: sending the same again writes nothing twice. */
export function addNote(
  client: QueryClient,
  id: string,
  noteId: string,
  text: string,
  ask: readonly string[],
): Promise<void> {
  const body = { note_id: noteId, text, ask: [...ask] };
  return act(client, id, () => api.POST("/api/v1/conversations/{conversation_id}/notes", { ...path(id), body }));
}

/** `agentId` null: me. */
export function endConsult(client: QueryClient, id: string, agentId: string | null): Promise<void> {
  const body = { agent_id: agentId };
  return act(client, id, () => api.POST("/api/v1/conversations/{conversation_id}/end-consult", { ...path(id), body }));
}

function closed(row: ConversationState, disposition: string | null): ConversationState {
  return {
    ...row,
    status: "closed",
    owner_id: null,
    offered_to: null,
    offer_expires_at: null,
    waiting_since: null,
    snoozed_until: null,
    unread: 0,
    closed_at: new Date().toISOString(),
    closed_reason: "resolved",
    disposition,
  };
}
