/** The rules while they are edited. Pure. */
import type { Rules } from "@/lib/api/types";

export type Mode = Rules["accounts"][number]["claims"];
export const STRENGTHS = ["attested", "order", "agent", "claimed"] as const;
export type EditedStrength = (typeof STRENGTHS)[number];
export const SOURCES = [
  "caller_id",
  "zalo_shared_info",
  "facebook_shared_info",
  "signed_visitor",
  "contact_card",
  "order_recipient",
  "agent_entry",
  "prechat_form",
  "message_text",
] as const;
export type EditedSource = (typeof SOURCES)[number];
export type AccountRule = Rules["accounts"][number];

export function withStrength(rules: Rules, strength: EditedStrength, mode: Mode): Rules {
  return { ...rules, strengths: without(rules.strengths, strength, mode) };
}

export function withSource(rules: Rules, source: EditedSource, mode: Mode): Rules {
  return { ...rules, sources: without(rules.sources, source, mode) };
}

/** Days; null: for ever. */
export function withExpiry(rules: Rules, strength: EditedStrength, days: number | null): Rules {
  const { [strength]: _, ...others } = rules.expires_after_days as Record<string, number>;
  return { ...rules, expires_after_days: days === null ? others : { ...others, [strength]: days } };
}

export function accountRule(rules: Rules, accountId: string): AccountRule {
  const known = rules.accounts.find((rule) => rule.account_id === accountId);
  return known ?? { account_id: accountId, claims: "merge", lasting: null };
}

export function withAccount(rules: Rules, rule: AccountRule): Rules {
  const others = rules.accounts.filter((known) => known.account_id !== rule.account_id);
  const isUsual = rule.claims === "merge" && rule.lasting === null;
  return { ...rules, accounts: isUsual ? others : [...others, rule] };
}

export function modeOf(modes: Rules["strengths"] | Rules["sources"], name: string): Mode {
  return (modes as Record<string, Mode> | undefined)?.[name] ?? "merge";
}

/** Equal whatever the order of their parts. */
export function sameRules(one: Rules, other: Rules): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

/** "merge" is what holds where nothing is said. */
function without<T extends object>(modes: T | undefined, name: string, mode: Mode): T {
  const { [name]: _, ...others } = (modes ?? {}) as Record<string, Mode>;
  return (mode === "merge" ? others : { ...others, [name]: mode }) as unknown as T;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sorted).sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
  }
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).sort(([a], [b]) => a.localeCompare(b));
  return Object.fromEntries(entries.map(([name, one]) => [name, sorted(one)]));
}
