/** What supervisors set up, for the fake hub: versions, conflicts, queues and a team. */
import type { AutomationRule, Documents, Kind, QueueDetail, TeamMember } from "@/features/admin/plans/types";
import { aRule, aSettings, id, LAN, MINH, SALES } from "@/testing/builders";
import { type FakeHub, problem } from "@/testing/fake-hub";

const word = (slug: string, vi: string, en: string) => ({ id: slug, vi, en, active: true });
const open = (opens: string, closes: string) => ({ opens, closes });
const WEEKDAY = [open("08:00", "12:00"), open("13:00", "17:30")];

export const DOCUMENTS: Documents = {
  rules: { rules: [], default_queue_id: null },
  hours: { calendars: [] },
  sla: { policies: [] },
  automation: { rules: [] },
  work: {
    weights: { chat: 100, email: 50, comment: 50 },
    interrupts: { voice: ["chat", "email", "comment"] },
    presence_reasons: [
      { ...word("lunch", "Ăn trưa", "Lunch"), status: "away", max_s: null },
      { ...word("break", "Nghỉ giải lao", "Break"), status: "away", max_s: 900 },
      { ...word("meeting", "Họp", "Meeting"), status: "busy", max_s: null },
    ],
    dispositions: [
      { ...word("done", "Đã giải quyết", "Solved"), needs_note: false },
      { ...word("sold", "Đã chốt đơn", "Order placed"), needs_note: false },
      { ...word("spam", "Tin rác", "Spam"), needs_note: true },
    ],
    lifecycle: [word("buy", "Muốn mua", "Wants to buy"), word("warranty", "Bảo hành", "Warranty")],
    away_after_s: 900,
    disposition_required: false,
  },
};

/** A shop that has set itself up. */
export function shopDocuments(warranty: string): Documents {
  const step = { skills: [], wait_s: 0, queue_id: null };
  return {
    ...DOCUMENTS,
    rules: {
      default_queue_id: null,
      rules: [
        aRule({
          id: "vip",
          name: "Khách VIP",
          when: { ...aRule().when, tags: ["VIP"] },
          priority: 2,
          steps: [
            { ...step, skills: [{ skill: "khach-lon", level: 3 }], wait_s: 120 },
            { ...step, skills: [{ skill: "khach-lon", level: 1 }], wait_s: 180 },
            { ...step, queue_id: warranty },
          ],
        }),
        aRule({
          id: "bao-hanh",
          name: "Bảo hành, sửa chữa",
          queue_id: warranty,
          when: { ...aRule().when, words: ["bảo hành", "sửa", "hỏng"], channels: ["facebook", "zalo", "webchat"] },
        }),
        aRule({
          id: "tieng-anh",
          name: "Khách nói tiếng Anh",
          when: { ...aRule().when, languages: ["en"] },
          steps: [{ ...step, skills: [{ skill: "tieng-anh", level: 2 }], wait_s: 300 }, step],
        }),
        aRule({
          id: "sale",
          name: "Đợt giảm giá tháng 11",
          active: false,
          when: { ...aRule().when, kinds: ["comment"] },
        }),
      ],
    },
    hours: {
      calendars: [
        {
          id: "cua-hang",
          name: "Giờ cửa hàng",
          zone: "Asia/Ho_Chi_Minh",
          week: [WEEKDAY, WEEKDAY, WEEKDAY, WEEKDAY, WEEKDAY, [open("08:00", "12:00")], []],
          special: [{ on: "2026-12-24", name: "Đêm Giáng sinh", periods: [open("08:00", "21:00")] }],
          vietnamese_holidays: true,
        },
      ],
    },
    sla: {
      policies: [
        {
          id: "vip",
          name: "Khách VIP",
          active: true,
          queues: [],
          when: { ...aRule().when, tags: ["VIP"] },
          calendar: null,
          promises: [{ target: "first_response", within_s: 120, warn_before_s: 30 }],
          escalations: [
            {
              on: "breach",
              target: "first_response",
              after_s: 0,
              priority: 2,
              queue_id: null,
              tags: ["trễ"],
              notify: [LAN],
            },
          ],
        },
        {
          id: "chung",
          name: "Mọi khách",
          active: true,
          queues: [SALES],
          when: aRule().when,
          calendar: "cua-hang",
          promises: [
            { target: "first_response", within_s: 600, warn_before_s: 120 },
            { target: "resolution", within_s: 86_400, warn_before_s: 7200 },
          ],
          escalations: [],
        },
      ],
    },
    automation: {
      rules: [
        anAutomation("bao-hanh", "Gắn thẻ bảo hành", { when: { ...aRule().when, words: ["bảo hành"] } }, [
          { do: "add_tags", tags: ["bảo hành"] },
          { do: "set_lifecycle", lifecycle: "warranty" },
        ]),
        anAutomation("im-lang", "Đóng hội thoại im lặng", { on: "silent", silent_s: 259_200 }, [
          { do: "send_reply", text: "Dạ em xin phép đóng hội thoại, {customer_name} cần gì cứ nhắn lại ạ." },
          { do: "close", disposition: "done" },
        ]),
      ],
    },
  };
}

