/** Urgency, tags and lifecycle of a conversation. */
import { type QueryClient, useQuery } from "@tanstack/react-query";
import { act } from "@/data/commands";
import { keys } from "@/data/keys";
import { api } from "@/lib/api/client";

const FRESH_MS = 60_000;
export const PRIORITIES = [-1, 0, 1, 2] as const;
export type Priority = (typeof PRIORITIES)[number];

export const PRIORITY_NAMES = { "-1": "low", "0": "normal", "1": "high", "2": "urgent" } as const satisfies Record<
  Priority,
  string
>;

export interface Labels {
  readonly priority?: Priority;
  readonly add_tags?: readonly string[];
  readonly remove_tags?: readonly string[];
  readonly lifecycle?: string | null;
}

/** What is left out stays. Raises the Problem. */
export function label(client: QueryClient, id: string, labels: Labels): Promise<void> {
  const { add_tags = [], remove_tags = [], ...rest } = labels;
  const body = { ...rest, add_tags: [...add_tags], remove_tags: [...remove_tags] };
  return act(
    client,
    id,
    () =>
      api.PATCH("/api/v1/conversations/{conversation_id}/labels", { params: { path: { conversation_id: id } }, body }),
    (row) => ({
      ...row,
      ...rest,
      tags: [
        ...row.tags.filter((tag) => !remove_tags.includes(tag)),
        ...add_tags.filter((tag) => !row.tags.includes(tag)),
      ],
    }),
  );
}

/** Tags in use, the most used first. */
export function useKnownTags(isWanted: boolean): readonly string[] {
  return (
    useQuery({
      queryKey: keys.tags,
      queryFn: async () => (await api.GET("/api/v1/tags", { params: { query: {} } })).items,
      staleTime: FRESH_MS,
      enabled: isWanted,
    }).data ?? []
  );
}
