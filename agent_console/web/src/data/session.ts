/** Who is signed in, and what the first screen shows. */
import { type QueryClient, useQuery } from "@tanstack/react-query";
import { keys } from "@/data/keys";
import { forgetRows, putRows } from "@/data/rows";
import { api, setCsrf } from "@/lib/api/client";
import type { AgentCard, LiveAgents, LivePresence, LiveQueues, Me, PresenceStatus, Queue } from "@/lib/api/types";
import { setServerTime } from "@/lib/now";

/** Fills the cache with the snapshot; returns the cursor from which the live socket goes on. With `anew`, rows that the
 * snapshot does not have are forgotten (they may be long out of date), except the one to `keep`. */
export async function loadSnapshot(client: QueryClient, anew?: { keep: string | null }): Promise<string> {
  const snapshot = await api.GET("/api/v1/snapshot");
  setServerTime(snapshot.server_time);
  putMe(client, snapshot.me);
  client.setQueryData<readonly Queue[]>(keys.queues, snapshot.queues);
  client.setQueryData<readonly AgentCard[]>(keys.agents, snapshot.agents);
  if (anew) forgetRows(client, anew.keep);
  putRows(client, snapshot.conversations);
  return snapshot.cursor;
}

export function putMe(client: QueryClient, me: Me): void {
  setCsrf(me.csrf);
  client.setQueryData<Me>(keys.me, me);
}

export async function refreshMe(client: QueryClient): Promise<void> {
  putMe(client, await api.GET("/api/v1/me"));
}

export function applyPresence(client: QueryClient, news: LivePresence): void {
  client.setQueryData<readonly AgentCard[]>(keys.agents, (agents) =>
    agents?.map((agent) =>
      agent.id === news.agent_id
        ? {
            ...agent,
            presence: news.status,
            since: news.since,
            reason: news.reason,
            wrap_up_until: news.wrap_up_until,
          }
        : agent,
    ),
  );
  client.setQueryData<Me>(keys.me, (me) =>
    me && me.agent.id === news.agent_id
      ? { ...me, presence: news.status, reason: news.reason, wrap_up_until: news.wrap_up_until }
      : me,
  );
}

/** Cards that changed; those of colleagues who were new since the snapshot, too. */
export function applyAgents(client: QueryClient, news: LiveAgents): void {
  client.setQueryData<readonly AgentCard[]>(keys.agents, (agents) => {
    const fresh = new Map(news.agents.map((card) => [card.id, card]));
    const kept = (agents ?? []).map((card) => fresh.get(card.id) ?? card);
    const known = new Set(kept.map((card) => card.id));
    return [...kept, ...news.agents.filter((card) => !known.has(card.id))];
  });
}

export function applyQueues(client: QueryClient, news: LiveQueues): void {
  client.setQueryData<readonly Queue[]>(keys.queues, (queues) => {
    const fresh = new Map(news.queues.map((queue) => [queue.id, queue]));
    const kept = (queues ?? []).map((queue) => fresh.get(queue.id) ?? queue);
    const known = new Set(kept.map((queue) => queue.id));
    return [...kept, ...news.queues.filter((queue) => !known.has(queue.id))];
  });
}

const filledByTheSnapshot = {
  staleTime: Number.POSITIVE_INFINITY,
  gcTime: Number.POSITIVE_INFINITY,
} as const;

/** Only below the shell, where the snapshot is in. */
export function useMe(): Me {
  const { data } = useQuery({
    ...filledByTheSnapshot,
    queryKey: keys.me,
    queryFn: () => api.GET("/api/v1/me"),
  });
  if (data === undefined) throw new Error("useMe outside the shell");
  return data;
}

export function useQueues(): readonly Queue[] {
  return useQuery({ ...filledByTheSnapshot, queryKey: keys.queues, queryFn: fetchQueues }).data ?? [];
}

async function fetchQueues(): Promise<readonly Queue[]> {
  return (await api.GET("/api/v1/queues")).items;
}

const NO_AGENTS: readonly AgentCard[] = [];

export function useAgents(): readonly AgentCard[] {
  const query = { ...filledByTheSnapshot, queryKey: keys.agents, queryFn: () => NO_AGENTS };
  return useQuery(query).data ?? NO_AGENTS;
}

/** How to name a colleague; undefined for one who has left. */
export function useAgentName(): (agentId: string | null | undefined) => string | undefined {
  const agents = useAgents();
  return (agentId) => agents.find((agent) => agent.id === agentId)?.display_name;
}

export async function setPresence(
  client: QueryClient,
  status: PresenceStatus,
  reason: string | null = null,
): Promise<void> {
  const before = client.getQueryData<Me>(keys.me);
  client.setQueryData<Me>(keys.me, (me) => me && { ...me, presence: status, reason });
  try {
    putMe(client, await api.PUT("/api/v1/presence", { body: { status, reason } }));
  } catch (error) {
    client.setQueryData<Me>(keys.me, before);
    throw error;
  }
}

/** Ready for more, before the time after a conversation is over. */
export async function endWrapUp(client: QueryClient): Promise<void> {
  client.setQueryData<Me>(keys.me, (me) => me && { ...me, wrap_up_until: null });
  putMe(client, await api.POST("/api/v1/presence/end-wrap-up"));
}
