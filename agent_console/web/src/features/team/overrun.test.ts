import { expect, it } from "vitest";
import { isOverrun, order } from "@/features/team/overrun";
import { anAgent } from "@/testing/builders";

const NOW = Date.parse("2026-11-22T10:00:00Z");

it("marks who is away for longer than the reason allows, and nobody else", () => {
  const since = "2026-11-22T09:44:59Z";
  expect(isOverrun({ since }, { max_s: 900 }, NOW)).toBe(true);
  expect(isOverrun({ since }, { max_s: 901 }, NOW)).toBe(false);
  expect(isOverrun({ since }, { max_s: null }, NOW)).toBe(false);
  expect(isOverrun({ since: null }, { max_s: 1 }, NOW)).toBe(false);
  expect(isOverrun({ since }, undefined, NOW)).toBe(false);
});

it("puts who is there first, and Vietnamese names in their order", () => {
  const agents = [
    anAgent({ display_name: "Đạt", presence: "away" }),
    anAgent({ display_name: "Ân" }),
    anAgent({ display_name: "An" }),
  ];
  expect(agents.sort(order).map((agent) => agent.display_name)).toEqual(["An", "Ân", "Đạt"]);
});
