/** Pages of lists. A page remembers only which conversations it held; what they look like is in the rows. */
import { type QueryClient, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { keys, type ListQuery } from "@/data/keys";
import { belongs, compareRows, putRows, type Rows, touchedAt, useRows } from "@/data/rows";
import { api } from "@/lib/api/client";
import type { ConversationState } from "@/lib/api/types";
import { now } from "@/lib/now";
import { dueAt } from "@/lib/urgency";

interface ListPage {
  readonly ids: readonly string[];
  readonly next: string | null;
  readonly last: ConversationState | null; // as it was: the list is known to be complete down to here
}

async function fetchList(client: QueryClient, query: ListQuery, after: string | null, signal: AbortSignal) {
  const page = await api.GET("/api/v1/conversations", {
    params: {
      query: {
        view: query.view,
        ...(query.queueId !== null && { queue_id: query.queueId }),
        ...(query.q !== null && { q: query.q }),
        ...(query.silentS && { silent_s: query.silentS }),
        ...(query.dueFirst && { due_first: true }),
        ...(query.tag && { tag: query.tag }),
        ...(query.lifecycle && { lifecycle: query.lifecycle }),
        ...(query.priority != null && { priority: query.priority }),
        ...(after !== null && { after }),
      },
    },
    signal,
  });
  putRows(client, page.items);
  return { ids: page.items.map((item) => item.id), next: page.next, last: page.items.at(-1) ?? null };
}

export interface Listing {
  readonly rows: readonly ConversationState[];
  readonly isLoading: boolean;
  readonly error: unknown;
  readonly hasMore: boolean;
  readonly isLoadingMore: boolean;
  readonly loadMore: () => void;
  readonly retry: () => void;
}

export function useListing(query: ListQuery, agentId: string): Listing {
  const client = useQueryClient();
  const pages = useInfiniteQuery({
    queryKey: keys.list(query),
    queryFn: ({ pageParam, signal }): Promise<ListPage> => fetchList(client, query, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page: ListPage) => page.next,
    ...(query.q !== null && { staleTime: 10_000, gcTime: 60_000 }),
  });
  const all = useRows();
  const loaded = pages.data?.pages;
  const rows = useMemo(() => arrange(all, loaded ?? [], query, agentId), [all, loaded, query, agentId]);
  return {
    rows,
    isLoading: pages.isPending,
    error: pages.error,
    hasMore: pages.hasNextPage,
    isLoadingMore: pages.isFetchingNextPage,
    loadMore: () => void pages.fetchNextPage(),
    retry: () => void pages.refetch(),
  };
}

/** A search shows what the hub found, in its order. A plain list shows every known row that belongs, down to where the
 * pages reach: a row known from elsewhere must not stand below a page that has not come yet. */
export function arrange(
  all: Rows,
  pages: readonly ListPage[],
  query: ListQuery,
  agentId: string,
): readonly ConversationState[] {
  if (query.q !== null) return found(all, pages);
  const compare = query.dueFirst ? byDue : compareRows(query.view);
  const page = pages.at(-1);
  const edge = page !== undefined && page.next !== null ? page.last : null;
  const loaded = new Set(pages.flatMap((one) => one.ids));
  return [...all.values()]
    .filter((row) => belongs(row, query.view, agentId, query.queueId))
    .filter((row) => !query.silentS || isSilent(row, query.silentS))
    .filter((row) => isLabelled(row, query))
    .filter((row) => !query.dueFirst || dueAt(row) !== null)
    .filter((row) => edge === null || loaded.has(row.id) || compare(row, edge) <= 0)
    .sort(compare);
}

function byDue(a: ConversationState, b: ConversationState): number {
  return (dueAt(a) ?? 0) - (dueAt(b) ?? 0) || (a.id < b.id ? -1 : 1);
}

/** Tags are the same without regard to case. */
export function isLabelled(row: ConversationState, { tag, lifecycle, priority }: ListQuery): boolean {
  if (tag && !row.tags.some((one) => one.trim().toLowerCase() === tag.trim().toLowerCase())) return false;
  if (lifecycle && row.lifecycle !== lifecycle) return false;
  return priority == null || row.priority === priority;
}

/** Nobody waits for us, and nothing was said for so long. */
function isSilent(row: ConversationState, silentS: number): boolean {
  return row.waiting_since === null && touchedAt(row) <= now() - silentS * 1000;
}

function found(all: Rows, pages: readonly ListPage[]): readonly ConversationState[] {
  const ids = new Set(pages.flatMap((page) => page.ids));
  return [...ids].flatMap((id) => all.get(id) ?? []);
}
