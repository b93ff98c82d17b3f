/** The administrators' calls, with the lists they fill. */
import { type QueryClient, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { keys } from "@/data/keys";
import { api } from "@/lib/api/client";
import type { components } from "@/lib/api/schema";
import type { AgentIn, AgentPatch } from "@/lib/api/types";

const LOOK_AGAIN_MS = 30_000; // no live events for these: other administrators, alarms, new dead letters

type AccountIn = components["schemas"]["ChannelAccountIn"];
type AccountPatch = components["schemas"]["ChannelAccountPatch"];

export function useChannels() {
  return useQuery({ queryKey: keys.channels, queryFn: async () => (await api.GET("/api/v1/channels")).items });
}

export function useChannelAccounts() {
  return useQuery({
    queryKey: keys.channelAccounts,
    queryFn: async () => (await api.GET("/api/v1/channel-accounts")).items,
    staleTime: 0,
    refetchInterval: LOOK_AGAIN_MS,
  });
}

export function addChannelAccount(client: QueryClient, body: AccountIn): Promise<unknown> {
  return then(client, keys.channelAccounts, api.POST("/api/v1/channel-accounts", { body }));
}

export function changeChannelAccount(client: QueryClient, id: string, body: AccountPatch): Promise<unknown> {
  const call = api.PATCH("/api/v1/channel-accounts/{account_id}", { params: { path: { account_id: id } }, body });
  return then(client, keys.channelAccounts, call);
}

export function useStaff() {
  return useQuery({
    queryKey: keys.staff,
    queryFn: async () => (await api.GET("/api/v1/agents")).items,
    staleTime: 0,
  });
}

export function useAllQueues() {
  return useQuery({ queryKey: keys.allQueues, queryFn: async () => (await api.GET("/api/v1/queues")).items });
}

export function addAgent(client: QueryClient, body: AgentIn): Promise<unknown> {
  return then(client, keys.staff, api.POST("/api/v1/agents", { body }));
}

export function changeAgent(client: QueryClient, id: string, body: AgentPatch): Promise<unknown> {
  const call = api.PATCH("/api/v1/agents/{agent_id}", { params: { path: { agent_id: id } }, body });
  return then(client, keys.staff, call);
}

export function useDeadLetters() {
  return useInfiniteQuery({
    queryKey: keys.deadLetters,
    queryFn: ({ pageParam }) =>
      api.GET("/api/v1/dead-letters", { params: { query: pageParam === null ? {} : { after: pageParam } } }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: 0,
    refetchInterval: LOOK_AGAIN_MS,
  });
}

export async function replayDeadLetters(client: QueryClient, ids: readonly string[]) {
  const answer = await api.POST("/api/v1/dead-letters/replay", { body: { ids } });
  await client.invalidateQueries({ queryKey: keys.deadLetters });
  return answer;
}

async function then<T>(client: QueryClient, key: readonly string[], call: Promise<T>): Promise<T> {
  const answer = await call;
  await client.invalidateQueries({ queryKey: key });
  return answer;
}
