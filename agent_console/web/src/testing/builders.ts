/** Values as the hub would send them, with only what a test cares about spelled out. */
import { NONE } from "@/features/admin/plans/condition-keys";
import type { QueueSettings, Rule } from "@/features/admin/plans/types";
import type {
  AgentCard,
  ConversationState,
  Customer,
  Delivery,
  HistoryEntry,
  Identity,
  LiveEvent,
  Me,
  Queue,
  ReplyOption,
  Rules,
  Touchpoint,
} from "@/lib/api/types";

let made = 0;

/** UUID-shaped, readable, unique in a run. */
export function id(name = "id"): string {
  made += 1;
  const hex = [...name].map((letter) => letter.charCodeAt(0).toString(16)).join("");
  return `00000000-0000-7000-8000-${(hex + made.toString(16).padStart(4, "0")).slice(-12).padStart(12, "0")}`;
}

export const T0 = Date.parse("2026-11-17T02:00:00Z"); // 09:00 in Ho Chi Minh City, a Tuesday

export function iso(secondsAfterT0 = 0, base = T0): string {
  return new Date(base + secondsAfterT0 * 1000).toISOString();
}

export const LAN = id("lan");
export const MINH = id("minh");
export const SALES = id("sales");

export function anAgent(fields: Partial<AgentCard> = {}): AgentCard {
  return {
    id: LAN,
    display_name: "Trần Thị Lan",
    presence: "available",
    since: iso(),
    load: 0,
    capacity: 5,
    reason: null,
    wrap_up_until: null,
    queue_ids: [],
    ...fields,
  };
}

export function aQueue(fields: Partial<Queue> = {}): Queue {
  return { id: SALES, name: "Bán hàng", waiting: 0, longest_wait_since: null, ...fields };
}

export function aMe(agent: Partial<Me["agent"]> = {}): Me {
  return {
    agent: {
      id: LAN,
      login: "lan",
      display_name: "Trần Thị Lan",
      role: "agent",
      locale: "vi",
      capacity: 5,
      queue_ids: [SALES],
      ...agent,
    },
    reason: null,
    wrap_up_until: null,
    presence: "available",
    csrf: "csrf-token",
  };
}

export function aRow(fields: Partial<ConversationState> = {}): ConversationState {
  return {
    id: id("conv"),
    seq: 1,
    customer_id: id("cust"),
    customer_name: "Nguyễn Thị Hoà",
    customer_phone: "+84912345678",
    phone_verified: true,
    status: "assigned",
    queue_id: SALES,
    owner_id: LAN,
    offered_to: null,
    offer_expires_at: null,
    why: null,
    channels: ["zalo"],
    opened_at: iso(),
    waiting_since: null,
    unread: 0,
    preview: { channel: "zalo", author: "customer", text: "Shop ơi", kind: "text", at: iso() },
    suggestions: 0,
    closed_at: null,
    closed_reason: null,
    merged_into: null,
    priority: 0,
    tags: [],
    lifecycle: null,
    disposition: null,
    snoozed_until: null,
    consulted: [],
    sla: [],
    ...fields,
  };
}

export function anIdentity(fields: Partial<Identity> = {}): Identity {
  return {
    id: id("iden"),
    channel: "zalo",
    account_id: "zalo-main",
    account_name: "Zalo Điện máy Hoa",
    external_id: "7301234567890",
    display_name: "Hoà Nguyễn",
    avatar_url: null,
    evidence: [],
    last_inbound_at: iso(),
    joined_by: null,
    joined_at: null,
    why: null,
    ...fields,
  };
}

export function aCustomer(row: ConversationState, fields: Partial<Customer> = {}): Customer {
  return {
    id: row.customer_id,
    name: row.customer_name,
    given_name: null,
    attributes: {},
    tags: [],
    notes: [],
    orders: [],
    phones: row.customer_phone ? [row.customer_phone] : [],
    emails: [],
    identities: [anIdentity()],
    ledger: [],
    conversations: [row],
    created_at: row.opened_at,
    ...fields,
  };
}

let number = 0;

export function aTouchpoint(row: ConversationState, fields: Partial<Touchpoint> = {}): Touchpoint {
  number += 1;
  const at = fields.accepted_at ?? fields.occurred_at ?? iso(number);
  return {
    id: id("touc"),
    number,
    seq: row.seq,
    conversation_id: row.id,
    customer_id: row.customer_id,
    identity_id: id("iden"),
    identity_seq: number,
    channel: "zalo",
    account_id: "zalo-main",
    author: "customer",
    agent_id: null,
    author_name: null,
    text: "Shop ơi",
    attachments: [],
    reply_to: null,
    call: null,
    unsupported_kind: null,
    edited_at: null,
    occurred_at: at,
    accepted_at: at,
    delivery: null,
    client_id: null,
    ...fields,
  };
}

export function aDelivery(fields: Partial<Delivery> = {}): Delivery {
  return { state: "sent", changed_at: iso(), failure: null, detail: null, ...fields };
}

export function anOption(fields: Partial<ReplyOption> = {}): ReplyOption {
  return {
    identity_id: id("iden"),
    channel: "zalo",
    account_id: "zalo-main",
    account_name: "Zalo Điện máy Hoa",
    display_name: "Hoà Nguyễn",
    preferred: true,
    text_chars_max: 2000,
    attachments: { image: 1_000_000, file: 5_000_000 },
    window_ends_at: null,
    refused: null,
    ...fields,
  };
}

export function aLine(row: ConversationState, type: string, fields: Partial<HistoryEntry> = {}): HistoryEntry {
  return {
    conversation_id: row.id,
    seq: row.seq,
    type: `hub.${type}.v1`,
    at: iso(),
    agent_id: null,
    fields: {},
    ...fields,
  };
}

/** A live event about `row`, as it is after the event. */
export function anEvent(
  row: ConversationState,
  type: string,
  more: Record<string, unknown> = {},
  at = iso(),
): LiveEvent {
  return {
    cursor: `c${row.seq}`,
    at,
    type: `hub.${type}.v1`,
    event: { conversation: row, ...more },
  } as unknown as LiveEvent;
}

/** The hub's defaults. */
export const USUAL_RULES: Rules = {
  lasting_channels: ["facebook", "zalo"],
  shared_phone_max: 5,
  identities_per_value_max: 50,
  recycled_after_days: 90,
  claims_per_identity_max: 3,
  suggestions_per_value_max: 3,
  strengths: {},
  sources: {},
  expires_after_days: { claimed: 730 },
  accounts: [],
  never_keys: [],
};

export function aRule(fields: Partial<Rule> = {}): Rule {
  return {
    id: "vip",
    name: "Khách VIP",
    active: true,
    when: NONE,
    queue_id: SALES,
    priority: 0,
    steps: [{ skills: [], wait_s: 0, queue_id: null }],
    ...fields,
  };
}

export function aSettings(fields: Partial<QueueSettings> = {}): QueueSettings {
  return {
    calendar: null,
    out_of_hours_reply: null,
    offer_out_of_hours: true,
    sticky_s: 60,
    overflow_queue_id: null,
    overflow_after_s: null,
    auto_accept: false,
    wrap_up_s: 0,
    sla_policy: null,
    callback: false,
    call_ring_s: 20,
    ...fields,
  };
}
