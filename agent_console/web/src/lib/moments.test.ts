import { describe, expect, it } from "vitest";
import { momentChosen, momentOf, presets } from "@/lib/moments";

const SUNDAY_LATE = Date.parse("2026-11-22T23:30:00+07:00");

describe("until when", () => {
  it("counts hours from now, and days as the shop does", () => {
    expect(momentOf("hour", SUNDAY_LATE)).toBe("2026-11-22T17:30:00.000Z");
    expect(momentOf("tomorrow", SUNDAY_LATE)).toBe("2026-11-23T01:00:00.000Z");
    expect(momentOf("monday", SUNDAY_LATE)).toBe("2026-11-23T01:00:00.000Z");
  });

  it("says the same moment once", () => {
    expect(presets(SUNDAY_LATE).map(({ preset }) => preset)).toEqual(["hour", "threeHours", "tomorrow"]);
  });

  it("means the next Monday on a Monday", () => {
    expect(momentOf("monday", Date.parse("2026-11-23T09:00:00+07:00"))).toBe("2026-11-30T01:00:00.000Z");
  });

  it("takes what is chosen as the shop's time, and nothing that is over", () => {
    expect(momentChosen("2026-11-23T14:05", SUNDAY_LATE)).toBe("2026-11-23T07:05:00.000Z");
    expect(momentChosen("2026-11-22T14:05", SUNDAY_LATE)).toBeNull();
    expect(momentChosen("", SUNDAY_LATE)).toBeNull();
  });
});
