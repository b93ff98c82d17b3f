/** Values of the hub in the reader's words: explanations, problems, times, spans. */
import type { TFunction } from "i18next";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Problem } from "@/lib/api/problems";
import type { Channel, Explanation, FailureReason } from "@/lib/api/types";
import { phone } from "@/lib/format/text";
import { ago, dateTime, dayName, span } from "@/lib/format/time";

export interface Words {
  explanation(why: Explanation): string; // to follow other words
  reason(why: Explanation): string; // to stand alone
  problem(problem: Problem): string;
  failure(reason: FailureReason): string;
  channel(channel: Channel): string;
  ago(at: string, now: number): string;
  day(at: string, now: number): string;
  span(seconds: number): string;
}

/** Keys made of the hub's codes: typed catalogs cannot know them, scripts/catalogs.mjs checks that each is there. */
type Loose = (key: string, params?: Record<string, unknown>) => string;

export function useWords(): Words {
  const { t, i18n } = useTranslation();
  return useMemo(() => makeWords(t, (key) => i18n.exists(key)), [t, i18n]);
}

export function makeWords(t: TFunction, exists: (key: string) => boolean): Words {
  const loose = t as unknown as Loose;
  const words: Words = {
    explanation(why) {
      const key = `explain.${why.code}`;
      if (!exists(key)) return t("explain.unknown", { code: why.code });
      return loose(key, readable(why, words, loose, exists));
    },
    reason(why) {
      const said = words.explanation(why);
      return `${said.charAt(0).toLocaleUpperCase("vi")}${said.slice(1)}.`;
    },
    problem(problem) {
      return problemSentence(problem, loose, exists);
    },
    failure: (reason) => t(`failure.${reason}`),
    channel: (channel) => t(`channel.${channel}`),
    ago(at, now) {
      const said = ago(at, now);
      if (said.kind === "date") return said.date;
      return "count" in said ? t(`time.${said.kind}`, { count: said.count }) : t(`time.${said.kind}`);
    },
    day(at, now) {
      const said = dayName(at, now);
      if ("weekday" in said) return `${loose(`time.weekday.${said.weekday}`)} ${said.date}`;
      return t(`time.${said.kind}`);
    },
    span(seconds) {
      const { hours, minutes, seconds: rest } = span(seconds);
      const parts = [
        hours > 0 && t("time.spanHours", { count: hours }),
        minutes > 0 && t("time.spanMinutes", { count: minutes }),
        hours === 0 && (rest > 0 || minutes === 0) && t("time.spanSeconds", { count: rest }),
      ];
      return parts.filter(Boolean).join(" ");
    },
  };
  return words;
}

/** Parameters are raw values; their names say how they are read: `…_s` spans, `…_at` moments, `source_a` a source of
 * evidence, those of NESTED another explanation's code with the same parameters, and so on. Numbers in E.164 are spaced. */
function readable(
  why: Explanation,
  words: Words,
  loose: Loose,
  exists: (key: string) => boolean,
): Record<string, unknown> {
  const read = (name: string, value: Explanation["params"][string]): unknown => {
    if (name === "reason") return value === null ? "" : loose("explain.because", { reason: value });
    if (NESTED.has(name)) {
      const { [name]: _, ...params } = why.params;
      return words.explanation({ code: String(value), params });
    }
    if (typeof value === "number") return name.endsWith("_s") ? words.span(value) : value;
    if (typeof value !== "string") return value;
    if (name.endsWith("_at") || name.endsWith("_since")) return dateTime(value);
    const group = GROUPS[name.replace(/_[ab]$/, "")];
    return group !== undefined && exists(`${group}.${value}`)
      ? loose(`${group}.${value}`)
      : phone(value).replaceAll(" ", NO_BREAK);
  };
  return Object.fromEntries(Object.entries(why.params).map(([name, value]) => [name, read(name, value)]));
}

const NESTED = new Set(["suggestion", "rule", "because"]);

const NO_BREAK = "\u00a0"; // a number stays on one line

const GROUPS: Readonly<Record<string, string>> = {
  channel: "channel",
  source: "source",
  strength: "strength",
};

function problemSentence(problem: Problem, loose: Loose, exists: (key: string) => boolean): string {
  for (const key of [`problem.${problem.code}`, `problem.http_${problem.status}`]) {
    if (exists(key)) return loose(key, { seconds: Math.ceil(problem.retryAfterS ?? 0), reference: problem.reference });
  }
  const family = problem.status >= 500 ? "problem.server" : "problem.request";
  return loose(family, { detail: problem.detail, reference: problem.reference ?? "–" });
}
