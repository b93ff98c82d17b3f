/** The pages of administration, in the order in which they are listed: their addresses, their names, and who has them. */
import type { Me } from "@/lib/api/types";
import { paths } from "@/lib/paths";
import { mayAdminister, oversees } from "@/lib/permissions";

/** How the work goes: for supervisors. */
const WORK = [
  [paths.adminQueues, "page.queues"],
  [paths.adminTeam, "page.team"],
  [paths.adminRules, "page.rules"],
  [paths.adminHours, "page.hours"],
  [paths.adminSla, "page.sla"],
  [paths.adminAutomation, "page.automation"],
  [paths.adminWords, "page.words"],
] as const;

/** What is connected and kept: for administrators. */
const HOUSE = [
  [paths.adminChannels, "page.channels"],
  [paths.adminAgents, "page.agents"],
  [paths.adminPolicy, "page.policy"],
  [paths.adminAttributes, "page.attributes"],
  [paths.adminImports, "page.imports"],
  [paths.adminKeys, "page.keys"],
  [paths.adminDeadLetters, "page.deadLetters"],
] as const;

type AdminPages = readonly (typeof WORK | typeof HOUSE)[number][];

/** Those this agent is shown. */
export function adminPages(agent: Me["agent"]): { readonly work: AdminPages; readonly house: AdminPages } {
  return { work: oversees(agent) ? WORK : [], house: mayAdminister(agent) ? HOUSE : [] };
}

/** `pathname`: below paths.admin, or on its way out of there. */
export function mayOpen(agent: Me["agent"], pathname: string): boolean {
  return oversees(agent) && (mayAdminister(agent) || !HOUSE.some(([path]) => pathname.startsWith(path)));
}
