import { describe, expect, it } from "vitest";
import { foresee, VERBS } from "@/data/commands";
import type { ListQuery } from "@/data/keys";
import { arrange } from "@/data/lists";
import { belongs, compareRows, foldRows, NO_ROWS, type Rows } from "@/data/rows";
import type { ConversationState } from "@/lib/api/types";
import { aRow, id, iso, LAN, MINH } from "@/testing/builders";

function table(...rows: ConversationState[]): Rows {
  return foldRows(NO_ROWS, rows);
}

describe("the table of rows", () => {
  it("keeps the state with the higher seq, in whatever order they come", () => {
    const old = aRow({ seq: 3 });
    const fresh = { ...old, seq: 5, unread: 2 };
    expect(foldRows(table(old), [fresh]).get(old.id)).toBe(fresh);
    expect(foldRows(table(fresh), [old]).get(old.id)).toBe(fresh);
  });

  it("is the same object when nothing is new", () => {
    const row = aRow({ seq: 3 });
    const rows = table(row);
    expect(foldRows(rows, [{ ...row, seq: 2 }])).toBe(rows);
    expect(foldRows(rows, [])).toBe(rows);
  });

  it("lets the hub's answer replace what the console foresaw", () => {
    const row = aRow({ seq: 3, unread: 4 });
    const guess = foresee("resolve", row, LAN, iso());
    const answer = { ...row, seq: 4, status: "closed" as const, closed_reason: "resolved" };
    expect(foldRows(table(guess), [answer]).get(row.id)).toBe(answer);
  });
});

describe("a list", () => {
  it("puts who has waited longest first, then the freshest", () => {
    const waited = aRow({ waiting_since: iso(-600) });
    const waits = aRow({ waiting_since: iso(-60) });
    const answered = aRow({ preview: { channel: "zalo", author: "business", text: "", kind: "text", at: iso(-10) } });
    const older = aRow({ preview: { channel: "zalo", author: "business", text: "", kind: "text", at: iso(-999) } });
    const sorted = [older, waits, answered, waited].sort(compareRows("mine"));
    expect(sorted).toEqual([waited, waits, answered, older]);
  });

  it("of what waits leaves out what is offered to me, for that stands above it", () => {
    const offered = aRow({ status: "offered", owner_id: null, offered_to: LAN });
    expect(belongs(offered, "waiting", LAN, null)).toBe(false);
    expect(belongs(offered, "waiting", MINH, null)).toBe(true);
  });

  it("of one queue has nothing of another", () => {
    const row = aRow({ status: "waiting" });
    expect(belongs(row, "waiting", LAN, row.queue_id)).toBe(true);
    expect(belongs(row, "waiting", LAN, id("other"))).toBe(false);
  });
});

describe("a list in pages", () => {
  const closed = (secondsAgo: number) =>
    aRow({
      status: "closed",
      preview: { channel: "zalo", author: "customer", text: "", kind: "text", at: iso(-secondsAgo) },
    });
  const query: ListQuery = { view: "closed", queueId: null, q: null };

  it("does not show a row from elsewhere below what has been loaded", () => {
    const [first, second, farAway] = [closed(10), closed(20), closed(5000)] as const;
    const pages = [{ ids: [first.id, second.id], next: "more", last: second }];
    expect(arrange(table(first, second, farAway), pages, query, LAN)).toEqual([first, second]);
  });

  it("shows everything once the last page is in", () => {
    const [first, farAway] = [closed(10), closed(5000)] as const;
    expect(arrange(table(first, farAway), [{ ids: [first.id], next: null, last: first }], query, LAN)).toEqual([
      first,
      farAway,
    ]);
  });

  it("keeps a row of a loaded page even when it looks older than the edge", () => {
    const [first, moved] = [closed(10), closed(30)] as const;
    const pages = [{ ids: [moved.id, first.id], next: "more", last: first }];
    expect(arrange(table(first, moved), pages, query, LAN)).toEqual([first, moved]);
  });

  it("of promised times has what is due first on top, and nothing that was not promised", () => {
    const due = (seconds: number) =>
      aRow({
        status: "waiting",
        sla: [
          {
            target: "first_response",
            policy: "chat",
            started_at: iso(),
            due_at: iso(seconds),
            warn_at: null,
            warned_at: null,
            breached_at: null,
            met_at: null,
            left_s: null,
            spent_s: 0,
            escalated_at: null,
            followed: 1,
          },
        ],
      });
    const [late, soon, free] = [due(-60), due(300), aRow({ status: "waiting" })] as const;
    const dueFirst: ListQuery = { view: "waiting", queueId: null, q: null, dueFirst: true };
    expect(arrange(table(free, soon, late), [{ ids: [], next: null, last: null }], dueFirst, LAN)).toEqual([
      late,
      soon,
    ]);
  });

  it("of a search is what the hub found, in its order, with rows as they are now", () => {
    const [a, b] = [closed(10), closed(20)] as const;
    const now = { ...b, seq: 9, unread: 1 };
    const pages = [{ ids: [b.id, a.id], next: null, last: a }];
    expect(arrange(table(a, now), pages, { ...query, q: "hoa" }, LAN)).toEqual([now, a]);
  });
});

describe("what a command will most likely do", () => {
  it.each(VERBS)("keeps the seq when foreseeing %s, so that the hub's word replaces it", (verb) => {
    const row = aRow({ seq: 7 });
    expect(foresee(verb, row, LAN, iso()).seq).toBe(7);
  });

  it("makes it mine on accepting", () => {
    const row = aRow({ status: "offered", owner_id: null, offered_to: LAN, offer_expires_at: iso(20) });
    expect(foresee("accept", row, LAN, iso())).toMatchObject({ status: "assigned", owner_id: LAN, offered_to: null });
  });
});
