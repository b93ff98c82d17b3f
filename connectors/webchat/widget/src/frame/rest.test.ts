import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { clock, day, pickLocale, say } from "./i18n";
import { uuid } from "./outbox";
import { solve } from "./proof";
import { Receipts } from "./receipts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it("writes times and days as people here do", () => {
  const now = new Date("2026-11-22T09:00:00Z");
  expect(clock("vi", "2026-11-22T07:05:00Z")).toBe("14:05");
  expect(clock("en", "2026-11-22T17:30:00Z")).toBe("00:30");
  expect(day("vi", "2026-11-21T17:00:00Z", now)).toBe("Hôm nay");
  expect(day("vi", "2026-11-21T16:59:00Z", now)).toBe("Hôm qua");
  expect(day("en", "2026-11-17T03:00:00Z", now)).toBe("17/11/2026");
});

it("speaks the first language it knows, Vietnamese otherwise", () => {
  expect(pickLocale(undefined, "fr-FR", "en-GB", "vi")).toBe("en");
  expect(pickLocale("VI_vn")).toBe("vi");
  expect(pickLocale(undefined, "ja")).toBe("vi");
  expect(say("en", "tooLong", { n: 3 })).toBe("Too long by 3 characters.");
});

it("makes ids that are random UUIDs", () => {
  const made = Array.from({ length: 100 }, uuid);
  expect(new Set(made).size).toBe(100);
  for (const id of made) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

it("proves work that can be checked", async () => {
  vi.useRealTimers();
  const nonce = await solve("challenge", 8);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`challenge.${nonce}`));
  expect(new Uint8Array(digest)[0]).toBe(0);
});

it("tells how far was read once, forward only, at most once a second, and again after a break", async () => {
  const told: [string, number][] = [];
  let isUp = true;
  const receipts = new Receipts(async (event, seq) => {
    if (isUp) told.push([event, seq]);
    return isUp;
  });
  receipts.upTo(3, false);
  receipts.upTo(4, false);
  await vi.advanceTimersByTimeAsync(300);
  expect(told).toEqual([["received", 4]]);
  receipts.upTo(4, true);
  receipts.upTo(2, true);
  await vi.advanceTimersByTimeAsync(2000);
  expect(told).toEqual([
    ["received", 4],
    ["read", 4],
  ]);
  isUp = false;
  receipts.upTo(6, true);
  await vi.advanceTimersByTimeAsync(2000);
  isUp = true;
  receipts.again();
  await vi.advanceTimersByTimeAsync(2000);
  expect(told.at(-1)).toEqual(["read", 6]);
});
