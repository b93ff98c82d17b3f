/** What an agent says about who is who. What it changed arrives as events; the panel is read anew in any case. */
import type { QueryClient } from "@tanstack/react-query";
import { keys } from "@/data/keys";
import { api } from "@/lib/api/client";

export function renameCustomer(customerId: string, name: string | null): Promise<unknown> {
  return api.PATCH("/api/v1/customers/{customer_id}", {
    params: { path: { customer_id: customerId } },
    body: { name },
  });
}

export function mergeCustomers(customerId: string, otherId: string, reason: string): Promise<unknown> {
  return api.POST("/api/v1/customers/{customer_id}/merge", {
    params: { path: { customer_id: customerId } },
    body: { other_customer_id: otherId, reason },
  });
}

export function acceptSuggestion(suggestionId: string): Promise<unknown> {
  return api.POST("/api/v1/suggestions/{suggestion_id}/accept", { params: { path: { suggestion_id: suggestionId } } });
}

export function rejectSuggestion(suggestionId: string): Promise<unknown> {
  return api.POST("/api/v1/suggestions/{suggestion_id}/reject", { params: { path: { suggestion_id: suggestionId } } });
}

export function undoEntry(entryId: string): Promise<unknown> {
  return api.POST("/api/v1/ledger/{entry_id}/undo", { params: { path: { entry_id: entryId } }, body: {} });
}

/** `others` leave with it, as one person: one entry of the ledger, undone at once. */
export function splitIdentity(identityId: string, others: readonly string[] = []): Promise<unknown> {
  return api.POST("/api/v1/identities/{identity_id}/split", {
    params: { path: { identity_id: identityId } },
    body: { with_identities: others },
  });
}

export function moveIdentity(identityId: string, toCustomerId: string, reason: string): Promise<unknown> {
  return api.POST("/api/v1/identities/{identity_id}/move", {
    params: { path: { identity_id: identityId } },
    body: { to_customer_id: toCustomerId, reason },
  });
}

export async function afterIdentityChange(client: QueryClient, conversationId: string): Promise<void> {
  await client.invalidateQueries({ queryKey: keys.detail(conversationId) });
}
