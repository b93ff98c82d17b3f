import { describe, expect, it } from "vitest";
import type { Outgoing } from "@/data/outbox";
import { startTimeline } from "@/data/timeline";
import { thumbSize } from "@/features/timeline/AttachmentView";
import { mapAddress } from "@/features/timeline/addresses";
import { buildItems } from "@/features/timeline/items";
import { splitLinks } from "@/features/timeline/links";
import { rangeOf, WINDOW_MAX } from "@/features/timeline/use-window";
import type { HistoryEntry, Touchpoint } from "@/lib/api/types";
import { aDelivery, aLine, aRow, aTouchpoint, id, iso, LAN, MINH } from "@/testing/builders";

const row = aRow();
const DAY = 86_400;

function items(
  touchpoints: Touchpoint[],
  history: HistoryEntry[] = [],
  outgoing: Outgoing[] = [],
  unread: number | null = null,
) {
  return buildItems(startTimeline({ touchpoints, history, before: null }, 1), outgoing, unread);
}
const kinds = (...args: Parameters<typeof items>) => items(...args).map((item) => item.kind);

const identity = id();
const say = (seconds: number, more: Partial<Touchpoint> = {}) =>
  aTouchpoint(row, { identity_id: identity, accepted_at: iso(seconds), ...more });

