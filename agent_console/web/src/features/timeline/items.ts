/** Touchpoints, history and replies on their way, as the one column a person reads. Pure. */
import type { Outgoing } from "@/data/outbox";
import type { Timeline } from "@/data/timeline";
import type { HistoryEntry, Touchpoint } from "@/lib/api/types";
import { dayKey } from "@/lib/format/time";

export type Item =
  | { readonly kind: "day"; readonly key: string; readonly at: string }
  | { readonly kind: "unread"; readonly key: string }
  | {
      readonly kind: "touchpoint";
      readonly key: string;
      readonly touchpoint: Touchpoint;
      readonly startsGroup: boolean;
      readonly endsGroup: boolean;
    }
  | { readonly kind: "history"; readonly key: string; readonly entries: readonly HistoryEntry[] }
  | { readonly kind: "merge"; readonly key: string; readonly entry: HistoryEntry }
  | { readonly kind: "note"; readonly key: string; readonly entry: HistoryEntry }
  | { readonly kind: "outgoing"; readonly key: string; readonly outgoing: Outgoing };

const GROUP_WITHIN_MS = 5 * 60 * 1000;

const MERGES = new Set(["hub.customer_merged.v1", "hub.customer_split.v1"]);
const NOTE = "hub.note_added.v1";
const TRANSFERRED = "hub.conversation_transferred.v1";
const OPENED = "hub.conversation_opened.v1";
const LINES = new Set([
  OPENED,
  "hub.conversation_placed.v1",
  "hub.conversation_offered.v1",
  "hub.offer_ended.v1",
  "hub.conversation_assigned.v1",
  "hub.conversation_requeued.v1",
  "hub.conversation_closed.v1",
  "hub.conversation_reopened.v1",
  "hub.conversation_labelled.v1",
  "hub.task_changed.v1",
  "hub.sla_warned.v1",
  "hub.sla_breached.v1",
  "hub.sla_escalated.v1",
  TRANSFERRED,
  "hub.conversation_snoozed.v1",
  "hub.conversation_woken.v1",
  "hub.consult_ended.v1",
  NOTE,
]);

/** `unreadAfter`: number of the newest touchpoint the agent had seen when they came; null for no mark. */
export function buildItems(
  timeline: Timeline,
  outgoing: readonly Outgoing[],
  unreadAfter: number | null,
): readonly Item[] {
  const items: Item[] = [];
  const history = spoken(timeline.history);
  let nextLine = 0;
  let day = "";
  let isMarked = unreadAfter === null;

  const openDay = (at: string) => {
    if (dayKey(at) === day) return;
    day = dayKey(at);
    items.push({ kind: "day", key: `day:${day}`, at });
  };
  const linesBefore = (touchpoint: Touchpoint | null) => {
    for (; nextLine < history.length; nextLine += 1) {
      const entry = history[nextLine] as HistoryEntry;
      if (touchpoint !== null && !standsBefore(entry, touchpoint)) return;
      if (items.length === 0 && entry.type === OPENED) continue; // the beginning speaks for itself
      openDay(entry.at);
      pushLine(items, entry);
    }
  };

  for (const touchpoint of timeline.touchpoints) {
    linesBefore(touchpoint);
    openDay(touchpoint.occurred_at);
    if (!isMarked && touchpoint.number > (unreadAfter ?? 0) && touchpoint.author === "customer") {
      items.push({ kind: "unread", key: "unread" });
      isMarked = true;
    }
    pushTouchpoint(items, touchpoint);
  }
  linesBefore(null);
  const arrived = new Set(timeline.touchpoints.flatMap((touchpoint) => touchpoint.client_id ?? []));
  for (const entry of outgoing) {
    if (!arrived.has(entry.clientId)) items.push({ kind: "outgoing", key: entry.clientId, outgoing: entry });
  }
  return items;
}

/** A conversation is opened by its first touchpoint, and a moment after it: people read it the other way round. */
function standsBefore(entry: HistoryEntry, touchpoint: Touchpoint): boolean {
  const opens = entry.type === OPENED && entry.conversation_id === touchpoint.conversation_id;
  return opens || Date.parse(entry.at) <= Date.parse(touchpoint.accepted_at);
}

/** The same key before and after the hub has taken a reply, so that it does not blink. */
function keyOf(touchpoint: Touchpoint): string {
  return touchpoint.client_id ?? touchpoint.id;
}

function pushTouchpoint(items: Item[], touchpoint: Touchpoint): void {
  const before = items.at(-1);
  const follows = before?.kind === "touchpoint" && isOneGroup(before.touchpoint, touchpoint);
  if (follows) items[items.length - 1] = { ...before, endsGroup: false };
  items.push({ kind: "touchpoint", key: keyOf(touchpoint), touchpoint, startsGroup: !follows, endsGroup: true });
}

function isOneGroup(a: Touchpoint, b: Touchpoint): boolean {
  return (
    a.author === b.author &&
    a.identity_id === b.identity_id &&
    a.agent_id === b.agent_id &&
    a.author_name === b.author_name &&
    a.call === null &&
    b.call === null &&
    Date.parse(b.accepted_at) - Date.parse(a.accepted_at) < GROUP_WITHIN_MS
  );
}

function pushLine(items: Item[], entry: HistoryEntry): void {
  const key = `${entry.conversation_id}:${entry.seq}`;
  if (MERGES.has(entry.type)) {
    items.push({ kind: "merge", key, entry });
    return;
  }
  if (entry.type === NOTE) {
    items.push({ kind: "note", key, entry });
    return;
  }
  const before = items.at(-1);
  if (before?.kind === "history") items[items.length - 1] = { ...before, entries: [...before.entries, entry] };
  else items.push({ kind: "history", key, entries: [entry] });
}

/** What a person wants to read of the history. An offer that was answered says nothing that its answer does not. */
function spoken(history: readonly HistoryEntry[]): readonly HistoryEntry[] {
  const told = once(history.filter((entry) => LINES.has(entry.type) || MERGES.has(entry.type)));
  return told.filter((entry, place) => {
    if (entry.fields.reason === "merged") return false; // the line of the merge says it
    if (follows(told, place, "hub.conversation_offered.v1", TRANSFERRED)) return false; // the transfer says to whom
    if (follows(told, place + 1, "hub.conversation_assigned.v1", TRANSFERRED)) return false; // what came of it says all
    if (entry.type !== "hub.conversation_offered.v1") return true;
    const answer = told.slice(place + 1).find((later) => later.conversation_id === entry.conversation_id);
    return answer === undefined || answer.agent_id !== entry.agent_id;
  });
}

/** Is the entry at `place` of this type, and the one that comes right before it in its conversation of that one? */
function follows(told: readonly HistoryEntry[], place: number, type: string, after: string): boolean {
  const entry = told[place];
  const before = told[place - 1];
  if (entry?.type !== type || before?.type !== after) return false;
  return entry.conversation_id === before.conversation_id && entry.seq === before.seq + 1;
}

/** Both conversations of a merge or split tell of it; here they stand in one column. */
function once(entries: readonly HistoryEntry[]): readonly HistoryEntry[] {
  const seen = new Set<string>();
  return entries.filter((entry) => {
    const note = entry.fields.merge as { entry_id?: string } | undefined;
    if (note?.entry_id === undefined) return true;
    const key = `${entry.type}:${note.entry_id}`;
    return !seen.has(key) && seen.add(key);
  });
}
