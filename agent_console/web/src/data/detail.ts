/** The open conversation: its panel (customer, ways to reply, suggestions) and its timeline. */
import { type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { keys } from "@/data/keys";
import { putRows } from "@/data/rows";
import { applyChanges, PANEL, prependPage, REREAD, replacePages, startTimeline, type Timeline } from "@/data/timeline";
import { api } from "@/lib/api/client";
import type { ConversationDetail, TimelinePage } from "@/lib/api/types";

export type Panel = Pick<ConversationDetail, "customer" | "reply_options" | "suggestions">;

const REREAD_PAGES_MAX = 5;
const REREAD_PAGE = 100; // the most that the API gives at once

function path(conversationId: string) {
  return { params: { path: { conversation_id: conversationId } } };
}

/** Fills row and timeline; what an earlier visit left of the timeline stays and is completed by `catchUp`. */
export async function loadDetail(client: QueryClient, conversationId: string, signal?: AbortSignal): Promise<Panel> {
  const detail = await api.GET("/api/v1/conversations/{conversation_id}", {
    ...path(conversationId),
    ...(signal && { signal }),
  });
  putRows(client, [detail.conversation, ...detail.customer.conversations]);
  client.setQueryData<Timeline>(
    keys.timeline(conversationId),
    (known) => known ?? startTimeline(detail.timeline, detail.conversation.seq),
  );
  return { customer: detail.customer, reply_options: detail.reply_options, suggestions: detail.suggestions };
}

export function usePanel(conversationId: string) {
  const client = useQueryClient();
  return useQuery({
    queryKey: keys.detail(conversationId),
    queryFn: ({ signal }) => loadDetail(client, conversationId, signal),
    staleTime: 0, // reply windows close by themselves: look again at each visit
  });
}

/** Filled by `usePanel`. */
export function useTimeline(conversationId: string): Timeline | undefined {
  return (
    useQuery<Timeline | null>({
      queryKey: keys.timeline(conversationId),
      queryFn: () => null,
      enabled: false,
      structuralSharing: false,
    }).data ?? undefined
  );
}

export function updateTimeline(
  client: QueryClient,
  conversationId: string,
  change: (timeline: Timeline) => Timeline,
): void {
  client.setQueryData<Timeline>(keys.timeline(conversationId), (known) => known && change(known));
}

/** Asks for what is missing after the timeline's seq, until nothing is. */
export async function catchUp(client: QueryClient, conversationId: string): Promise<void> {
  const timeline = client.getQueryData<Timeline>(keys.timeline(conversationId));
  if (timeline === undefined) return;
  const changes = await api.GET("/api/v1/conversations/{conversation_id}/changes", {
    params: { path: { conversation_id: conversationId }, query: { after_seq: timeline.seq } },
  });
  if (changes.reload) {
    client.removeQueries({ queryKey: keys.timeline(conversationId) });
    await client.refetchQueries({ queryKey: keys.detail(conversationId) });
    return;
  }
  putRows(client, [changes.conversation]);
  updateTimeline(client, conversationId, (known) => applyChanges(known, changes));
  if (changes.history.some((entry) => REREAD.has(entry.type))) await reread(client, conversationId);
  if (changes.history.some((entry) => PANEL.has(entry.type))) {
    await client.invalidateQueries({ queryKey: keys.detail(conversationId) });
  }
}

export async function loadOlder(client: QueryClient, conversationId: string): Promise<void> {
  const before = client.getQueryData<Timeline>(keys.timeline(conversationId))?.before;
  if (before === undefined || before === null) return;
  const page = await fetchPage(conversationId, { before });
  updateTimeline(client, conversationId, (known) => prependPage(known, page));
}

/** After a merge or split. Reads back as far as the agent had scrolled, so that the place they read at is still there. */
export async function reread(client: QueryClient, conversationId: string): Promise<void> {
  const known = client.getQueryData<Timeline>(keys.timeline(conversationId));
  if (known === undefined) return;
  const oldest = known.touchpoints[0]?.number ?? 0;
  let fresh = await fetchPage(conversationId, { limit: REREAD_PAGE });
  for (let page = 1; page < REREAD_PAGES_MAX && fresh.before !== null && fresh.before > oldest; page += 1) {
    const older = await fetchPage(conversationId, { limit: REREAD_PAGE, before: fresh.before });
    fresh = {
      touchpoints: [...older.touchpoints, ...fresh.touchpoints],
      history: [...older.history, ...fresh.history],
      before: older.before,
    };
  }
  updateTimeline(client, conversationId, (timeline) => replacePages(timeline, known, fresh));
}

function fetchPage(conversationId: string, query: { before?: number; limit?: number }): Promise<TimelinePage> {
  return api.GET("/api/v1/conversations/{conversation_id}/timeline", {
    params: { path: { conversation_id: conversationId }, query },
  });
}
