/** The queue of suggestions, and what is decided about each. */
import { type InfiniteData, type QueryClient, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { keys } from "@/data/keys";
import { api } from "@/lib/api/client";
import type { SuggestionPage } from "@/lib/api/types";

const PAGE = 30;

export function useOpenSuggestions() {
  return useInfiniteQuery({
    queryKey: keys.suggestions,
    queryFn: ({ pageParam }) =>
      api.GET("/api/v1/suggestions", {
        params: { query: pageParam === null ? { limit: PAGE } : { after: pageParam, limit: PAGE } },
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: 0,
  });
}

export function useComparison(suggestionId: string | undefined) {
  return useQuery({
    queryKey: keys.suggestion(suggestionId ?? ""),
    queryFn: () =>
      api.GET("/api/v1/suggestions/{suggestion_id}", { params: { path: { suggestion_id: suggestionId ?? "" } } }),
    enabled: suggestionId !== undefined,
    staleTime: 0,
  });
}

/** The entry in the ledger; null when they were one already. */
export async function accept(client: QueryClient, suggestionId: string): Promise<string | null> {
  const path = { suggestion_id: suggestionId };
  const { entry_id } = await api.POST("/api/v1/suggestions/{suggestion_id}/accept", { params: { path } });
  settled(client, suggestionId);
  return entry_id;
}

export async function reject(client: QueryClient, suggestionId: string): Promise<void> {
  await api.POST("/api/v1/suggestions/{suggestion_id}/reject", { params: { path: { suggestion_id: suggestionId } } });
  settled(client, suggestionId);
}

export async function undo(client: QueryClient, entryId: string): Promise<void> {
  await api.POST("/api/v1/ledger/{entry_id}/undo", { params: { path: { entry_id: entryId } }, body: {} });
  await client.invalidateQueries({ queryKey: keys.suggestions });
  await client.invalidateQueries({ queryKey: keys.suggestionCount });
}

/** Out of the list at once, without moving what an agent looks at. */
export function settled(client: QueryClient, suggestionId: string): void {
  client.setQueryData<InfiniteData<SuggestionPage>>(
    keys.suggestions,
    (known) =>
      known && {
        ...known,
        pages: known.pages.map((page) => ({
          ...page,
          items: page.items.filter((item) => item.id !== suggestionId),
        })),
      },
  );
  void client.invalidateQueries({ queryKey: keys.suggestionCount });
}
