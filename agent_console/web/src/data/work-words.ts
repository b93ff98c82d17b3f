/** The words for work that supervisors set up: why somebody is away, how a conversation ended. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { keys } from "@/data/keys";
import { api } from "@/lib/api/client";
import type { WorkWords } from "@/lib/api/types";

const FRESH_MS = 60_000; // they change seldom, and an old word is refused with a sentence

export function useWorkWords(): WorkWords | undefined {
  return useQuery({
    queryKey: keys.workWords,
    queryFn: async () => (await api.GET("/api/v1/work-words")).words,
    staleTime: FRESH_MS,
  }).data;
}

export interface Word {
  readonly id: string;
  readonly vi: string;
  readonly en: string;
}

export function useLabel(): (word: Word) => string {
  const { i18n } = useTranslation();
  return (word) => (i18n.language === "en" ? word.en : word.vi);
}

/** The label of an id that stands in a row; the id itself for a word that is gone. */
export function useLabelOf(): (group: "presence_reasons" | "dispositions" | "lifecycle", id: string) => string {
  const words = useWorkWords();
  const label = useLabel();
  return (group, id) => {
    const word = words?.[group].find((one) => one.id === id);
    return word === undefined ? id : label(word);
  };
}

const IDLE = "_idle"; // the hub's own reason: no sign of life at the keyboard

/** Why somebody is away or busy; null without a reason. */
export function useReason(): (who: { readonly reason: string | null }) => string | null {
  const { t } = useTranslation();
  const labelOf = useLabelOf();
  return ({ reason }) => {
    if (reason === null) return null;
    return reason === IDLE ? t("presence.idle") : labelOf("presence_reasons", reason);
  };
}

export function isIdle(who: { readonly presence: string; readonly reason: string | null }): boolean {
  return who.presence === "away" && who.reason === IDLE;
}
