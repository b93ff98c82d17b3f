/** The supervisors' calls: plans, queues, teams, and what plans may name. */
import { type QueryClient, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { keys } from "@/data/keys";
import type { TryIn, TryOut } from "@/features/admin/plans/rules/try";
import type { AutomationRule, Documents, DryRunReport, Kind, Plan, QueueDetail } from "@/features/admin/plans/types";
import { api } from "@/lib/api/client";
import type { components } from "@/lib/api/schema";

const LOOK_AGAIN_MS = 30_000; // other supervisors may change them; there are no live events for these

type QueueIn = components["schemas"]["QueueIn"];
type QueuePatch = components["schemas"]["QueuePatch"];
type TeamPatch = components["schemas"]["TeamPatch"];

/** The five plans have addresses of one shape; their types differ only in the document. */
function address(kind: Kind): "/api/v1/plans/rules" {
  return `/api/v1/plans/${kind}` as "/api/v1/plans/rules";
}

export async function getPlan<K extends Kind>(kind: K, version?: number): Promise<Plan<K>> {
  const query = version === undefined ? {} : { version };
  return (await api.GET(address(kind), { params: { query } })) as unknown as Plan<K>;
}

export function usePlan<K extends Kind>(kind: K) {
  return useQuery({
    queryKey: keys.plan(kind),
    queryFn: () => getPlan(kind),
    staleTime: 0,
    refetchInterval: LOOK_AGAIN_MS,
  });
}

export async function putPlan<K extends Kind>(
  client: QueryClient,
  kind: K,
  document: Documents[K],
  seen: number,
  note: string,
): Promise<Plan<K>> {
  const body = { document: document as unknown as Documents["rules"], seen, ...(note !== "" && { note }) };
  const stored = (await api.PUT(address(kind), { body })) as unknown as Plan<K>;
  await keep(client, kind, stored);
  return stored;
}

export async function restorePlan<K extends Kind>(client: QueryClient, kind: K, version: number, seen: number) {
  const params = { path: { plan_kind: kind } };
  await api.POST("/api/v1/plans/{plan_kind}/restore", { params, body: { version, seen } });
  const stored = await getPlan(kind);
  await keep(client, kind, stored);
  return stored;
}

async function keep<K extends Kind>(client: QueryClient, kind: K, stored: Plan<K>): Promise<void> {
  client.setQueryData(keys.plan(kind), stored);
  await client.invalidateQueries({ queryKey: keys.planVersions(kind) });
}

export function usePlanVersions(kind: Kind, isWanted: boolean) {
  return useInfiniteQuery({
    queryKey: keys.planVersions(kind),
    queryFn: ({ pageParam }) =>
      api.GET("/api/v1/plans/{plan_kind}/versions", {
        params: { path: { plan_kind: kind }, query: pageParam === null ? {} : { before: pageParam } },
      }),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.next,
    enabled: isWanted,
    staleTime: 0,
  });
}

export function usePlanning() {
  return useQuery({ queryKey: keys.planning, queryFn: () => api.GET("/api/v1/planning"), staleTime: 0 });
}

const queueSettings = {
  queryKey: keys.queueSettings,
  queryFn: async () => (await api.GET("/api/v1/queues/settings")).items,
  staleTime: 0,
};

export function useQueueSettings() {
  return useQuery(queueSettings);
}

/** As it is at this very moment; undefined when it is gone. */
export async function readQueue(client: QueryClient, id: string): Promise<QueueDetail | undefined> {
  return (await client.fetchQuery(queueSettings)).find((one) => one.id === id);
}

export function useTeam() {
  return useQuery({ queryKey: keys.team, queryFn: async () => (await api.GET("/api/v1/team")).items, staleTime: 0 });
}

export function useHolidays(year: number) {
  return useQuery({
    queryKey: keys.holidays(year),
    queryFn: async () => (await api.GET("/api/v1/holidays", { params: { query: { year } } })).items,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export async function addQueue(client: QueryClient, body: QueueIn): Promise<unknown> {
  const added = await api.POST("/api/v1/queues", { body });
  await forget(client);
  return added;
}

export async function changeQueue(client: QueryClient, id: string, body: QueuePatch): Promise<unknown> {
  const changed = await api.PATCH("/api/v1/queues/{queue_id}", { params: { path: { queue_id: id } }, body });
  await forget(client);
  return changed;
}

export async function changeMember(client: QueryClient, id: string, body: TeamPatch): Promise<unknown> {
  const changed = await api.PATCH("/api/v1/team/{agent_id}", { params: { path: { agent_id: id } }, body });
  await forget(client);
  return changed;
}

/** Who serves a queue stands with the queue and with the people. */
async function forget(client: QueryClient): Promise<void> {
  const stale = [keys.queueSettings, keys.team, keys.planning, keys.allQueues, keys.staff];
  await Promise.all(stale.map((queryKey) => client.invalidateQueries({ queryKey })));
}

export function tryRouting(body: TryIn, signal: AbortSignal): Promise<TryOut> {
  return api.POST("/api/v1/routing/try", { body, signal });
}

/** Those that wait first, then what else is open. */
export function useTryableConversations() {
  return useQuery({
    queryKey: keys.tryable,
    queryFn: async () => {
      const views = ["waiting", "all"] as const;
      const asked = views.map((view) => api.GET("/api/v1/conversations", { params: { query: { view, limit: 50 } } }));
      const rows = (await Promise.all(asked)).flatMap((page) => page.items);
      return [...new Map(rows.map((row) => [row.id, row])).values()];
    },
  });
}

/** What automation did; newest first. */
export function useAutomationLog(ruleId: string | null) {
  return useInfiniteQuery({
    queryKey: keys.automationLog(ruleId),
    queryFn: ({ pageParam }) =>
      api.GET("/api/v1/automation/log", {
        params: {
          query: { limit: 25, ...(ruleId !== null && { rule_id: ruleId }), ...(pageParam && { before: pageParam }) },
        },
      }),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.before,
    staleTime: 0,
    refetchInterval: LOOK_AGAIN_MS,
  });
}

export function dryRun(rule: AutomationRule, days: number): Promise<DryRunReport> {
  return api.POST("/api/v1/automation/dry-run", { body: { rule, days } });
}
