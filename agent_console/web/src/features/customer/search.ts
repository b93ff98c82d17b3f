/** Customers by name or number, one line each: what the hub finds are conversations. */
import type { QueryClient } from "@tanstack/react-query";
import { putRows } from "@/data/rows";
import { api } from "@/lib/api/client";
import type { ConversationState } from "@/lib/api/types";

const FOUND_MAX = 8;

export async function searchCustomers(client: QueryClient, q: string): Promise<readonly ConversationState[]> {
  const views = ["all", "closed"] as const;
  const pages = await Promise.all(
    views.map((view) => api.GET("/api/v1/conversations", { params: { query: { view, q, limit: 20 } } })),
  );
  const rows = pages.flatMap((page) => page.items);
  putRows(client, rows);
  const byCustomer = new Map<string, ConversationState>();
  for (const row of rows) if (!byCustomer.has(row.customer_id)) byCustomer.set(row.customer_id, row);
  return [...byCustomer.values()].slice(0, FOUND_MAX);
}
