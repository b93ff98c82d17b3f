/** WCAG 2.2, 1.4.3 and 1.4.11: what is read has 4.5:1, what only has to be seen 3:1; in both drawings. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const css = readFileSync("src/app/theme/tokens.css", "utf8");

function drawing(scheme: string): Map<string, string> {
  const block = css.split(`:root[data-mantine-color-scheme="${scheme}"] {`)[1]?.split("\n}")[0] ?? "";
  return new Map([...block.matchAll(/--([a-z0-9-]+): (#[0-9a-f]{6});/g)].map((m) => [m[1] as string, m[2] as string]));
}

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

const GROUNDS = ["n-1", "n-2", "n-3", "n-4"];
const CHANNELS = ["hotline", "facebook", "zalo", "webchat", "email"];
const READ: [string, string][] = [
  ...["n-9", "n-10", "n-11", "n-12", "accent-text"].flatMap((ink) => GROUNDS.map((on): [string, string] => [ink, on])),
  ...["n-9", "n-12", "accent-text", "late", "done", "risk"].map((ink): [string, string] => [ink, "accent-soft"]),
  ...["risk", "late", "done"].flatMap((ink): [string, string][] => [
    [ink, "n-1"],
    [ink, "n-2"],
    [ink, "n-4"],
    [ink, `${ink}-soft`],
    ["n-12", `${ink}-soft`],
    ["n-10", `${ink}-soft`],
  ]),
  ...CHANNELS.map((channel): [string, string] => [`ch-${channel}`, `ch-${channel}-soft`]),
  ["on-accent", "accent"],
  ["on-accent", "accent-hover"],
];
const SEEN: [string, string][] = [
  ["n-8", "n-1"],
  ["n-8", "n-2"],
  ["n-8", "n-3"],
  ["accent", "n-1"],
  ["accent", "n-2"],
];

describe.each(["light", "dark"])("the %s drawing", (scheme) => {
  const colours = drawing(scheme);
  const pairs = (list: [string, string][], least: number) => list.map(([ink, on]) => ({ ink, on, least }));

  it.each([...pairs(READ, 4.5), ...pairs(SEEN, 3)])("shows $ink on $on with $least:1", ({ ink, on, least }) => {
    const found = contrast(colours.get(ink) ?? "", colours.get(on) ?? "");
    expect(found).toBeGreaterThanOrEqual(least);
  });
});
