/** The names of everything in the query cache, in one place: live events patch what requests filled. */

export const VIEWS = ["mine", "waiting", "all", "closed"] as const;
export type View = (typeof VIEWS)[number];

/** Which list: what is null is not asked for. `silentS`: nothing was said for so long, and nobody waits for us.
 * `dueFirst`: only what is promised by a time, the soonest first. */
export interface ListQuery {
  readonly view: View;
  readonly queueId: string | null;
  readonly q: string | null;
  readonly silentS?: number | null;
  readonly dueFirst?: boolean;
  readonly tag?: string | null;
  readonly lifecycle?: string | null;
  readonly priority?: number | null;
}

export const keys = {
  me: ["me"] as const,
  queues: ["queues"] as const,
  agents: ["agents"] as const,
  workWords: ["work-words"] as const,
  rows: ["rows"] as const,
  lists: ["list"] as const,
  list: (query: ListQuery) =>
    [
      "list",
      query.view,
      query.queueId,
      query.q,
      query.silentS ?? null,
      query.dueFirst ?? false,
      query.tag ?? null,
      query.lifecycle ?? null,
      query.priority ?? null,
    ] as const,
  details: ["detail"] as const,
  detail: (conversationId: string) => ["detail", conversationId] as const,
  routing: (conversationId: string) => ["routing", conversationId] as const,
  timelines: ["timeline"] as const,
  timeline: (conversationId: string) => ["timeline", conversationId] as const,
  tags: ["tags"] as const,
  everyTasks: ["tasks"] as const,
  tasks: (view: string, conversationId: string | null) => ["tasks", view, conversationId] as const,
  taskCount: ["task-count"] as const,
  calls: ["calls"] as const,
  suggestions: ["suggestions"] as const,
  suggestion: (suggestionId: string) => ["suggestion", suggestionId] as const,
  suggestionCount: ["suggestion-count"] as const,
  claimAlarms: ["claim-alarms"] as const,
  policy: ["admin", "policy"] as const,
  policyRuns: ["admin", "policy-runs"] as const,
  policyRun: (runId: string) => ["admin", "policy-run", runId] as const,
  channels: ["admin", "channels"] as const,
  channelAccounts: ["admin", "channel-accounts"] as const,
  staff: ["admin", "agents"] as const,
  allQueues: ["admin", "queues"] as const,
  deadLetters: ["admin", "dead-letters"] as const,
  plan: (kind: string) => ["admin", "plan", kind] as const,
  planVersions: (kind: string) => ["admin", "plan-versions", kind] as const,
  automationLog: (ruleId: string | null) => ["admin", "automation-log", ruleId] as const,
  tryable: ["admin", "tryable"] as const,
  planning: ["admin", "planning"] as const,
  queueSettings: ["admin", "queue-settings"] as const,
  team: ["admin", "team"] as const,
  holidays: (year: number) => ["admin", "holidays", year] as const,
  imports: ["admin", "imports"] as const,
  apiKeys: ["admin", "api-keys"] as const,
  attributes: ["attributes"] as const,
  everyCustomers: ["customers"] as const,
  customers: (q: string) => ["customers", q] as const,
  customer: (id: string) => ["customer", id] as const,
};
