/** The clock of waiting: the one loud thing on the screen. Pure. */
import type { ConversationState } from "@/lib/api/types";

export const RISK_AFTER_S = 3 * 60; // a first answer within five minutes is what retail customers put up with
export const LATE_AFTER_S = 5 * 60;

export type Urgency = "calm" | "risk" | "late";

export interface Waiting {
  readonly urgency: Urgency;
  readonly seconds: number;
}

/** Null when nobody waits for a person. */
export function waiting(row: Pick<ConversationState, "status" | "waiting_since">, now: number): Waiting | null {
  if (row.status === "closed" || row.waiting_since === null) return null;
  const seconds = Math.max(0, Math.floor((now - Date.parse(row.waiting_since)) / 1000));
  const urgency = seconds >= LATE_AFTER_S ? "late" : seconds >= RISK_AFTER_S ? "risk" : "calm";
  return { urgency, seconds };
}
