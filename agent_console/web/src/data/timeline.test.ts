import { describe, expect, it } from "vitest";
import { applyChanges, applyEvent, foldTouchpoints, prependPage, replacePages, startTimeline } from "@/data/timeline";
import type { LiveEvent, Touchpoint } from "@/lib/api/types";
import { aDelivery, aLine, anEvent, aRow, aTouchpoint, iso, LAN } from "@/testing/builders";

const row = aRow({ seq: 10 });
const at = (seq: number) => ({ ...row, seq });
const empty = startTimeline({ touchpoints: [], history: [], before: null }, 10);

function added(seq: number, fields: Partial<Touchpoint> = {}): LiveEvent {
  return anEvent(at(seq), "touchpoint_added", { touchpoint: aTouchpoint(at(seq), fields) });
}

describe("an event", () => {
  it("that is the next one is folded in and moves the seq", () => {
    const timeline = applyEvent(empty, added(11, { text: "Shop ơi" }));
    expect(timeline.seq).toBe(11);
    expect(timeline.touchpoints.map((t) => t.text)).toEqual(["Shop ơi"]);
  });

  it("that comes twice changes nothing the second time", () => {
    const event = added(11);
    const once = applyEvent(empty, event);
    expect(applyEvent(once, event)).toBe(once);
  });

  it("that is older than the snapshot changes nothing", () => {
    expect(applyEvent(empty, added(9))).toBe(empty);
  });

  it("after a gap is shown, but the seq stays where the gap begins", () => {
    const timeline = applyEvent(empty, added(13, { text: "sau" }));
    expect(timeline.seq).toBe(10);
    expect(timeline.touchpoints).toHaveLength(1);
  });

  it("of a changed reply replaces the older state, never the other way round", () => {
    const sent = aTouchpoint(at(11), { delivery: aDelivery({ state: "sent" }) });
    const seen = { ...sent, seq: 13, delivery: aDelivery({ state: "read" }) };
    expect(foldTouchpoints([sent], [seen])).toEqual([seen]);
    expect(foldTouchpoints([seen], [sent])).toEqual([seen]);
  });

  it("besides words becomes a line of history with its agent", () => {
    const why = { code: "route.taken", params: { agent: "Lan" } };
    const timeline = applyEvent(empty, anEvent(at(11), "conversation_assigned", { agent_id: LAN, why }));
    expect(timeline.history).toEqual([
      {
        conversation_id: row.id,
        seq: 11,
        type: "hub.conversation_assigned.v1",
        at: iso(),
        agent_id: LAN,
        fields: { agent_id: LAN, why },
      },
    ]);
  });

  it("of reading is no line of history", () => {
    const timeline = applyEvent(empty, anEvent(at(11), "conversation_read", { agent_id: LAN }));
    expect(timeline).toMatchObject({ seq: 11, history: [] });
  });
});

describe("order", () => {
  it("is the database's number, whatever the provider's clock says", () => {
    const first = aTouchpoint(row, { number: 1001, occurred_at: iso(500) });
    const second = aTouchpoint(row, { number: 1002, occurred_at: iso(-500) });
    expect(foldTouchpoints([second], [first]).map((t) => t.number)).toEqual([1001, 1002]);
  });
});

describe("catching up", () => {
  it("fills the gap, and what came meanwhile stays", () => {
    const [missed, late] = [added(11), added(13)];
    const behind = applyEvent(empty, late);
    const changes = {
      conversation: at(13),
      touchpoints: [
        (missed.event as { touchpoint: Touchpoint }).touchpoint,
        (late.event as { touchpoint: Touchpoint }).touchpoint,
      ],
      history: [aLine(at(12), "offer_ended", { fields: { reason: "declined" } })],
      reload: false,
    };
    const timeline = applyChanges(behind, changes);
    expect(timeline.seq).toBe(13);
    expect(timeline.touchpoints).toHaveLength(2);
    expect(timeline.history).toHaveLength(1);
  });

  it("from anywhere ends where following every event ends", () => {
    const events = Array.from({ length: 12 }, (_, n) =>
      n % 3 === 2
        ? anEvent(at(11 + n), "conversation_requeued", { agent_id: null, reason: "released" })
        : added(11 + n),
    );
    const followed = events.reduce(applyEvent, empty);
    for (let missing = 0; missing < events.length; missing += 1) {
      const gappy = events.filter((_, n) => n < missing || n > missing + 2).reduce(applyEvent, empty);
      const changes = {
        conversation: at(22),
        touchpoints: followed.touchpoints.filter((t) => t.seq > gappy.seq),
        history: followed.history.filter((line) => line.seq > gappy.seq),
        reload: false,
      };
      expect(applyChanges(gappy, changes)).toEqual(followed);
    }
  });
});

describe("pages", () => {
  it("in front keep the order and say where the next one begins", () => {
    const newer = aTouchpoint(row, { number: 500 });
    const older = aTouchpoint(row, { number: 400 });
    const timeline = prependPage(startTimeline({ touchpoints: [newer], history: [], before: 500 }, 10), {
      touchpoints: [older],
      history: [],
      before: 400,
    });
    expect(timeline.touchpoints).toEqual([older, newer]);
    expect(timeline.before).toBe(400);
  });

  it("read anew after a split lose what is somebody else's, however new, and keep what came since", () => {
    const [stays, goes, came] = [700, 701, 702].map((number) => aTouchpoint(row, { number })) as [
      Touchpoint,
      Touchpoint,
      Touchpoint,
    ];
    const asked = startTimeline({ touchpoints: [stays, goes], history: [], before: null }, 12);
    const now = { ...asked, touchpoints: [stays, goes, came], history: [aLine(at(13), "customer_split")] };
    const after = replacePages(now, asked, { touchpoints: [stays], history: [], before: null });
    expect(after.touchpoints).toEqual([stays, came]);
    expect(after.history).toHaveLength(1);
  });
});
