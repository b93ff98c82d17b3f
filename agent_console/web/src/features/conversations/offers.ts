/** What is offered to me, and what the keys A and X mean at the moment. */
import type { Verb } from "@/data/commands";
import { useRow, useRows } from "@/data/rows";
import { useMe } from "@/data/session";
import type { ConversationState } from "@/lib/api/types";
import { mayAnswerOffer, mayTake } from "@/lib/permissions";

/** The one that ends first on top. */
export function useOffers(): readonly ConversationState[] {
  const me = useMe();
  const rows = useRows();
  return [...rows.values()]
    .filter((row) => mayAnswerOffer(me.agent, row))
    .sort((a, b) => (a.offer_expires_at ?? "").localeCompare(b.offer_expires_at ?? ""));
}

export interface KeyTarget {
  readonly row: ConversationState;
  readonly verb: Extract<Verb, "accept" | "take">;
}

/** The open conversation if it can be accepted or taken, else the offer that ends first. */
export function useKeyTarget(openId: string | undefined): KeyTarget | undefined {
  const me = useMe();
  const row = useRow(openId);
  const [first] = useOffers();
  if (row && mayAnswerOffer(me.agent, row)) return { row, verb: "accept" };
  if (row && mayTake(me.agent, row)) return { row, verb: "take" };
  return first && { row: first, verb: "accept" };
}
