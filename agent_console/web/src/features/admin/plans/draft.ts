/** Changing plans as values: order, names, and putting one's own changes onto what somebody else saved. Pure. */

export interface Named {
  readonly id: string;
  readonly name?: string;
  readonly vi?: string;
}

export function moved<T>(list: readonly T[], from: number, to: number): readonly T[] {
  if (from === to || to < 0 || to >= list.length) return list;
  const rest = list.filter((_, at) => at !== from);
  return [...rest.slice(0, to), list[from] as T, ...rest.slice(to)];
}

export function replaced<T>(list: readonly T[], at: number, value: T): readonly T[] {
  return list.map((known, index) => (index === at ? value : known));
}

export function without<T>(list: readonly T[], at: number): readonly T[] {
  return list.filter((_, index) => index !== at);
}

/** By value. Both come from JSON, keys in the order in which the hub or we wrote them. */
export function same(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  const [mine, theirs] = [Object.entries(one), other as Record<string, unknown>];
  return mine.length === Object.keys(theirs).length && mine.every(([name, value]) => same(value, theirs[name]));
}

/** What stands in rows and rules: "Tiếng Anh" -> tieng-anh. */
export function slugOf(text: string): string {
  return text
    .toLowerCase()
    .replaceAll("đ", "d")
    .normalize("NFD")
    .replace(/\p{Mn}/gu, "")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 40)
    .replace(/-+$/, "");
}

/** A new id that nothing in the list has; readable where `text` says something. */
export function newId(text: string, taken: readonly Named[]): string {
  const stem = slugOf(text).slice(0, 30).replace(/-+$/, "") || "muc";
  const ids = new Set(taken.map((one) => one.id));
  if (!ids.has(stem)) return stem;
  let number = 2;
  while (ids.has(`${stem}-${number}`)) number += 1;
  return `${stem}-${number}`;
}

export interface Rebased<D> {
  readonly document: D;
  readonly theirs: readonly string[]; // names of what they changed
  readonly clashes: readonly string[]; // names of what both changed: mine stands
}

/** What I changed since `base`, put onto what they saved. Lists of named things are joined thing by thing. */
export function rebased<D extends object>(base: D, mine: D, theirs: D): Rebased<D> {
  const document = { ...theirs } as Record<string, unknown>;
  const [changed, clashes] = [new Set<string>(), new Set<string>()];
  for (const field of Object.keys(mine)) {
    const [b, m, t] = [base, mine, theirs].map((one) => (one as Record<string, unknown>)[field]);
    if (isNamedList(b) && isNamedList(m) && isNamedList(t)) {
      document[field] = joined(b, m, t, changed, clashes);
      continue;
    }
    if (!same(b, t)) changed.add(field);
    if (same(b, m)) continue;
    document[field] = m;
    if (!same(b, t) && !same(m, t)) clashes.add(field);
  }
  return { document: document as D, theirs: [...changed], clashes: [...clashes] };
}

function joined(
  base: readonly Named[],
  mine: readonly Named[],
  theirs: readonly Named[],
  changed: Set<string>,
  clashes: Set<string>,
): readonly Named[] {
  const [was, is, got] = [base, mine, theirs].map((list) => new Map(list.map((one) => [one.id, one])));
  const keep = (id: string): Named | undefined => {
    const [b, m, t] = [was?.get(id), is?.get(id), got?.get(id)];
    const [iChanged, theyChanged] = [!same(b, m), !same(b, t)];
    if (theyChanged) changed.add(nameOf(t ?? b));
    if (iChanged && theyChanged && !same(m, t)) clashes.add(nameOf(m ?? t ?? b));
    return iChanged ? m : t;
  };
  const iMoved = !same(orderOf(base, mine), orderOf(mine, base));
  const [first, second] = iMoved ? [mine, theirs] : [theirs, mine];
  const ids = [...first.map((one) => one.id)];
  second.forEach((one, at) => {
    if (!ids.includes(one.id)) ids.splice(Math.min(at, ids.length), 0, one.id);
  });
  for (const { id } of base) if (!ids.includes(id)) keep(id); // gone in both, or in one: only to be told of
  return ids.map(keep).filter((one) => one !== undefined);
}

/** Ids of `list` that `other` has as well, in the order of `list`. */
function orderOf(list: readonly Named[], other: readonly Named[]): readonly string[] {
  const there = new Set(other.map((one) => one.id));
  return list.filter((one) => there.has(one.id)).map((one) => one.id);
}

function isNamedList(value: unknown): value is readonly Named[] {
  return Array.isArray(value) && value.every((one) => typeof one === "object" && one !== null && "id" in one);
}

export function nameOf(one: Named | undefined): string {
  return one?.name || one?.vi || one?.id || "";
}

/** Where a fault is, taken apart: body.document.rules.0.queue_id -> [rules, 0, queue_id]. */
export function placeOf(where: string): readonly (string | number)[] {
  const parts = where.replace(/^body\.(document\.?|settings\.?)?/, "").split(".");
  return parts.filter((part) => part !== "").map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

export type Unit = "s" | "min" | "h" | "d";

const UNIT_S: Readonly<Record<Unit, number>> = { s: 1, min: 60, h: 3600, d: 86_400 };

export function inSeconds(amount: number, unit: Unit): number {
  return Math.round(amount * UNIT_S[unit]);
}

/** The largest unit that says it in a whole number. */
export function asAmount(seconds: number): { amount: number; unit: Unit } {
  const units: readonly Unit[] = ["d", "h", "min"];
  const unit = units.find((one) => seconds > 0 && seconds % UNIT_S[one] === 0) ?? "s";
  return { amount: seconds / UNIT_S[unit], unit };
}

/** When each step begins, in seconds after the first. */
export function beginnings(steps: readonly { readonly wait_s: number }[]): readonly number[] {
  let at = 0;
  return steps.map((step) => {
    const begins = at;
    at += step.wait_s;
    return begins;
  });
}

/** "08:30" -> 510; what is no time of day -> null. "24:00" ends a day. */
export function minutesOf(clock: string): number | null {
  const found = /^([01]?\d|2[0-4]):([0-5]\d)$/.exec(clock.trim());
  if (found === null) return null;
  const total = Number(found[1]) * 60 + Number(found[2]);
  return total <= 1440 ? total : null;
}
