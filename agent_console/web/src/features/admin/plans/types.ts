/** Short names of what plans are made of, as the hub gives them. */
import type { components } from "@/lib/api/schema";

type Schemas = components["schemas"];

export type RoutingRules = Schemas["RoutingRules-Output"];
export type Rule = Schemas["Rule-Output"];
export type Step = Schemas["Step-Output"];
export type SkillWish = Schemas["SkillWish-Output"];
export type Conditions = Schemas["Conditions-Output"];
export type Hours = Schemas["Hours-Output"];
export type Calendar = Schemas["Calendar-Output"];
export type Period = Schemas["Period"];
export type SpecialDay = Schemas["SpecialDay-Output"];
export type WorkWords = Schemas["WorkWords-Output"];
export type Word = Schemas["Word-Output"];
export type PresenceReason = Schemas["PresenceReason-Output"];
export type Disposition = Schemas["Disposition-Output"];
export type SlaPolicies = Schemas["SlaPolicies-Output"];
export type SlaPolicy = Schemas["SlaPolicy-Output"];
export type SlaTarget = Schemas["Promise-Output"]["target"];
export type Escalation = Schemas["Escalation-Output"];
export type Automation = Schemas["Automation-Output"];
export type AutomationRule = Schemas["AutomationRule-Output"];
export type Action = AutomationRule["then"][number];
export type AutomationRun = Schemas["RunView"];
export type DryRunReport = Schemas["DryRunReport"];
export type QueueSettings = Schemas["QueueSettings-Output"];
export type QueueDetail = Schemas["QueueDetail"];
export type TeamMember = Schemas["TeamMember"];
export type Planning = Schemas["Planning"];
export type Holiday = Schemas["HolidayView"];

export interface Documents {
  rules: RoutingRules;
  hours: Hours;
  work: WorkWords;
  sla: SlaPolicies;
  automation: Automation;
}

export type Kind = keyof Documents;

export type PlanVersion = Schemas["PlanVersion"];

/** A plan as it stands: `version` 0 is what holds as long as nobody stored anything. */
export type Plan<K extends Kind> = Omit<PlanVersion, "kind"> & { readonly document: Documents[K] };
