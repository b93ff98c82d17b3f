/** What the visitor reads, as a value. Pure: the order is the hub's `seq`, own unsent messages stand at the end. */
import type { Message, Sync } from "./wire";

export interface Timeline {
  /** By seq, without doubles. */
  messages: readonly Message[];
  /** Everything up to here is known, counted from the first message that is. */
  lastSeq: number;
  seenSeq: number;
}

export const EMPTY: Timeline = { messages: [], lastSeq: 0, seenSeq: 0 };

/** The same message again replaces the older one. */
export function withMessages(timeline: Timeline, more: readonly Message[]): Timeline {
  if (more.length === 0) return timeline;
  const bySeq = new Map(timeline.messages.map((message) => [message.seq, message]));
  for (const message of more) bySeq.set(message.seq, message);
  const messages = [...bySeq.values()].sort((a, b) => a.seq - b.seq);
  return { ...timeline, messages, lastSeq: reach(messages, timeline.lastSeq) };
}

export function withSync(timeline: Timeline, sync: Sync): Timeline {
  return withSeen(withMessages(timeline, sync.messages), sync.seen_seq);
}

export function withSeen(timeline: Timeline, seq: number): Timeline {
  return seq > timeline.seenSeq ? { ...timeline, seenSeq: seq } : timeline;
}

/** Something is missing between what is known and the newest message. */
export function hasGap(timeline: Timeline): boolean {
  const newest = timeline.messages.at(-1);
  return newest !== undefined && newest.seq > timeline.lastSeq;
}

/** Older messages than the first that is known exist: seqs count from 1. */
export function hasOlder(timeline: Timeline): boolean {
  return (timeline.messages[0]?.seq ?? 1) > 1;
}

function reach(messages: readonly Message[], lastSeq: number): number {
  let known = lastSeq || (messages[0]?.seq ?? 1) - 1;
  for (const message of messages) if (message.seq === known + 1) known += 1;
  return known;
}
