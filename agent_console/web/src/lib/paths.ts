/** Where things are. The only place that spells addresses of pages. */
import type { View } from "@/data/keys";

export const paths = {
  signIn: "/sign-in",
  list: "/conversations/$view",
  conversation: "/conversations/$view/$conversationId",
  admin: "/admin",
  adminChannels: "/admin/channels",
  adminAgents: "/admin/agents",
  adminDeadLetters: "/admin/dead-letters",
} as const;

/** For plain links, where there are many of them. */
export function conversationPath(view: View, conversationId: string): string {
  return `/conversations/${view}/${conversationId}`;
}

export const HOME_VIEW: View = "mine";