function anAutomation(
  slug: string,
  name: string,
  fields: Partial<AutomationRule>,
  then: AutomationRule["then"],
): AutomationRule {
  return { id: slug, name, active: true, on: "customer_message", silent_s: null, when: aRule().when, then, ...fields };
}

const HOLIDAYS = [
  ["2026-01-01", "new_year"],
  ...["16", "17", "18", "19", "20"].map((day) => [`2026-02-${day}`, "lunar_new_year"]),
  ["2026-04-26", "hung_kings"],
  ["2026-04-30", "reunification"],
  ["2026-05-01", "labour_day"],
  ["2026-09-01", "national_day"],
  ["2026-09-02", "national_day"],
].map(([on, holiday]) => ({ on, holiday }));

const RUN = {
  number: 2,
  at: "2026-11-22T02:00:00Z",
  rule_id: "bao-hanh",
  rule_name: "Gắn thẻ bảo hành",
  conversation_id: id("conv"),
  customer_name: "Nguyễn Thị Hoà",
  event_type: "hub.message_received.v1",
  outcome: "done",
  detail: null as string | null,
  actions: [
    { do: "add_tags", outcome: "done", detail: null },
    { do: "set_lifecycle", outcome: "same", detail: null },
  ],
  webhooks: [{ url: "https://crm.hoasen.vn/in", state: "failed", attempts: 8, problem: "500" }],
};
const SKIPPED = { outcome: "skipped", detail: "too_many", actions: [], webhooks: [] };

interface Kept {
  readonly version: number;
  readonly document: unknown;
  readonly made_by: string | null;
  readonly made_at: string | null;
  readonly note: string | null;
}

