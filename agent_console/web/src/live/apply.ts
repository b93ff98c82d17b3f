/** A batch of live messages into the query cache, in order, with one write per table. Logs nothing but ids and types. */
import type { QueryClient } from "@tanstack/react-query";
import { updateTimeline } from "@/data/detail";
import { noteEscalations } from "@/data/escalations";
import { keys } from "@/data/keys";
import { settle } from "@/data/outbox";
import { putRows, rowOf } from "@/data/rows";
import { SUGGESTIONS_CHANGED, suggestionsChanged } from "@/data/suggestions";
import { tasksHeard } from "@/data/tasks";
import { applyEvent, PANEL, REREAD, type Timeline, touchpointOf } from "@/data/timeline";
import type { ConversationState, LiveEvent, LiveRow } from "@/lib/api/types";

export type Message =
  | { readonly kind: "event"; readonly event: LiveEvent }
  | { readonly kind: "row"; readonly row: LiveRow };

/** What the batch left to be asked for. */
export interface Wanted {
  readonly reread: ReadonlySet<string>; // conversations whose timeline is to be read anew
  readonly panel: ReadonlySet<string>; // whose customer panel is to be read anew
}

export function applyMessages(client: QueryClient, messages: readonly Message[]): Wanted {
  const reread = new Set<string>();
  const panel = new Set<string>();
  const events = messages.flatMap((message) => (message.kind === "event" ? [message.event] : []));
  putRows(client, messages.map(stateOf));
  for (const [conversationId, some] of byConversation(events)) {
    updateTimeline(client, conversationId, (timeline) => some.reduce(applyEvent, timeline));
    if (some.some((event) => REREAD.has(event.type))) reread.add(conversationId);
    if (some.some((event) => PANEL.has(event.type))) panel.add(conversationId);
  }
  if (events.some((event) => SUGGESTIONS_CHANGED.has(event.type))) suggestionsChanged(client);
  noteEscalations(events);
  tasksHeard(client, events);
  for (const event of events) {
    const clientId = touchpointOf(event)?.client_id;
    if (clientId) settle(clientId);
  }
  return { reread, panel };
}

/** True when the conversation's row is ahead of its timeline: something between was missed. */
export function isBehind(client: QueryClient, conversationId: string): boolean {
  const timeline = client.getQueryData<Timeline>(keys.timeline(conversationId));
  const row = rowOf(client, conversationId);
  return timeline !== undefined && row !== undefined && row.seq > timeline.seq;
}

function stateOf(message: Message): ConversationState {
  return message.kind === "event" ? message.event.event.conversation : message.row.conversation;
}

function byConversation(events: readonly LiveEvent[]): Map<string, LiveEvent[]> {
  const grouped = new Map<string, LiveEvent[]>();
  for (const event of events) {
    const id = event.event.conversation.id;
    grouped.set(id, [...(grouped.get(id) ?? []), event]);
  }
  return grouped;
}
