import { describe, expect, it } from "vitest";
import { asked, clauses, NONE } from "@/features/admin/plans/condition-keys";
import {
  asAmount,
  beginnings,
  inSeconds,
  moved,
  newId,
  placeOf,
  rebased,
  same,
  slugOf,
} from "@/features/admin/plans/draft";
import { barOf, clockOf, dayWords, nextPeriod, stretches } from "@/features/admin/plans/hours/clock";
import { EMPTY_FACTS, tryBody } from "@/features/admin/plans/rules/try";
import type { Vocabulary } from "@/features/admin/plans/vocabulary";

const [a, b, c] = ["a", "b", "c"].map((id) => ({ id, name: id.toUpperCase() }));
if (!a || !b || !c) throw new Error("three");

describe("order and names", () => {
  it("moves one, and nothing beyond the ends", () => {
    expect(moved([a, b, c], 2, 0)).toEqual([c, a, b]);
    expect(moved([a, b, c], 0, 3)).toEqual([a, b, c]);
  });

  it("makes ids that rows can bear and nobody has yet", () => {
    expect(slugOf("  Tiếng Anh — Đặc biệt! ")).toBe("tieng-anh-dac-biet");
    expect(newId("A", [a])).toBe("a-2");
    expect(newId("  ", [])).toBe("muc");
  });

  it("compares by value, whatever the order of keys", () => {
    expect(same({ x: [1, { y: null }], z: 1 }, { z: 1, x: [1, { y: null }] })).toBe(true);
    expect(same({ x: 1 }, { x: 1, y: undefined })).toBe(false);
  });
});

describe("my changes onto theirs", () => {
  const base = { rules: [a, b, c], default_queue_id: null as string | null };

  it("keeps both when they changed different rules", () => {
    const mine = { ...base, rules: [{ ...a, name: "mine" }, b, c] };
    const theirs = { ...base, rules: [a, b, { ...c, name: "theirs" }] };
    const { document, theirs: told, clashes } = rebased(base, mine, theirs);
    expect(document.rules.map((one) => one.name)).toEqual(["mine", "B", "theirs"]);
    expect([told, clashes]).toEqual([["theirs"], []]);
  });

  it("keeps mine where both changed the same rule, and says so", () => {
    const mine = { ...base, rules: [{ ...a, name: "mine" }, b, c] };
    const theirs = { ...base, rules: [{ ...a, name: "theirs" }, b, c] };
    const { document, clashes } = rebased(base, mine, theirs);
    expect([document.rules[0]?.name, clashes]).toEqual(["mine", ["mine"]]);
  });

  it("keeps what they added and what I added, and drops what either removed", () => {
    const d = { id: "d", name: "D" };
    const e = { id: "e", name: "E" };
    const mine = { ...base, rules: [d, a, b] };
    const theirs = { ...base, rules: [a, c, e] };
    expect(rebased(base, mine, theirs).document.rules.map((one) => one.id)).toEqual(["d", "a", "e"]);
  });

  it("keeps my order when I moved something, theirs otherwise", () => {
    const moved_ = { ...base, rules: [c, a, b] };
    const edited = { ...base, rules: [a, { ...b, name: "new" }, c] };
    expect(rebased(base, moved_, edited).document.rules.map((one) => one.name)).toEqual(["C", "A", "new"]);
    expect(rebased(base, edited, moved_).document.rules.map((one) => one.name)).toEqual(["C", "A", "new"]);
  });

  it("treats what is no list as a whole", () => {
    const mine = { ...base, default_queue_id: "q1" };
    const theirs = { ...base, default_queue_id: "q2" };
    expect(rebased(base, mine, theirs)).toMatchObject({
      document: { default_queue_id: "q1" },
      clashes: ["default_queue_id"],
    });
    expect(rebased(base, base, theirs).document.default_queue_id).toBe("q2");
  });
});

