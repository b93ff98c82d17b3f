/** Who may do what. Mirrors the server's rules so that no button is shown that would be refused; the server decides. */
import type { ConversationState, Me } from "@/lib/api/types";

type Agent = Me["agent"];

export function oversees(agent: Agent): boolean {
  return agent.role === "supervisor" || agent.role === "admin";
}

export function mayAdminister(agent: Agent): boolean {
  return agent.role === "admin";
}

/** An offer is answered by the one it was made to. */
export function mayAnswerOffer(agent: Agent, row: ConversationState): boolean {
  return row.status === "offered" && row.offered_to === agent.id;
}

export function mayTake(_agent: Agent, row: ConversationState): boolean {
  return row.status === "waiting";
}

/** What a colleague works on is theirs to mark. */
export function mayLabel(agent: Agent, row: ConversationState): boolean {
  return row.owner_id === null || row.owner_id === agent.id || oversees(agent);
}

export function mayRelease(agent: Agent, row: ConversationState): boolean {
  return row.status === "assigned" && row.owner_id === agent.id;
}

export function mayResolve(agent: Agent, row: ConversationState): boolean {
  return row.status !== "closed" && (row.owner_id === agent.id || oversees(agent));
}

/** Hand it on or put it off: its owner, and who oversees. */
export function mayHandOn(agent: Agent, row: ConversationState): boolean {
  return row.status !== "closed" && (row.owner_id === agent.id || oversees(agent));
}

export function maySnooze(agent: Agent, row: ConversationState): boolean {
  return mayHandOn(agent, row) && (row.status === "assigned" || row.status === "waiting");
}

/** What was closed by a merge comes back by undoing the merge, not by reopening. */
export function mayReopen(_agent: Agent, row: ConversationState): boolean {
  return row.status === "closed" && row.closed_reason === "resolved";
}

/** Its owner, a supervisor, or whoever takes it out of the queue by answering. */
export function mayReply(agent: Agent, row: ConversationState): boolean {
  if (row.status === "closed") return false;
  if (row.status === "waiting" || mayAnswerOffer(agent, row)) return true;
  return row.owner_id === agent.id || oversees(agent);
}
