/** Is this a message we can read? The types are generated; this checks the parts that folding relies on. */
import type { ConversationState, LiveEvent, LiveRow } from "@/lib/api/types";

export function isEvent(value: unknown): value is LiveEvent {
  if (!isRecord(value) || typeof value.type !== "string" || typeof value.cursor !== "string") return false;
  if (typeof value.at !== "string" || !isRecord(value.event) || !isConversation(value.event.conversation)) return false;
  const { touchpoint } = value.event;
  return touchpoint === undefined || (isRecord(touchpoint) && typeof touchpoint.number === "number");
}

export function isRow(value: unknown): value is LiveRow {
  return isRecord(value) && typeof value.cursor === "string" && isConversation(value.conversation);
}

function isConversation(value: unknown): value is ConversationState {
  return (
    isRecord(value) && typeof value.id === "string" && Number.isInteger(value.seq) && Array.isArray(value.channels)
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
