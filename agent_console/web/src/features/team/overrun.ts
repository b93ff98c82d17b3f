/** Who is looked at first. Pure. */
import type { AgentCard } from "@/lib/api/types";

/** Away or busy for longer than its reason allows. */
export function isOverrun(
  agent: Pick<AgentCard, "since">,
  reason: { readonly max_s: number | null } | undefined,
  now: number,
): boolean {
  if (reason === undefined || reason.max_s === null || agent.since === null) return false;
  return now - Date.parse(agent.since) > reason.max_s * 1000;
}

const RANK = { available: 0, busy: 1, away: 2, offline: 3 } as const;

/** Those who are there first, then by name. */
export function order(a: AgentCard, b: AgentCard): number {
  return RANK[a.presence] - RANK[b.presence] || a.display_name.localeCompare(b.display_name, "vi");
}
