import { describe, expect, it } from "vitest";
import type { ConversationState } from "@/lib/api/types";
import * as may from "@/lib/permissions";
import { brokenSince, dueAt, LATE_AFTER_S, RISK_AFTER_S, waiting } from "@/lib/urgency";
import { aMe, aRow, iso, LAN, MINH, T0 } from "@/testing/builders";

const agent = aMe().agent;
const supervisor = aMe({ role: "supervisor" }).agent;

const rows = {
  mine: aRow({ status: "assigned", owner_id: LAN }),
  others: aRow({ status: "assigned", owner_id: MINH }),
  waiting: aRow({ status: "waiting", owner_id: null }),
  offeredToMe: aRow({ status: "offered", owner_id: null, offered_to: LAN }),
  offeredToOther: aRow({ status: "offered", owner_id: null, offered_to: MINH }),
  resolved: aRow({ status: "closed", owner_id: null, closed_reason: "resolved" }),
  merged: aRow({ status: "closed", owner_id: null, closed_reason: "merged" }),
} satisfies Record<string, ConversationState>;

type Case = keyof typeof rows;
const all = Object.keys(rows) as Case[];

function allowed(rule: (who: typeof agent, row: ConversationState) => boolean, who = agent): Case[] {
  return all.filter((name) => rule(who, rows[name]));
}

describe("what an agent may do", () => {
  it("is answer only their own offers", () => expect(allowed(may.mayAnswerOffer)).toEqual(["offeredToMe"]));
  it("is take what waits", () => expect(allowed(may.mayTake)).toEqual(["waiting"]));
  it("is give back only their own", () => expect(allowed(may.mayRelease)).toEqual(["mine"]));
  it("is resolve only their own", () => expect(allowed(may.mayResolve)).toEqual(["mine"]));
  it("is reopen what was resolved, not what was merged", () => expect(allowed(may.mayReopen)).toEqual(["resolved"]));
  it("is reply to their own, what waits and what is offered to them", () =>
    expect(allowed(may.mayReply)).toEqual(["mine", "waiting", "offeredToMe"]));
});

describe("what a supervisor may do besides", () => {
  it("is resolve everything that is open", () =>
    expect(allowed(may.mayResolve, supervisor)).toEqual([
      "mine",
      "others",
      "waiting",
      "offeredToMe",
      "offeredToOther",
    ]));
  it("is reply to everything that is open", () =>
    expect(allowed(may.mayReply, supervisor)).toEqual(["mine", "others", "waiting", "offeredToMe", "offeredToOther"]));
  it("is not administer", () => {
    expect(may.mayAdminister(supervisor)).toBe(false);
    expect(may.mayAdminister(aMe({ role: "admin" }).agent)).toBe(true);
  });
});

describe("the clock of waiting", () => {
  const since = (seconds: number) => waiting(aRow({ waiting_since: iso(-seconds) }), T0);

  it("is silent, then at risk, then late", () => {
    expect(since(RISK_AFTER_S - 1)).toEqual({ urgency: "calm", seconds: RISK_AFTER_S - 1, target: null });
    expect(since(RISK_AFTER_S)?.urgency).toBe("risk");
    expect(since(LATE_AFTER_S)?.urgency).toBe("late");
  });

  it("does not run when nobody waits, or all is done", () => {
    expect(waiting(aRow({ waiting_since: null }), T0)).toBeNull();
    expect(waiting(aRow({ status: "closed", waiting_since: iso(-900) }), T0)).toBeNull();
  });

  it("never runs backwards when the laptop's clock is behind", () => {
    expect(since(-30)?.seconds).toBe(0);
  });
});

describe("the clock of a promise", () => {
  const clock = (fields: object) => ({
    target: "first_response" as const,
    policy: "chat",
    started_at: iso(-100),
    due_at: iso(200),
    warn_at: iso(50),
    warned_at: null,
    breached_at: null,
    met_at: null,
    left_s: null,
    spent_s: 0,
    escalated_at: null,
    followed: 1,
    ...fields,
  });
  const waits = (...sla: ReturnType<typeof clock>[]) => aRow({ waiting_since: iso(-100), sla });

  it("runs down to what is due first, is at risk from its warning, late from its end", () => {
    const row = waits(clock({}), clock({ target: "resolution", due_at: iso(900) }));
    expect(waiting(row, T0)).toEqual({ urgency: "calm", seconds: 200, target: "first_response" });
    expect(waiting(row, T0 + 50_000)?.urgency).toBe("risk");
    expect(waiting(row, T0 + 260_000)).toEqual({ urgency: "late", seconds: 60, target: "first_response" });
    expect(dueAt(row)).toBe(T0 + 200_000);
  });

  it("does not count what was met, rests, or never comes due", () => {
    const over = [clock({ met_at: iso(-5) }), clock({ due_at: null }), clock({ started_at: null, left_s: 5 })];
    expect(waiting(waits(...over), T0)?.target).toBeNull();
    expect(dueAt(waits(...over))).toBeNull();
  });

  it("tells of what was broken since, until it is met", () => {
    const row = waits(clock({ breached_at: iso(-10) }), clock({ breached_at: iso(-90) }));
    expect(brokenSince(row, T0 - 60_000)).toHaveLength(1);
    expect(brokenSince(waits(clock({ breached_at: iso(-10), met_at: iso(-1) })), T0 - 60_000)).toHaveLength(0);
  });
});