describe("the column", () => {
  it("opens every day of the shop with its name", () => {
    const justBeforeMidnight = 15 * 3600 - 1 - 0; // T0 is 09:00 there
    expect(kinds([say(0), say(justBeforeMidnight), say(justBeforeMidnight + 2)])).toEqual([
      "day",
      "touchpoint",
      "touchpoint",
      "day",
      "touchpoint",
    ]);
  });

  it("joins what one person says in one breath, and nothing else", () => {
    const grouped = items([say(0), say(60), say(600), say(610, { author: "business", agent_id: LAN })])
      .filter((item) => item.kind === "touchpoint")
      .map((item) => [item.startsGroup, item.endsGroup]);
    expect(grouped).toEqual([
      [true, false],
      [false, true],
      [true, true],
      [true, true],
    ]);
  });

  it("keeps two of our agents apart", () => {
    const ours = (agent_id: string) => say(0, { author: "business", agent_id });
    const starts = items([ours(LAN), ours(MINH)]).flatMap((item) =>
      item.kind === "touchpoint" ? item.startsGroup : [],
    );
    expect(starts).toEqual([true, true]);
  });

  it("marks where the unread part begins, once", () => {
    const [seen, fresh, fresher] = [say(0), say(10), say(20)] as [Touchpoint, Touchpoint, Touchpoint];
    expect(kinds([seen, fresh, fresher], [], [], seen.number)).toEqual([
      "day",
      "touchpoint",
      "unread",
      "touchpoint",
      "touchpoint",
    ]);
  });

  it("puts history where it happened and folds a run into one item", () => {
    const lines = [
      aLine(row, "conversation_assigned", { seq: 2, at: iso(5), agent_id: LAN }),
      aLine(row, "conversation_requeued", { seq: 3, at: iso(6), agent_id: LAN }),
    ];
    const column = items([say(0), say(10)], lines);
    expect(column.map((item) => item.kind)).toEqual(["day", "touchpoint", "history", "touchpoint"]);
    expect(column[2]).toMatchObject({ entries: [{ seq: 2 }, { seq: 3 }] });
  });

  it("leaves out what says nothing: reads, suggestions, an offer whose answer follows, a close that is a merge", () => {
    const lines = [
      aLine(row, "suggestion_raised", { seq: 2, at: iso(1) }),
      aLine(row, "conversation_offered", { seq: 3, at: iso(2), agent_id: LAN }),
      aLine(row, "conversation_assigned", { seq: 4, at: iso(3), agent_id: LAN }),
      aLine(row, "conversation_closed", { seq: 5, at: iso(4), fields: { reason: "merged" } }),
    ];
    expect(items([], lines).flatMap((item) => (item.kind === "history" ? item.entries.map((e) => e.seq) : []))).toEqual(
      [4],
    );
  });

  it("shows an offer that nobody has answered yet", () => {
    expect(kinds([], [aLine(row, "conversation_offered", { agent_id: LAN })])).toEqual(["day", "history"]);
  });

  it("gives merges a line of their own", () => {
    expect(kinds([say(0)], [aLine(row, "customer_merged", { at: iso(3) })])).toEqual(["day", "touchpoint", "merge"]);
  });

  it("tells of a merge once, though both conversations do", () => {
    const merge = { entry_id: "e1" };
    const told = [
      aLine(row, "customer_merged", { seq: 7, fields: { merge } }),
      aLine(aRow(), "customer_merged", { seq: 3, fields: { merge } }),
      aLine(row, "customer_split", { seq: 8, fields: { merge } }),
    ];
    expect(kinds([], told)).toEqual(["day", "merge", "merge"]);
  });

  it("shows a reply on its way at the end, and only until the hub has it", () => {
    const clientId = "client-0001";
    const outgoing = {
      clientId,
      conversationId: row.id,
      text: "Dạ",
      attachments: [],
      state: "sending",
    } as unknown as Outgoing;
    const waiting = items([say(0)], [], [outgoing]);
    expect(waiting.at(-1)).toMatchObject({ kind: "outgoing", key: clientId });
    const arrived = items(
      [say(0), say(5, { author: "business", client_id: clientId, delivery: aDelivery() })],
      [],
      [outgoing],
    );
    expect(arrived.at(-1)).toMatchObject({ kind: "touchpoint", key: clientId });
  });

  it("has every key once, however long the history", () => {
    const many = Array.from({ length: 300 }, (_, n) => say(n * 4000));
    const lines = Array.from({ length: 50 }, (_, n) =>
      aLine(row, "conversation_requeued", { seq: n, at: iso(n * 24_000 + 1) }),
    );
    const keys = items(many, lines).map((item) => item.key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(many.length * 4000).toBeGreaterThan(13 * DAY);
  });
});

describe("the window of what is drawn", () => {
  it("is everything while that is little", () => expect(rangeOf(120, 0)).toEqual({ from: 0, to: 120 }));
  it("ends at the newest", () => expect(rangeOf(1000, 0)).toEqual({ from: 1000 - WINDOW_MAX, to: 1000 }));
  it("goes back", () => expect(rangeOf(1000, 150)).toEqual({ from: 850 - WINDOW_MAX, to: 850 }));
  it("stops at the beginning", () => expect(rangeOf(1000, 9999)).toEqual({ from: 0, to: WINDOW_MAX }));
});

describe("links in what a customer writes", () => {
  it("are made of web addresses, without the full stop behind them", () => {
    expect(splitLinks("xem https://hoasen.vn/bh?x=1, nhé")).toEqual([
      { text: "xem ", href: null },
      { text: "https://hoasen.vn/bh?x=1", href: "https://hoasen.vn/bh?x=1" },
      { text: ", nhé", href: null },
    ]);
  });

  it.each(["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "hoasen.vn", "<script>alert(1)</script>"])(
    "are not made of %s",
    (text) => expect(splitLinks(text)).toEqual([{ text, href: null }]),
  );

  it("lose nothing of the text", () => {
    const text = "a https://x.vn b http:// c https://y.vn/đường-dẫn.";
    expect(
      splitLinks(text)
        .map((part) => part.text)
        .join(""),
    ).toBe(text);
  });
});

describe("attachments", () => {
  it("keep their place before they are there", () => {
    expect(thumbSize({ kind: "image", width_px: 1200, height_px: 900 })).toEqual({ width: 260, height: 195 });
    expect(thumbSize({ kind: "image", width_px: null, height_px: null })).toEqual({ width: 200, height: 200 });
    expect(thumbSize({ kind: "image", width_px: 4000, height_px: 10 })).toEqual({ width: 260, height: 48 });
  });

  it("lead to a map only with coordinates", () => {
    expect(mapAddress({ latitude: null, longitude: 106.7 })).toBeNull();
    expect(mapAddress({ latitude: 10.77, longitude: 106.7 })).toContain("mlat=10.77&mlon=106.7");
  });
});
