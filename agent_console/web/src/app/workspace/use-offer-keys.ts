/** A accepts and X declines: the open conversation if it is offered to me, else the offer that ends first. A also takes
 * an open one that waits. */
import { useQueryClient } from "@tanstack/react-query";
import { command, type Verb } from "@/data/commands";
import { useRow } from "@/data/rows";
import { useMe } from "@/data/session";
import { useOffers } from "@/features/conversations/OfferCards";
import { asProblem } from "@/lib/api/problems";
import { useWords } from "@/lib/i18n/words";
import { mayAnswerOffer, mayTake } from "@/lib/permissions";
import { useShortcut } from "@/lib/shortcuts/shortcuts";
import { notify } from "@/ui/notices";

export function useOfferKeys(openId: string | undefined, open: (conversationId: string) => void): void {
  const client = useQueryClient();
  const words = useWords();
  const me = useMe();
  const row = useRow(openId);
  const offers = useOffers();
  const offer = row && mayAnswerOffer(me.agent, row) ? row : offers[0];
  const takes = row !== undefined && offer === undefined && mayTake(me.agent, row);
  const run = (verb: Verb, conversationId: string) => {
    command(client, verb, conversationId, me.agent.id).catch((error) =>
      notify({ text: words.problem(asProblem(error)), tone: "bad" }),
    );
  };
  useShortcut(
    "accept",
    () => {
      if (offer) {
        open(offer.id);
        run("accept", offer.id);
      } else if (row) run("take", row.id);
    },
    offer !== undefined || takes,
  );
  useShortcut("decline", () => offer && run("decline", offer.id), offer !== undefined);
}
