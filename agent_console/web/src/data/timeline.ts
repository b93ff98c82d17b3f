/** What one open conversation shows, as a value, and how events change it. Pure: no request, no cache.
 *
 * `seq`: every event of the conversation up to here is in. Later ones may be in too (they are folded as they come), but
 * something between them may be missing; then the conversation's row has a higher seq and the changes are asked for.
 */
import type { Changes, HistoryEntry, LiveEvent, TimelinePage, Touchpoint } from "@/lib/api/types";

export interface Timeline {
  readonly seq: number;
  readonly touchpoints: readonly Touchpoint[]; // in order of number
  readonly history: readonly HistoryEntry[]; // in order of time
  readonly before: number | null; // what to ask the page before with; null at the beginning
}

const TOUCHPOINT_EVENTS = new Set<string>(["hub.touchpoint_added.v1", "hub.touchpoint_changed.v1"]);
const NOT_HISTORY = new Set<string>([...TOUCHPOINT_EVENTS, "hub.conversation_read.v1"]);
/** Other entries belong to this customer now: the timeline must be read anew. */
export const REREAD: ReadonlySet<string> = new Set<string>(["hub.customer_merged.v1", "hub.customer_split.v1"]);
/** The customer's panel must be read anew. */
export const PANEL: ReadonlySet<string> = new Set<string>([
  ...REREAD,
  "hub.customer_changed.v1",
  "hub.suggestion_raised.v1",
  "hub.suggestion_settled.v1",
]);

export function startTimeline(page: TimelinePage, seq: number): Timeline {
  return { seq, touchpoints: page.touchpoints, history: sortedHistory(page.history), before: page.before };
}

export function touchpointOf(event: LiveEvent): Touchpoint | null {
  return TOUCHPOINT_EVENTS.has(event.type) ? (event.event as { touchpoint: Touchpoint }).touchpoint : null;
}

/** Applying the same event twice, or an old one, changes nothing. */
export function applyEvent(timeline: Timeline, event: LiveEvent): Timeline {
  const seq = event.event.conversation.seq;
  if (seq <= timeline.seq) return timeline;
  const touchpoint = touchpointOf(event);
  return {
    ...timeline,
    seq: seq === timeline.seq + 1 ? seq : timeline.seq,
    touchpoints: touchpoint === null ? timeline.touchpoints : foldTouchpoints(timeline.touchpoints, [touchpoint]),
    history: NOT_HISTORY.has(event.type) ? timeline.history : foldHistory(timeline.history, [historyEntry(event)]),
  };
}

/** The answer to "what do I miss after seq n": afterwards nothing is missing up to the conversation's seq in it. */
export function applyChanges(timeline: Timeline, changes: Changes): Timeline {
  return {
    ...timeline,
    seq: Math.max(timeline.seq, changes.conversation.seq),
    touchpoints: foldTouchpoints(timeline.touchpoints, changes.touchpoints),
    history: foldHistory(timeline.history, changes.history),
  };
}

/** An older page in front. */
export function prependPage(timeline: Timeline, page: TimelinePage): Timeline {
  return {
    ...timeline,
    touchpoints: foldTouchpoints(timeline.touchpoints, page.touchpoints),
    history: foldHistory(timeline.history, page.history),
    before: page.before,
  };
}

/** Read anew after a merge or split: `fresh` replaces all that was there when it was asked for. What came in since
 * then came as events of this very conversation, and stays. */
export function replacePages(timeline: Timeline, asked: Timeline, fresh: TimelinePage): Timeline {
  const newest = asked.touchpoints.at(-1)?.number ?? 0;
  const later = timeline.touchpoints.filter((touchpoint) => touchpoint.number > newest);
  const known = new Set(asked.history.map(placeOf));
  const lines = timeline.history.filter((entry) => !known.has(placeOf(entry)));
  return {
    seq: timeline.seq,
    touchpoints: foldTouchpoints(fresh.touchpoints, later),
    history: foldHistory(sortedHistory(fresh.history), lines),
    before: fresh.before,
  };
}

/** By id; of two states of one entry the one with the higher seq stays. Order is the database's number, nothing else. */
export function foldTouchpoints(known: readonly Touchpoint[], incoming: readonly Touchpoint[]): readonly Touchpoint[] {
  if (incoming.length === 0) return known;
  const byId = new Map(known.map((touchpoint) => [touchpoint.id, touchpoint]));
  for (const touchpoint of incoming) {
    const there = byId.get(touchpoint.id);
    if (there === undefined || there.seq <= touchpoint.seq) byId.set(touchpoint.id, touchpoint);
  }
  return [...byId.values()].sort((a, b) => a.number - b.number);
}

function foldHistory(known: readonly HistoryEntry[], incoming: readonly HistoryEntry[]): readonly HistoryEntry[] {
  if (incoming.length === 0) return known;
  const byPlace = new Map(known.map((entry) => [placeOf(entry), entry]));
  for (const entry of incoming) byPlace.set(placeOf(entry), entry);
  return sortedHistory([...byPlace.values()]);
}

function placeOf(entry: HistoryEntry): string {
  return `${entry.conversation_id}:${entry.seq}`;
}

function sortedHistory(entries: readonly HistoryEntry[]): readonly HistoryEntry[] {
  return [...entries].sort((a, b) => Date.parse(a.at) - Date.parse(b.at) || a.seq - b.seq);
}

function historyEntry(event: LiveEvent): HistoryEntry {
  const { conversation, ...fields } = event.event as { conversation: { id: string; seq: number } } & Record<
    string,
    unknown
  >;
  const agent = fields.agent_id ?? fields.by;
  return {
    conversation_id: conversation.id,
    seq: conversation.seq,
    type: event.type,
    at: event.at,
    agent_id: typeof agent === "string" ? agent : null,
    fields,
  };
}