/** Answers as the hub does, without its checks. Returns how somebody else saves a plan. */
export function plans(
  hub: FakeHub,
  documents: Documents = DOCUMENTS,
  queues: readonly QueueDetail[] = [aQueueDetail()],
) {
  const kept = new Map<string, Kept[]>();
  for (const [kind, document] of Object.entries(documents)) {
    kept.set(kind, [{ version: 0, document, made_by: null, made_at: null, note: null }]);
  }
  const newest = (kind: string) => kept.get(kind)?.at(-1) as Kept;
  const put = (kind: string, document: unknown, made_by: string, note: string | null) => {
    const version = newest(kind).version + 1;
    kept.get(kind)?.push({ version, document, made_by, made_at: new Date().toISOString(), note });
    return { body: { kind, ...newest(kind) } };
  };
  const outdated = { status: 409, body: problem(409, "plan_outdated") };
  hub.on("GET", "/plans/\\w+", ({ path, query }) => {
    const kind = path.split("/")[2] ?? "";
    const wanted = query.get("version");
    const found = wanted === null ? newest(kind) : kept.get(kind)?.find((one) => one.version === Number(wanted));
    return { body: { kind, ...found } };
  });
  hub.on("PUT", "/plans/\\w+", ({ path, body }) => {
    const kind = path.split("/")[2] ?? "";
    const { seen, document, note } = body as { seen: number; document: unknown; note?: string };
    return seen === newest(kind).version ? put(kind, document, LAN, note ?? null) : outdated;
  });
  hub.on("GET", "/plans/\\w+/versions", ({ path }) => {
    const stored = kept.get(path.split("/")[2] ?? "")?.filter((one) => one.version > 0) ?? [];
    return { body: { items: stored.toReversed().map(({ document, ...one }) => one), next: null } };
  });
  hub.on("POST", "/plans/\\w+/restore", ({ path, body }) => {
    const kind = path.split("/")[2] ?? "";
    const { seen, version } = body as { seen: number; version: number };
    const old = kept.get(kind)?.find((one) => one.version === version);
    return seen === newest(kind).version ? put(kind, old?.document, LAN, null) : outdated;
  });
  hub.on("GET", "/automation/log", () => ({ body: { items: [RUN, { ...RUN, number: 1, ...SKIPPED }], before: null } }));
  hub.on("POST", "/automation/dry-run", () => ({
    body: {
      since: "2026-11-15T02:00:00Z",
      conversations: 42,
      events: 310,
      runs: 7,
      run_conversations: 5,
      examples: [{ conversation_id: RUN.conversation_id, customer_name: "Hoà", at: RUN.at, text: "Bảo hành ở đâu ạ" }],
      is_complete: true,
    },
  }));
  hub.on("POST", "/routing/try", ({ body }) => {
    const [rule] = (body as { rules: Documents["rules"] }).rules.rules;
    const step = { skills: [], wait_s: 0, queue_id: null };
    return {
      body: {
        checked: rule
          ? [{ rule_id: rule.id, name: rule.name, missing: rule.when.tags.length > 0 ? ["tags"] : [] }]
          : [],
        rule_id: rule && rule.when.tags.length === 0 ? rule.id : null,
        rule_name: rule && rule.when.tags.length === 0 ? rule.name : null,
        queue_id: SALES,
        queue_name: "Bán hàng",
        priority: 1,
        steps: (rule?.steps ?? [step]).map((one, at) => ({
          step: one,
          begins_s: at * 120,
          queue_id: SALES,
          fitting: at + 1,
          free: at,
        })),
        opens_at: null,
        candidates: [{ agent_id: LAN, name: "Trần Thị Lan", state: "free", load: 1.5, capacity: 5 }],
        agent_id: LAN,
        why: { code: "route.only_free", params: { agent: "Trần Thị Lan", load: 2, capacity: 5 } },
        waits: [],
      },
    };
  });
  const queueById = new Map(queues.map((one) => [one.id, one]));
  const putQueue = (queue_id: string, { seen, ...change }: Partial<QueueDetail> & { seen: number }) => {
    const queue = queueById.get(queue_id) as QueueDetail;
    if (seen !== queue.version) return { status: 409, body: problem(409, "queue_outdated") };
    queueById.set(queue_id, { ...queue, ...change, version: seen + 1 });
    return { body: queueById.get(queue_id) };
  };
  hub.on("GET", "/queues/settings", () => ({ body: { items: [...queueById.values()] } }));
  hub.on("PATCH", "/queues/[^/]+", ({ path, body }) => putQueue(path.split("/")[2] ?? "", body as { seen: number }));
  hub.on("GET", "/team", () => ({ body: { items: TEAM } }));
  hub.on("PATCH", "/team/[^/]+", ({ body }) => ({ body }));
  hub.on("GET", "/planning", () => ({
    body: {
      accounts: [
        { id: "fb-main", channel: "facebook", display_name: "Trang Điện máy Hoa Sen", active: true },
        { id: "zalo-main", channel: "zalo", display_name: "Zalo Hoa Sen", active: true },
      ],
      skills: ["bao-hanh", "khach-lon", "tieng-anh"],
    },
  }));
  hub.on("GET", "/attributes", () => ({
    body: {
      items: [
        {
          key: "hang",
          kind: "choice",
          label_vi: "Hạng",
          label_en: "Class",
          choices: ["Vàng", "Bạc"],
          position: 0,
          retired: false,
        },
      ],
    },
  }));
  hub.on("GET", "/holidays", ({ query }) => ({ body: { items: query.get("year") === "2026" ? HOLIDAYS : [] } }));
  return {
    /** Somebody else saved. */
    save: <K extends Kind>(kind: K, document: Documents[K], note: string | null = null) =>
      put(kind, document, MINH, note),
    saveQueue: putQueue,
    queue: (queue_id: string) => queueById.get(queue_id),
    version: (kind: Kind) => newest(kind).version,
  };
}

export function aQueueDetail(fields: Partial<QueueDetail> = {}): QueueDetail {
  return {
    id: SALES,
    name: "Bán hàng",
    offer_s: 20,
    settings: aSettings(),
    member_ids: [LAN, MINH],
    created_at: "2026-01-05T02:00:00Z",
    version: 1,
    ...fields,
  };
}

const member = (member_id: string, display_name: string, skills: Record<string, number>): TeamMember => ({
  id: member_id,
  display_name,
  role: "agent",
  disabled: false,
  capacity: 5,
  limits: {},
  skills,
  auto_accept: false,
  queue_ids: [SALES],
});

const TEAM = [
  member(LAN, "Trần Thị Lan", { "tieng-anh": 4, "khach-lon": 5 }),
  member(MINH, "Lê Văn Minh", { "bao-hanh": 3 }),
  member(id("thao"), "Phạm Thu Thảo", {}),
];
