/** Who may be the same person: a list to work through, the likeliest first, and the two side by side. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMe } from "@/data/session";
import { Alarms } from "@/features/suggestions/Alarms";
import { accept, reject, undo, useOpenSuggestions } from "@/features/suggestions/api";
import { Comparison } from "@/features/suggestions/Comparison";
import { Row } from "@/features/suggestions/Row";
import css from "@/features/suggestions/Suggestions.module.css";
import { asProblem } from "@/lib/api/problems";
import type { SuggestionRow } from "@/lib/api/types";
import { useWords } from "@/lib/i18n/words";
import { oversees } from "@/lib/permissions";
import { KEYMAP } from "@/lib/shortcuts/keymap";
import { useShortcut } from "@/lib/shortcuts/shortcuts";
import { Button } from "@/ui/Button";
import { Empty } from "@/ui/Empty";
import { Fault } from "@/ui/Fault";
import { notify } from "@/ui/notices";
import { Skeleton } from "@/ui/Skeleton";

export default function SuggestionsPage() {
  const { t } = useTranslation();
  const me = useMe();
  const pages = useOpenSuggestions();
  const rows = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const place = usePlace(rows);
  const decision = useDecision(place);
  useShortcut("next", () => place.move(1));
  useShortcut("previous", () => place.move(-1));
  useShortcut("accept", () => void decision.decide("accept"), place.chosen !== undefined);
  useShortcut("decline", () => void decision.decide("reject"), place.chosen !== undefined);
  useShortcut("leave", place.close, place.isOpen);
  return (
    <main className={css.page} data-open={place.isOpen || undefined} aria-label={t("suggestions.title")}>
      <section className={css.list} aria-label={t("suggestions.list")}>
        <header className={css.head}>
          <h1 className={css.title}>{t("suggestions.title")}</h1>
          <p className={css.hint}>{t("suggestions.hint")}</p>
        </header>
        {oversees(me.agent) && <Alarms />}
        {pages.error !== null && <Fault error={pages.error} onRetry={() => void pages.refetch()} />}
        {pages.isPending && <Skeleton lines={6} />}
        {pages.data && rows.length === 0 && (
          <Empty title={t("suggestions.none.title")} hint={t("suggestions.none.hint")} />
        )}
        <ul className={css.rows}>
          {rows.map((row) => (
            <Row key={row.id} row={row} isChosen={row.id === place.chosen?.id} onChoose={() => place.choose(row.id)} />
          ))}
        </ul>
        {pages.hasNextPage && (
          <Button kind="quiet" disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            {t("suggestions.more")}
          </Button>
        )}
      </section>
      <section className={css.detail} aria-label={t("suggestions.sideBySide")}>
        {place.chosen ? (
          <Comparison
            key={place.chosen.id}
            row={place.chosen}
            isBusy={decision.isBusy}
            error={decision.error}
            onDecide={(outcome) => void decision.decide(outcome)}
            onBack={place.close}
          />
        ) : (
          rows.length > 0 && <Empty title={t("suggestions.choose")} />
        )}
      </section>
    </main>
  );
}

interface Place {
  readonly chosen: SuggestionRow | undefined;
  readonly isOpen: boolean; // on a narrow screen: the comparison instead of the list
  readonly choose: (id: string) => void;
  readonly close: () => void;
  readonly move: (by: 1 | -1) => void;
  readonly neighbour: () => string | null;
}

/** Which one is looked at. On a wide screen that is the first, until another is chosen. */
function usePlace(rows: readonly SuggestionRow[]): Place {
  const [id, setId] = useState<string | null>(null);
  const at = rows.findIndex((row) => row.id === id);
  const chosen = rows[Math.max(at, 0)];
  return {
    chosen,
    isOpen: at >= 0,
    choose: setId,
    close: () => setId(null),
    move: (by) => setId(rows[Math.min(Math.max(Math.max(at, 0) + by, 0), rows.length - 1)]?.id ?? null),
    neighbour: () => (rows[Math.max(at, 0) + 1] ?? rows[Math.max(at, 0) - 1])?.id ?? null,
  };
}

type Outcome = "accept" | "reject";

function useDecision(place: Place) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const words = useWords();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const takeBack = (entryId: string) => {
    undo(client, entryId).catch((problem) => notify({ text: words.problem(asProblem(problem)), tone: "bad" }));
  };
  const decide = async (outcome: Outcome) => {
    if (isBusy || !place.chosen) return;
    const { id } = place.chosen;
    const following = place.isOpen ? place.neighbour() : null;
    setBusy(true);
    setError(null);
    try {
      if (outcome === "reject") await reject(client, id);
      const entryId = outcome === "accept" ? await accept(client, id) : null;
      notify({
        text: t(`suggestions.done.${outcome}`),
        ...(entryId && {
          action: { label: t("merge.undo"), shortcut: KEYMAP.undo.keys, run: () => takeBack(entryId) },
        }),
      });
      if (following) place.choose(following);
      else place.close();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  return { decide, isBusy, error };
}
