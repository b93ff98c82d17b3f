/** Until when to put something off, in the shop's days and hours. Pure. */
import { dayKey } from "@/lib/format/time";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const OFFSET = "+07:00"; // of the shop's zone, which has no summer time
const MORNING = "08:00";
const MONDAY = 1;

export const PRESETS = ["hour", "threeHours", "tomorrow", "monday"] as const;
export type Preset = (typeof PRESETS)[number];

/** Each with its moment; on a Sunday tomorrow morning is Monday morning, and said once. */
export function presets(now: number): readonly { readonly preset: Preset; readonly at: string }[] {
  const all = PRESETS.map((preset) => ({ preset, at: momentOf(preset, now) }));
  return all.filter(({ at }, place) => all.findIndex((other) => other.at === at) === place);
}

export function momentOf(preset: Preset, now: number): string {
  switch (preset) {
    case "hour":
      return new Date(now + HOUR_MS).toISOString();
    case "threeHours":
      return new Date(now + 3 * HOUR_MS).toISOString();
    case "tomorrow":
      return morning(now + DAY_MS);
    case "monday":
      return morning(now + daysUntilMonday(now) * DAY_MS);
  }
}

/** What `<input type="datetime-local">` says, as a moment; null for none, or one that is over. */
export function momentChosen(local: string, now: number): string | null {
  const at = Date.parse(`${local}:00${OFFSET}`);
  return Number.isNaN(at) || at <= now ? null : new Date(at).toISOString();
}

function morning(at: number): string {
  return new Date(`${dayKey(at)}T${MORNING}:00${OFFSET}`).toISOString();
}

/** 1 to 7: a Monday's next one is in a week. */
function daysUntilMonday(now: number): number {
  const weekday = new Date(`${dayKey(now)}T00:00:00Z`).getUTCDay();
  return (MONDAY - weekday + 7) % 7 || 7;
}
