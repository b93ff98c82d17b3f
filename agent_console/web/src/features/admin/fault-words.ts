/** What is wrong with a field, in the reader's language. The hub speaks English here, in the validator's fixed phrases:
 * the common ones are said anew, the rest is shown as it came. Pure. */
import type { TFunction } from "i18next";

const PHRASES: readonly (readonly [RegExp, (t: TFunction, found: RegExpMatchArray) => string])[] = [
  [/^Field required/i, (t) => t("fault.required")],
  [/at least (\d+) characters?/i, (t, [, count]) => t("fault.tooShort", { count: Number(count) })],
  [/at most (\d+) characters?/i, (t, [, count]) => t("fault.tooLong", { count: Number(count) })],
  [/at least (\d+) items?/i, (t, [, count]) => t("fault.tooFew", { count: Number(count) })],
  [/at most (\d+) items?/i, (t, [, count]) => t("fault.tooMany", { count: Number(count) })],
  [/greater than or equal to ([\d.]+)/i, (t, [, least]) => t("fault.tooSmall", { least })],
  [/less than or equal to ([\d.]+)/i, (t, [, most]) => t("fault.tooLarge", { most })],
  [/should match pattern/i, (t) => t("fault.pattern")],
  [/^There is no such/i, (t) => t("fault.noSuch")],
  [/^Still used by (.+): /i, (t, [, names]) => t("fault.used", { names })],
  [/ends after it begins/i, (t) => t("fault.periodForward")],
  [/periods of a day overlap/i, (t) => t("fault.overlap")],
  [/(?:named|used|asked for|promised) (?:in one step )?twice|asked for twice/i, (t) => t("fault.twice")],
  [/warning comes after/i, (t) => t("fault.warnLate")],
  [/neither a telephone number nor an e-mail/i, (t) => t("fault.numberOrMailbox")],
  [/valid (?:URL|URI)|URL scheme|valid address/i, (t) => t("fault.address")],
  [/should be a valid (?:integer|number)/i, (t) => t("fault.number")],
  [/should be a valid (?:string|list|tuple|dictionary|boolean|datetime)/i, (t) => t("fault.kind")],
  [/^Input should be (.+?)\.?$/i, (t, [, choices]) => t("fault.choice", { choices })],
];

export function faultSentence(t: TFunction, problem: string): string {
  for (const [phrase, say] of PHRASES) {
    const found = problem.match(phrase);
    if (found) return say(t, found);
  }
  return problem;
}
