/** Commands on the open conversation. Resolving can be taken back for five seconds, from wherever one is by then. */
import type { QueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { command, type Verb } from "@/data/commands";
import { resolveAs } from "@/data/handling";
import { useMe } from "@/data/session";
import { asProblem } from "@/lib/api/problems";
import type { ConversationState } from "@/lib/api/types";
import { useWords } from "@/lib/i18n/words";
import { useNaming } from "@/lib/naming";
import { KEYMAP } from "@/lib/shortcuts/keymap";
import { notify } from "@/ui/notices";

export interface Work {
  readonly work: (verb: Verb) => void;
  readonly resolve: (disposition: string | null, note: string | null) => void;
}

export function useWork(client: QueryClient, row: ConversationState, onError: (error: unknown) => void): Work {
  const { t } = useTranslation();
  const words = useWords();
  const me = useMe();
  const nameOf = useNaming();
  const run = (verb: Verb) => command(client, verb, row.id, me.agent.id);
  const undo = () => {
    run("reopen").catch((error) => notify({ text: words.problem(asProblem(error)), tone: "bad" }));
  };
  const sayResolved = () => {
    notify({
      text: t("notice.resolved", { name: nameOf(row) }),
      action: { label: t("merge.undo"), shortcut: KEYMAP.undo.keys, run: undo },
    });
  };
  return {
    work: (verb) => {
      onError(null);
      run(verb).catch(onError);
      if (verb === "resolve") sayResolved();
    },
    resolve: (disposition, note) => {
      onError(null);
      resolveAs(client, row.id, disposition, note).catch(onError);
      sayResolved();
    },
  };
}
