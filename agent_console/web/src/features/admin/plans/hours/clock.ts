/** Times of day as people type them, and what a day looks like on a line of 24 hours. Pure. */
import { minutesOf } from "@/features/admin/plans/draft";
import type { Period } from "@/features/admin/plans/types";

/** "8", "8h30", "0830", "8:30" -> "08:30"; what is no time stays as typed, for the hub to name. */
export function clockOf(typed: string): string {
  const text = typed.trim().toLowerCase().replace(/[h.]/, ":").replace(/:$/, "");
  const spread = /^\d{3,4}$/.test(text) ? `${text.slice(0, -2)}:${text.slice(-2)}` : text;
  const minutes = minutesOf(spread.includes(":") ? spread.replace(/:(\d)$/, ":0$1") : `${spread}:00`);
  if (minutes === null) return typed.trim();
  const [hour, minute] = [Math.floor(minutes / 60), minutes % 60];
  return `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
}

const DAY_MIN = 1440;

/** Where a period lies on the line, in percent. Null while it is no period yet. */
export function barOf(period: Period): { left: number; width: number } | null {
  const [opens, closes] = [minutesOf(period.opens), minutesOf(period.closes)];
  if (opens === null || closes === null || opens >= closes) return null;
  return { left: (opens / DAY_MIN) * 100, width: ((closes - opens) / DAY_MIN) * 100 };
}

/** A period to begin with, after those that are there. */
export function nextPeriod(day: readonly Period[]): Period {
  const last = day.at(-1);
  const from = last === undefined ? 8 * 60 : Math.min((minutesOf(last.closes) ?? 17 * 60) + 60, 23 * 60);
  const to = last === undefined ? 17 * 60 : Math.min(from + 4 * 60, DAY_MIN);
  return { opens: asClock(from), closes: asClock(to) };
}

export function asClock(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

export function dayWords(day: readonly Period[], closed: string): string {
  return day.length === 0 ? closed : day.map((one) => `${one.opens}–${one.closes}`).join(", ");
}

export interface Stretch {
  readonly from: string;
  readonly to: string;
  readonly holiday: string;
}

/** Days in a row of one holiday as one: the five of Tết. `days` in order. */
export function stretches(days: readonly { readonly on: string; readonly holiday: string }[]): readonly Stretch[] {
  const found: Stretch[] = [];
  for (const { on, holiday } of days) {
    const last = found.at(-1);
    if (last !== undefined && last.holiday === holiday && dayAfter(last.to) === on) {
      found[found.length - 1] = { ...last, to: on };
    } else found.push({ from: on, to: on, holiday });
  }
  return found;
}

export function dayAfter(iso: string): string {
  return new Date(Date.parse(`${iso}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
}
