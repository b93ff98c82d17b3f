/** The clock of waiting: the one loud thing on the screen. Pure. */
import type { ConversationState } from "@/lib/api/types";

export const RISK_AFTER_S = 3 * 60; // a first answer within five minutes is what retail customers put up with
export const LATE_AFTER_S = 5 * 60;

export type Urgency = "calm" | "risk" | "late";

type SlaClock = ConversationState["sla"][number];
export type Target = SlaClock["target"];

/** `target`: a promised time runs down, `seconds` are left of it, or have passed since while it is late. Null: nothing
 * is promised, `seconds` is how long the customer has waited. */
export interface Waiting {
  readonly urgency: Urgency;
  readonly seconds: number;
  readonly target: Target | null;
}

/** Null when nobody waits for a person. */
export function waiting(row: Pick<ConversationState, "status" | "waiting_since" | "sla">, now: number): Waiting | null {
  if (row.status === "closed" || row.waiting_since === null) return null;
  const clock = soonest(row.sla);
  if (clock !== undefined) return promised(clock, now);
  const seconds = Math.max(0, Math.floor((now - Date.parse(row.waiting_since)) / 1000));
  const urgency = seconds >= LATE_AFTER_S ? "late" : seconds >= RISK_AFTER_S ? "risk" : "calm";
  return { urgency, seconds, target: null };
}

/** When something promised is due; null when nothing is. A broken promise stays due when it was. */
export function dueAt(row: Pick<ConversationState, "status" | "sla">): number | null {
  const clock = row.status === "closed" ? undefined : soonest(row.sla);
  return clock?.due_at ? Date.parse(clock.due_at) : null;
}

/** Promises broken since then and still to be kept. */
export function brokenSince(row: Pick<ConversationState, "sla">, since: number): readonly SlaClock[] {
  return row.sla.filter(
    (clock) => clock.met_at === null && clock.breached_at !== null && Date.parse(clock.breached_at) >= since,
  );
}

/** Of the clocks that run, the one that is due first. */
function soonest(clocks: ConversationState["sla"]): SlaClock | undefined {
  const running = clocks.filter((clock) => clock.met_at === null && clock.started_at !== null && clock.due_at !== null);
  return running.toSorted((a, b) => Date.parse(a.due_at as string) - Date.parse(b.due_at as string))[0];
}

function promised(clock: SlaClock, now: number): Waiting {
  const left = (Date.parse(clock.due_at as string) - now) / 1000;
  const isWarned = clock.warned_at !== null || (clock.warn_at !== null && now >= Date.parse(clock.warn_at));
  const urgency = left < 0 ? "late" : isWarned ? "risk" : "calm";
  return { urgency, seconds: Math.floor(Math.abs(left)), target: clock.target };
}
