import { describe, expect, it } from "vitest";
import { bytes, characters, fold, initial, phone } from "@/lib/format/text";
import { ago, clockTime, date, dateTime, dayName, span, stopwatch } from "@/lib/format/time";

describe("text", () => {
  it("folds Vietnamese so that it is found without diacritics", () => {
    expect(fold("Nguyễn Thị Hoà")).toBe("nguyen thi hoa");
    expect(fold("ĐỨC")).toBe("duc");
    expect(fold("Nguyễn".normalize("NFD"))).toBe("nguyen");
  });

  it.each([
    ["+84912345678", "0912 345 678"],
    ["+842838251234", "028 3825 1234"],
    ["+6591234567", "+6591234567"],
    ["+8419006868", "019006868"],
    ["anonymous:42", "anonymous:42"],
    ["190068", "190068"],
  ])("writes %s as %s", (given, shown) => {
    expect(phone(given)).toBe(shown);
  });

  it("writes sizes in the language's way", () => {
    expect(bytes(900, "vi")).toBe("900 B");
    expect(bytes(1_400_000, "vi")).toBe("1,4 MB");
    expect(bytes(1_400_000, "en")).toBe("1.4 MB");
  });

  it("calls Vietnamese people by the last word of their name", () => {
    expect(initial("Nguyễn Thị Hoà")).toBe("H");
    expect(initial("  đức ")).toBe("Đ");
    expect(initial("")).toBe("?");
  });

  it("counts an emoji and a composed letter as one character", () => {
    expect(characters("ế".normalize("NFD"))).toBe(1);
    expect(characters("👍🏽a")).toBe(3);
  });
});

describe("time, on a laptop in New York", () => {
  const now = Date.parse("2026-11-17T02:00:00Z"); // 09:00 in Ho Chi Minh City

  it("is told in the shop's zone", () => {
    expect(clockTime("2026-11-17T07:05:00Z")).toBe("14:05");
    expect(date("2026-11-16T17:30:00Z")).toBe("17/11/2026");
    expect(dateTime("2026-11-16T16:59:00Z")).toBe("16/11/2026 23:59");
    expect(clockTime("2026-11-16T17:00:00Z")).toBe("00:00");
  });

  it("names days by the shop's calendar", () => {
    expect(dayName("2026-11-16T17:00:00Z", now)).toEqual({ kind: "today" });
    expect(dayName("2026-11-16T16:59:59Z", now)).toEqual({ kind: "yesterday" });
    expect(dayName("2026-11-14T03:00:00Z", now)).toEqual({ kind: "weekday", weekday: 6, date: "14/11" });
    expect(dayName("2025-11-17T03:00:00Z", now)).toEqual({ kind: "date", weekday: 1, date: "17/11/2025" });
  });

  it("is relative up to a day, then a date", () => {
    expect(ago("2026-11-17T01:59:30Z", now)).toEqual({ kind: "now" });
    expect(ago("2026-11-17T02:00:30Z", now)).toEqual({ kind: "now" }); // a clock that runs ahead
    expect(ago("2026-11-17T01:30:00Z", now)).toEqual({ kind: "minutes", count: 30 });
    expect(ago("2026-11-16T20:00:00Z", now)).toEqual({ kind: "hours", count: 6 });
    expect(ago("2026-11-16T01:00:00Z", now)).toEqual({ kind: "yesterday" });
    expect(ago("2026-11-10T01:00:00Z", now)).toEqual({ kind: "date", date: "10/11" });
    expect(ago("2025-12-31T01:00:00Z", now)).toEqual({ kind: "date", date: "31/12/2025" });
  });

  it("runs as a stopwatch", () => {
    expect(stopwatch(192)).toBe("03:12");
    expect(stopwatch(3909)).toBe("1:05:09");
    expect(stopwatch(-5)).toBe("00:00");
    expect(span(252.4)).toEqual({ hours: 0, minutes: 4, seconds: 12 });
  });
});
