/** What an agent does to a conversation: shown at once, put right by the hub's answer or taken back with its reason. */
import type { QueryClient } from "@tanstack/react-query";
import { keys } from "@/data/keys";
import { putRows, type Rows, rowOf } from "@/data/rows";
import { api } from "@/lib/api/client";
import type { ConversationState } from "@/lib/api/types";

export const VERBS = ["accept", "decline", "take", "release", "resolve", "reopen"] as const;
export type Verb = (typeof VERBS)[number];

const calls = {
  accept: (p: Path) => api.POST("/api/v1/conversations/{conversation_id}/accept", p),
  decline: (p: Path) => api.POST("/api/v1/conversations/{conversation_id}/decline", p),
  take: (p: Path) => api.POST("/api/v1/conversations/{conversation_id}/take", p),
  release: (p: Path) => api.POST("/api/v1/conversations/{conversation_id}/release", p),
  resolve: (p: Path) => api.POST("/api/v1/conversations/{conversation_id}/resolve", p),
  reopen: (p: Path) => api.POST("/api/v1/conversations/{conversation_id}/reopen", p),
};

type Path = { params: { path: { conversation_id: string } } };

/** How the row will look, most likely. It keeps its seq, so whatever the hub says replaces it. */
export function foresee(verb: Verb, row: ConversationState, agentId: string, now: string): ConversationState {
  const free = { offered_to: null, offer_expires_at: null };
  switch (verb) {
    case "accept":
    case "take":
      return { ...row, ...free, status: "assigned", owner_id: agentId };
    case "decline":
      return { ...row, ...free, status: "waiting" };
    case "release":
      return { ...row, ...free, status: "waiting", owner_id: null, waiting_since: row.waiting_since ?? now };
    case "resolve":
      return {
        ...row,
        ...free,
        status: "closed",
        owner_id: null,
        waiting_since: null,
        unread: 0,
        closed_at: now,
        closed_reason: "resolved",
      };
    case "reopen":
      return { ...row, ...free, status: "assigned", owner_id: agentId, closed_at: null, closed_reason: null };
  }
}

/** Raises the Problem after taking the foreseen state back, unless something newer came in meanwhile. */
export function command(client: QueryClient, verb: Verb, conversationId: string, agentId: string): Promise<void> {
  return act(
    client,
    conversationId,
    () => calls[verb]({ params: { path: { conversation_id: conversationId } } }),
    (row) => foresee(verb, row, agentId, new Date().toISOString()),
  );
}

/** Any command that answers with the row. `guess`: how it will look, most likely. Raises the Problem, as `command`. */
export async function act(
  client: QueryClient,
  conversationId: string,
  call: () => Promise<ConversationState>,
  guess: (row: ConversationState) => ConversationState = (row) => row,
): Promise<void> {
  const before = rowOf(client, conversationId);
  const guessed = before && guess(before);
  if (guessed) putRows(client, [guessed]);
  try {
    putRows(client, [await call()]);
  } catch (error) {
    if (before && rowOf(client, conversationId) === guessed) takeBack(client, before);
    throw error;
  }
}

function takeBack(client: QueryClient, before: ConversationState): void {
  client.setQueryData<Rows>(keys.rows, (rows) => rows && new Map(rows).set(before.id, before));
}

/** Says that everything up to `seq` was on the screen. */
export async function markRead(client: QueryClient, conversationId: string, seq: number): Promise<void> {
  const state = await api.POST("/api/v1/conversations/{conversation_id}/read", {
    params: { path: { conversation_id: conversationId } },
    body: { seq },
  });
  putRows(client, [state]);
}
