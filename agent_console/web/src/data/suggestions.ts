/** How many suggestions wait. Live events say that something changed; the hub is asked at most every few seconds. */
import { type QueryClient, useQuery } from "@tanstack/react-query";
import { keys } from "@/data/keys";
import { api } from "@/lib/api/client";

const LOOK_AGAIN_MS = 60_000; // what happens to customers without an open conversation is told by no event
const ASK_AT_MOST_EVERY_MS = 3000;

export const SUGGESTIONS_CHANGED: ReadonlySet<string> = new Set<string>([
  "hub.suggestion_raised.v1",
  "hub.suggestion_settled.v1",
  "hub.customer_merged.v1",
  "hub.customer_split.v1",
]);

export function useSuggestionCount() {
  return useQuery({
    queryKey: keys.suggestionCount,
    queryFn: () => api.GET("/api/v1/suggestion-count"),
    staleTime: 0,
    refetchInterval: LOOK_AGAIN_MS,
  }).data;
}

let timer: ReturnType<typeof setTimeout> | null = null;

/** Soon, once, however many events came. The list that an agent works through keeps its order: only the count is new. */
export function suggestionsChanged(client: QueryClient): void {
  if (timer !== null) return;
  timer = setTimeout(() => {
    timer = null;
    void client.invalidateQueries({ queryKey: keys.suggestionCount });
  }, ASK_AT_MOST_EVERY_MS);
}
