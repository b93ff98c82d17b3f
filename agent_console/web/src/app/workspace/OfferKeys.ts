/** A accepts or takes, X declines: see useKeyTarget for what. */
import { useQueryClient } from "@tanstack/react-query";
import { command, type Verb } from "@/data/commands";
import { useMe } from "@/data/session";
import { useKeyTarget } from "@/features/conversations/offers";
import { asProblem } from "@/lib/api/problems";
import { useWords } from "@/lib/i18n/words";
import { useShortcut } from "@/lib/shortcuts/shortcuts";
import { notify } from "@/ui/notices";

interface Props {
  openId: string | undefined;
  onOpen: (conversationId: string) => void;
}

/** Draws nothing. A component of its own, because it looks at every row and the thread must not be drawn for that. */
export function OfferKeys({ openId, onOpen }: Props): null {
  const client = useQueryClient();
  const words = useWords();
  const me = useMe();
  const target = useKeyTarget(openId);
  const run = (verb: Verb) => {
    if (target === undefined) return;
    if (verb !== "decline") onOpen(target.row.id);
    command(client, verb, target.row.id, me.agent.id).catch((error) =>
      notify({ text: words.problem(asProblem(error)), tone: "bad" }),
    );
  };
  useShortcut("accept", () => run(target?.verb ?? "accept"), target !== undefined);
  useShortcut("decline", () => run("decline"), target?.verb === "accept");
  return null;
}
