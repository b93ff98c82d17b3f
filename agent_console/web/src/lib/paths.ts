/** Where things are. The only place that spells addresses of pages. */
import type { View } from "@/data/keys";

export const paths = {
  signIn: "/sign-in",
  list: "/conversations/$view",
  conversation: "/conversations/$view/$conversationId",
  suggestions: "/suggestions",
  customers: "/customers",
  tasks: "/tasks",
  team: "/team",
  admin: "/admin",
  adminChannels: "/admin/channels",
  adminAgents: "/admin/agents",
  adminPolicy: "/admin/policy",
  adminQueues: "/admin/queues",
  adminTeam: "/admin/team",
  adminRules: "/admin/routing",
  adminHours: "/admin/hours",
  adminSla: "/admin/sla",
  adminAutomation: "/admin/automation",
  adminWords: "/admin/words",
  adminImports: "/admin/imports",
  adminAttributes: "/admin/attributes",
  adminKeys: "/admin/keys",
  adminDeadLetters: "/admin/dead-letters",
} as const;

/** For plain links, where there are many of them. */
export function conversationPath(view: View, conversationId: string): string {
  return `/conversations/${view}/${conversationId}`;
}

/** The list and the thread: what is offered there says so itself. */
export function isWorkspace(pathname: string): boolean {
  return pathname.startsWith("/conversations");
}

export const HOME_VIEW: View = "mine";
