/** What is tried: a conversation there is, or one that is only thought of. Pure. */
import type { RoutingRules } from "@/features/admin/plans/types";
import type { components } from "@/lib/api/schema";

type Facts = Required<components["schemas"]["FactsIn"]>;

export type TryIn = components["schemas"]["TryIn"];
export type TryOut = components["schemas"]["TryOut"];

export interface Tryable {
  readonly by: "facts" | "conversation";
  readonly conversationId: string | null;
  readonly facts: Omit<Facts, "attributes"> & { readonly attributes: Readonly<Record<string, string>> };
  readonly at: string; // of the shop's wall clock, as the field has it; empty: now
}

export const EMPTY_FACTS: Tryable["facts"] = {
  channel: "zalo",
  account: null,
  kind: "message",
  tags: [],
  attributes: {},
  language: "vi",
  lifecycle: null,
  words: "",
  known_customer: false,
};

const SHOP_OFFSET = "+07:00"; // Vietnam has no summer time

export function tryBody(asked: Tryable, rules: RoutingRules): TryIn {
  const attributes = Object.fromEntries(Object.entries(asked.facts.attributes).filter(([, value]) => value !== ""));
  return {
    rules,
    ...(asked.at !== "" && { at: `${asked.at}:00${SHOP_OFFSET}` }),
    ...(asked.by === "conversation"
      ? { conversation_id: asked.conversationId }
      : { facts: { ...asked.facts, attributes } }),
  };
}
