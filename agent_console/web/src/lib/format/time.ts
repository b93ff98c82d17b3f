/** Moments and spans, in the shop's zone whatever the laptop says. Pure: `now` is always given. */

export const ZONE = "Asia/Ho_Chi_Minh";
const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;

const partsFormat = new Intl.DateTimeFormat("en-GB", {
  timeZone: ZONE,
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});

interface Parts {
  year: string;
  month: string;
  day: string;
  hour: string;
  minute: string;
}

function parts(at: string | number): Parts {
  const found = partsFormat.formatToParts(typeof at === "string" ? Date.parse(at) : at);
  return Object.fromEntries(found.map((part) => [part.type, part.value])) as unknown as Parts;
}

/** 14:05 */
export function clockTime(at: string | number): string {
  const { hour, minute } = parts(at);
  return `${hour}:${minute}`;
}

/** 17/11/2026 */
export function date(at: string | number): string {
  const { day, month, year } = parts(at);
  return `${day}/${month}/${year}`;
}

/** 17/11/2026 14:05 */
export function dateTime(at: string | number): string {
  return `${date(at)} ${clockTime(at)}`;
}

/** 14:05 today, 23/11 on another day. */
export function shortMoment(at: string | number, now: number): string {
  return dayKey(at) === dayKey(now) ? clockTime(at) : date(at).slice(0, 5);
}

/** The calendar day there, comparable and sortable: 2026-11-17. */
export function dayKey(at: string | number): string {
  const { year, month, day } = parts(at);
  return `${year}-${month}-${day}`;
}

export type DayName =
  | { kind: "today" | "yesterday" }
  | { kind: "weekday"; weekday: number; date: string }
  | { kind: "date"; weekday: number; date: string };

/** What a day separator says. `weekday` counts from 0 = Sunday; `date` is 17/11, with the year once that differs. */
export function dayName(at: string, now: number): DayName {
  const key = dayKey(at);
  const today = dayKey(now);
  const days = Math.round((Date.parse(today) - Date.parse(key)) / (DAY_S * 1000));
  if (days === 0) return { kind: "today" };
  if (days === 1) return { kind: "yesterday" };
  const { day, month, year } = parts(at);
  const weekday = new Date(`${key}T00:00:00Z`).getUTCDay();
  const short = `${day}/${month}`;
  return key.slice(0, 4) === today.slice(0, 4)
    ? { kind: "weekday", weekday, date: short }
    : { kind: "date", weekday, date: `${short}/${year}` };
}

export type Ago =
  | { kind: "now" }
  | { kind: "minutes" | "hours"; count: number }
  | { kind: "yesterday" }
  | { kind: "date"; date: string };

/** Relative up to a day, then the date. */
export function ago(at: string, now: number): Ago {
  const passed = Math.max(0, (now - Date.parse(at)) / 1000);
  if (passed < MINUTE_S) return { kind: "now" };
  if (passed < HOUR_S) return { kind: "minutes", count: Math.floor(passed / MINUTE_S) };
  if (passed < DAY_S) return { kind: "hours", count: Math.floor(passed / HOUR_S) };
  if (dayKey(now - DAY_S * 1000) === dayKey(at)) return { kind: "yesterday" };
  const { day, month, year } = parts(at);
  return { kind: "date", date: parts(now).year === year ? `${day}/${month}` : `${day}/${month}/${year}` };
}

/** A clock that runs: 03:12, 1:05:09. Whole seconds, never negative. */
export function stopwatch(seconds: number): string {
  const total = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(total / HOUR_S), Math.floor((total % HOUR_S) / MINUTE_S), total % MINUTE_S];
  const tail = `${String(m).padStart(2, "0")}:${String(s).padStart(2, "0")}`;
  return h > 0 ? `${h}:${tail}` : tail;
}

export interface Span {
  hours: number;
  minutes: number;
  seconds: number;
}

/** For "4 ph 12 gi": the length of a call. */
export function span(seconds: number): Span {
  const total = Math.max(0, Math.round(seconds));
  return {
    hours: Math.floor(total / HOUR_S),
    minutes: Math.floor((total % HOUR_S) / MINUTE_S),
    seconds: total % MINUTE_S,
  };
}
