import { describe, expect, it } from "vitest";
import { EMPTY, hasGap, hasOlder, withMessages, withSeen, withSync } from "./timeline";
import type { Message } from "./wire";

function message(seq: number, text = `tin ${seq}`): Message {
  const author = { kind: "visitor" } as const;
  return { id: String(seq), seq, author, created_at: "", text, attachments: [], edited: false, hidden: false };
}

const seqs = (timeline: { messages: readonly Message[] }) => timeline.messages.map(({ seq }) => seq);

describe("the timeline", () => {
  it("stands in the hub's order whatever order messages come in, each once", () => {
    const timeline = [3, 1, 2, 3, 1].reduce((known, seq) => withMessages(known, [message(seq)]), EMPTY);
    expect(seqs(timeline)).toEqual([1, 2, 3]);
  });

  it("knows everything up to the first hole", () => {
    const page = withMessages(EMPTY, [message(11), message(12)]);
    expect(page.lastSeq).toBe(12);
    const holed = withMessages(page, [message(14)]);
    expect([holed.lastSeq, hasGap(holed)]).toEqual([12, true]);
    const filled = withMessages(holed, [message(13)]);
    expect([filled.lastSeq, hasGap(filled)]).toEqual([14, false]);
  });

  it("does not go back when older pages are added", () => {
    const timeline = withMessages(withMessages(EMPTY, [message(11)]), [message(9), message(10)]);
    expect([timeline.lastSeq, seqs(timeline), hasOlder(timeline)]).toEqual([11, [9, 10, 11], true]);
    expect(hasOlder(withMessages(EMPTY, [message(1)]))).toBe(false);
  });

  it("takes the newer of two versions of a message", () => {
    const timeline = withMessages(withMessages(EMPTY, [message(1, "cũ")]), [message(1, "mới")]);
    expect(timeline.messages[0]?.text).toBe("mới");
  });

  it("moves what was seen forward only", () => {
    const seen = withSeen(withSeen(EMPTY, 3), 2);
    expect(seen.seenSeq).toBe(3);
    expect(withSync(seen, { messages: [], last_seq: 9, has_more: false, seen_seq: 5 }).seenSeq).toBe(5);
  });
});
