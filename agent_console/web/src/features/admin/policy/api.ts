/** The rules by which customers are merged: the present ones, dry runs, and putting others in force. */
import { type QueryClient, useQuery } from "@tanstack/react-query";
import { keys } from "@/data/keys";
import { api } from "@/lib/api/client";
import type { PolicyRun, Rules } from "@/lib/api/types";

const LOOK_AGAIN_MS = 1000; // while a run is on its way
const LOOK_AT_OTHERS_MS = 30_000;

export function isUnfinished(run: PolicyRun | undefined): boolean {
  return run?.status === "queued" || run?.status === "running";
}

export function usePolicy() {
  return useQuery({ queryKey: keys.policy, queryFn: () => api.GET("/api/v1/identity-policy"), staleTime: 0 });
}

/** The newest first; asked again often while one is on its way. */
export function usePolicyRuns() {
  return useQuery({
    queryKey: keys.policyRuns,
    queryFn: async () => (await api.GET("/api/v1/identity-policy/runs")).items,
    staleTime: 0,
    refetchInterval: ({ state }) => (state.data?.some(isUnfinished) ? LOOK_AGAIN_MS : LOOK_AT_OTHERS_MS),
  });
}

export function usePolicyRun(runId: string | undefined) {
  return useQuery({
    queryKey: keys.policyRun(runId ?? ""),
    queryFn: () => api.GET("/api/v1/identity-policy/runs/{run_id}", { params: { path: { run_id: runId ?? "" } } }),
    enabled: runId !== undefined,
    staleTime: 0,
    refetchInterval: ({ state }) => (isUnfinished(state.data) ? LOOK_AGAIN_MS : false),
  });
}

export function tryPolicy(client: QueryClient, rules: Rules): Promise<PolicyRun> {
  return then(client, api.POST("/api/v1/identity-policy/runs", { body: { rules } }));
}

export function applyPolicy(client: QueryClient, runId: string, note: string): Promise<PolicyRun> {
  const params = { path: { run_id: runId } };
  return then(client, api.POST("/api/v1/identity-policy/runs/{run_id}/apply", { params, body: { note } }));
}

export function undoPolicy(client: QueryClient, runId: string): Promise<PolicyRun> {
  return then(client, api.POST("/api/v1/identity-policy/runs/{run_id}/undo", { params: { path: { run_id: runId } } }));
}

export function cancelRun(client: QueryClient, runId: string): Promise<unknown> {
  return then(
    client,
    api.POST("/api/v1/identity-policy/runs/{run_id}/cancel", { params: { path: { run_id: runId } } }),
  );
}

async function then<T>(client: QueryClient, call: Promise<T>): Promise<T> {
  const answer = await call;
  await Promise.all([
    client.invalidateQueries({ queryKey: keys.policy }),
    client.invalidateQueries({ queryKey: keys.policyRuns }),
    client.invalidateQueries({ queryKey: ["admin", "policy-run"] }),
  ]);
  return answer;
}