describe("spans and steps", () => {
  it("are said in the largest unit that fits", () => {
    expect(asAmount(90)).toEqual({ amount: 90, unit: "s" });
    expect(asAmount(7200)).toEqual({ amount: 2, unit: "h" });
    expect(asAmount(0)).toEqual({ amount: 0, unit: "s" });
    expect(inSeconds(3, "d")).toBe(259_200);
  });

  it("begin when those before them end", () => {
    expect(beginnings([{ wait_s: 60 }, { wait_s: 120 }, { wait_s: 0 }])).toEqual([0, 60, 180]);
  });
});

describe("faults", () => {
  it("are taken apart into places", () => {
    expect(placeOf("body.document.rules.0.when.accounts.1")).toEqual(["rules", 0, "when", "accounts", 1]);
    expect(placeOf("body.settings.calendar")).toEqual(["calendar"]);
    expect(placeOf("body.document")).toEqual([]);
  });
});

describe("times of day", () => {
  it("are understood as people type them", () => {
    expect(["8", "8h30", "0830", "8:5", "17.30", "24:00"].map(clockOf)).toEqual([
      "08:00",
      "08:30",
      "08:30",
      "08:05",
      "17:30",
      "24:00",
    ]);
    expect(clockOf("25:00")).toBe("25:00");
    expect(clockOf("sáng")).toBe("sáng");
  });

  it("are drawn on a line of a day", () => {
    expect(barOf({ opens: "06:00", closes: "18:00" })).toEqual({ left: 25, width: 50 });
    expect(barOf({ opens: "18:00", closes: "06:00" })).toBeNull();
    expect(nextPeriod([{ opens: "08:00", closes: "12:00" }])).toEqual({ opens: "13:00", closes: "17:00" });
    expect(nextPeriod([{ opens: "08:00", closes: "23:30" }])).toEqual({ opens: "23:00", closes: "24:00" });
    expect(dayWords([], "nghỉ")).toBe("nghỉ");
  });

  it("join days in a row of one holiday", () => {
    const days = ["2026-02-28", "2026-03-01", "2026-04-26"].map((on) => ({ on, holiday: on > "2026-04" ? "x" : "y" }));
    expect(stretches(days)).toEqual([
      { from: "2026-02-28", to: "2026-03-01", holiday: "y" },
      { from: "2026-04-26", to: "2026-04-26", holiday: "x" },
    ]);
  });
});

describe("conditions", () => {
  const vocabulary = { attributes: [{ value: "hang", label: "Hạng", choices: [] }] } as unknown as Vocabulary;
  const t = ((key: string, params?: object) => `${key} ${JSON.stringify(params ?? {})}`) as never;

  it("ask only what is filled in", () => {
    expect(asked({ ...NONE, tags: ["VIP"], known_customer: false })).toEqual(["tags", "known_customer"]);
  });

  it("are said one clause each, attributes one per name", () => {
    const conditions = { ...NONE, attributes: [{ name: "hang", among: ["Vàng"] }], known_customer: false };
    expect(clauses(t, conditions, vocabulary)).toEqual([
      'condition.say.attributes {"name":"Hạng","list":"Vàng"}',
      "condition.say.unknown {}",
    ]);
  });
});

describe("what is tried", () => {
  const rules = { rules: [], default_queue_id: null };

  it("is a conversation or facts, at the shop's time", () => {
    const asking = { by: "facts" as const, conversationId: "c1", facts: EMPTY_FACTS, at: "2026-11-22T20:00" };
    expect(tryBody({ ...asking, by: "conversation" }, rules)).toEqual({
      rules,
      at: "2026-11-22T20:00:00+07:00",
      conversation_id: "c1",
    });
    const filled = { ...asking, facts: { ...EMPTY_FACTS, attributes: { hang: "", nguon: "web" } }, at: "" };
    expect(tryBody(filled, rules)).toMatchObject({ facts: { attributes: { nguon: "web" } } });
  });
});
