/** What conditions can ask, which of it one does ask, and how that is said in a line. Pure. */
import type { TFunction } from "i18next";
import type { Conditions } from "@/features/admin/plans/types";
import { labelIn, type Vocabulary } from "@/features/admin/plans/vocabulary";

export const KEYS = [
  "channels",
  "accounts",
  "kinds",
  "words",
  "languages",
  "tags",
  "tags_all",
  "attributes",
  "lifecycle",
  "known_customer",
  "open_calendar",
  "closed_calendar",
] as const satisfies readonly (keyof Conditions)[];

export type ConditionKey = (typeof KEYS)[number];

export const NONE: Conditions = {
  channels: [],
  accounts: [],
  kinds: [],
  tags: [],
  tags_all: [],
  attributes: [],
  languages: [],
  lifecycle: [],
  words: [],
  known_customer: null,
  open_calendar: null,
  closed_calendar: null,
};

export const LANGUAGES = ["vi", "en", "zh", "ko", "ja"] as const;
export const KINDS = ["message", "comment", "call", "missed_call"] as const;
export const CHANNELS = ["hotline", "facebook", "zalo", "webchat", "email"] as const;

export function asks(conditions: Conditions, key: ConditionKey): boolean {
  const value = conditions[key];
  return Array.isArray(value) ? value.length > 0 : value !== null;
}

export function asked(conditions: Conditions): readonly ConditionKey[] {
  return KEYS.filter((key) => asks(conditions, key));
}

/** One clause per thing asked: "kênh Zalo hoặc Facebook". Empty: everything fits. */
export function clauses(t: TFunction, conditions: Conditions, vocabulary: Vocabulary): readonly string[] {
  return asked(conditions).flatMap((key) => {
    if (key === "attributes")
      return conditions.attributes.map((one) =>
        t("condition.say.attributes", {
          name: labelIn(vocabulary.attributes, one.name),
          list: either(t, one.among),
        }),
      );
    if (key === "known_customer")
      return [t(conditions.known_customer ? "condition.say.known" : "condition.say.unknown")];
    if (key === "open_calendar" || key === "closed_calendar")
      return [t(`condition.say.${key}`, { list: labelIn(vocabulary.calendars, conditions[key]) })];
    const list = conditions[key].map((value) => valueWord(t, key, value, vocabulary));
    return [t(`condition.say.${key}`, { list: key === "tags_all" ? list.join(" + ") : either(t, list) })];
  });
}

type Loose = (key: string) => string;

function valueWord(t: TFunction, key: ConditionKey, value: string, vocabulary: Vocabulary): string {
  const loose = t as unknown as Loose;
  if (key === "channels") return loose(`channel.${value}`);
  if (key === "kinds") return loose(`kind.${value}`);
  if (key === "languages") return LANGUAGES.some((one) => one === value) ? loose(`tongue.${value}`) : value;
  if (key === "accounts") return labelIn(vocabulary.accounts, value);
  if (key === "lifecycle") return labelIn(vocabulary.lifecycle, value);
  return key === "words" ? `“${value}”` : value;
}

function either(t: TFunction, list: readonly string[]): string {
  if (list.length < 2) return list[0] ?? "";
  return t("condition.or", { list: list.slice(0, -1).join(", "), last: list.at(-1) });
}
