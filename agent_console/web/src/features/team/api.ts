/** A supervisor says for an agent whether work may be offered. */
import type { QueryClient } from "@tanstack/react-query";
import { applyAgents } from "@/data/session";
import { api } from "@/lib/api/client";
import type { PresenceStatus } from "@/lib/api/types";

export async function setAgentPresence(
  client: QueryClient,
  agentId: string,
  status: PresenceStatus,
  reason: string | null,
): Promise<void> {
  const card = await api.PUT("/api/v1/agents/{agent_id}/presence", {
    params: { path: { agent_id: agentId } },
    body: { status, reason },
  });
  applyAgents(client, { agents: [card] });
}
