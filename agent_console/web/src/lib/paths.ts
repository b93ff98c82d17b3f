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

export const HOME_VIEW: View = "mine";
