/** A shop's morning, for looking at the console without a hub: `npm run dev`, then /preview.html. Never shipped. */
import type { ConversationState, Touchpoint } from "@/lib/api/types";
import {
  aCustomer,
  aDelivery,
  aLine,
  anAgent,
  anIdentity,
  anOption,
  aQueue,
  aRow,
  aSettings,
  aTouchpoint,
  id,
  LAN,
  MINH,
  SALES,
} from "@/testing/builders";
import { FakeHub } from "@/testing/fake-hub";
import { aQueueDetail, plans, shopDocuments } from "@/testing/plans";

const THAO = id("thao");
const WARRANTY = id("warr");
const DAY = 86_400;

/** Seconds before now. */
function ago(seconds: number): string {
  return new Date(Date.now() - seconds * 1000).toISOString();
}

type Channel = ConversationState["channels"][number];

function preview(
  channel: Channel,
  text: string,
  secondsAgo: number,
  author: "customer" | "business" = "customer",
  kind = "text",
) {
  return { channel, author, text, kind, at: ago(secondsAgo) };
}

function waitingRow(
  name: string | null,
  channel: Channel,
  text: string,
  secondsAgo: number,
  more: Partial<ConversationState> = {},
) {
  return aRow({
    customer_name: name,
    customer_phone: null,
    phone_verified: false,
    status: "waiting",
    owner_id: null,
    channels: [channel],
    waiting_since: ago(secondsAgo),
    opened_at: ago(secondsAgo),
    unread: 1,
    preview: preview(channel, text, secondsAgo),
    ...more,
  });
}

export function story(locale: "vi" | "en" = "vi", role: "agent" | "admin" = "admin"): FakeHub {
  const hub = new FakeHub();
  hub.snapshot = {
    ...hub.snapshot,
    me: { ...hub.snapshot.me, agent: { ...hub.snapshot.me.agent, locale, role } },
    queues: [
      aQueue({ waiting: 9, longest_wait_since: ago(760) }),
      aQueue({ id: WARRANTY, name: "Bảo hành", waiting: 5, longest_wait_since: ago(95) }),
    ],
    agents: [
      anAgent({ load: 6, capacity: 8 }),
      anAgent({ id: MINH, display_name: "Lê Văn Minh", presence: "busy", load: 4, capacity: 5 }),
      anAgent({ id: THAO, display_name: "Phạm Thu Thảo", presence: "away", load: 1, capacity: 5 }),
    ],
  };
  hoa(hub);
  for (const row of others()) hub.put(row);
  administration(hub);
  return hub;
}

function hoa(hub: FakeHub): void {
  const row = aRow({
    id: "00000000-0000-7000-8000-000000000001",
    seq: 40,
    customer_name: "Nguyễn Thị Hoà",
    channels: ["hotline", "facebook", "zalo"],
    opened_at: ago(7 * DAY),
    waiting_since: ago(192),
    unread: 2,
    suggestions: 1,
    queue_id: WARRANTY,
    why: { code: "route.last_agent", params: { agent: "Lan" } },
    preview: preview("zalo", "Em nhắn bên Facebook rồi mà ạ", 190),
  });
  const hotline = anIdentity({
    channel: "hotline",
    account_id: "hotline-main",
    account_name: "Hotline 1900 6868",
    external_id: "+84912345678",
    display_name: null,
    last_inbound_at: ago(7 * DAY),
    evidence: [
      { kind: "phone", value: "+84912345678", strength: "attested", source: "caller_id", last_seen_at: ago(7 * DAY) },
    ],
  });
  const facebook = anIdentity({
    channel: "facebook",
    account_id: "facebook-main",
    account_name: "Trang Điện máy Hoa Sen",
    external_id: "7300000000000001",
    display_name: "Hoà Nguyễn",
    last_inbound_at: ago(DAY),
    evidence: [
      { kind: "phone", value: "+84912345678", strength: "claimed", source: "message_text", last_seen_at: ago(DAY) },
    ],
    joined_by: "00000000-0000-7000-8000-0000000000e1",
    joined_at: ago(DAY - 60),
    why: {
      code: "merge.same_phone.claimed",
      params: { phone: "+84912345678", source_a: "message_text", source_b: "caller_id" },
    },
  });
  const zalo = anIdentity({
    channel: "zalo",
    account_name: "Zalo Hoa Sen",
    display_name: "Hoà",
    last_inbound_at: ago(190),
    evidence: [
      {
        kind: "phone",
        value: "+84912345678",
        strength: "attested",
        source: "zalo_shared_info",
        last_seen_at: ago(1500),
      },
    ],
    joined_by: "00000000-0000-7000-8000-0000000000e2",
    joined_at: ago(1500),
    why: {
      code: "merge.same_phone.attested",
      params: { phone: "+84912345678", source_a: "zalo_shared_info", source_b: "caller_id" },
    },
  });
  let number = 0;
  const say = (identity: typeof hotline, secondsAgo: number, fields: Partial<Touchpoint>) => {
    number += 1;
    return aTouchpoint(row, {
      number,
      identity_id: identity.id,
      channel: identity.channel,
      occurred_at: ago(secondsAgo),
      accepted_at: ago(secondsAgo),
      ...fields,
    });
  };
  const ours = (
    identity: typeof hotline,
    secondsAgo: number,
    agent: string,
    text: string,
    state: "sent" | "delivered" | "read" | "failed" | "unknown",
    more: Partial<Touchpoint> = {},
  ) =>
    say(identity, secondsAgo, {
      author: "business",
      agent_id: agent,
      text,
      delivery: aDelivery({ state, changed_at: ago(secondsAgo - 2) }),
      ...more,
    });
  const call = (secondsAgo: number, state: "ended" | "missed", talk: number | null) =>
    say(hotline, secondsAgo, {
      text: null,
      agent_id: state === "ended" ? MINH : null,
      call: {
        call_id: id("call"),
        direction: "inbound",
        state,
        hotline_number: "+8419006868",
        agent_ref: null,
        ringing_at: ago(secondsAgo),
        answered_at: state === "ended" ? ago(secondsAgo - 8) : null,
        ended_at: ago(secondsAgo - 260),
        talk_s: talk,
        cause: null,
        recording: state === "ended" ? { ...file("audio"), duration_s: talk } : null,
      },
    });
  const touchpoints = [
    ...history(say, ours, facebook),
    call(7 * DAY, "ended", 252),
    ours(hotline, 7 * DAY - 300, MINH, "Hẹn thợ xuống kiểm tra máy lạnh trong 2 ngày, nhà số 12 Lê Lợi.", "sent", {
      delivery: null,
    }),
    call(2 * DAY, "missed", null),
    say(facebook, DAY, {
      text: "Shop ơi, máy lạnh của em gọi báo hỏng tuần trước mà chưa thấy ai tới sửa. Số em 0912345678 nhé.",
    }),
    say(facebook, DAY - 40, {
      text: null,
      attachments: [
        file("image", { width_px: 1200, height_px: 900, name: "may-lanh.jpg" }),
        file("image", { width_px: 900, height_px: 1200, name: "tem.jpg" }),
      ],
    }),
    ours(facebook, DAY - 400, THAO, "Dạ em xin lỗi chị, em kiểm tra với bên kỹ thuật rồi báo lại chị ngay ạ.", "read"),
    ours(facebook, DAY - 3000, THAO, "Chị cho em xin hình tem bảo hành dán ở cục nóng được không ạ?", "failed", {
      delivery: aDelivery({ state: "failed", failure: "outside_window", changed_at: ago(DAY - 3000) }),
    }),
    say(zalo, 1600, { text: null, attachments: [file("sticker", { title: "Chào shop" })] }),
    say(zalo, 1500, {
      text: "Chào shop, cho em hỏi lịch thợ tới sửa máy lạnh. Em để số ở đây luôn: https://hoasen.vn/bao-hanh/BH-20481",
    }),
    ours(
      zalo,
      1380,
      LAN,
      "Dạ em chào chị Hoà. Em thấy chị gọi hôm 10/11 và nhắn bên Facebook hôm qua về máy lạnh nhà 12 Lê Lợi rồi ạ, chị không cần kể lại đâu.",
      "read",
    ),
    ours(zalo, 1370, LAN, "Em hỏi kỹ thuật rồi báo chị giờ thợ tới trong 10 phút nữa nhé.", "read"),
    say(zalo, 1200, {
      text: null,
      attachments: [file("location", { latitude: 10.7769, longitude: 106.7009, title: "12 Lê Lợi, Quận 1" })],
    }),
    ours(zalo, 700, LAN, "Thợ Tâm sẽ tới trước 15:00 hôm nay, chị giữ máy giúp em ạ.", "unknown", {
      delivery: aDelivery({ state: "unknown", failure: "outcome_unknown", changed_at: ago(690) }),
    }),
    say(zalo, 240, { text: "Máy lạnh của em chưa ai tới sửa…" }),
    say(zalo, 192, { text: "Em nhắn bên Facebook rồi mà ạ" }),
  ];
  hub.put(row, {
    customer: aCustomer(row, {
      emails: ["hoa.nguyen@example.com"],
      identities: [hotline, facebook, zalo],
      ledger: [
        {
          id: "00000000-0000-7000-8000-0000000000e1",
          kind: "merge",
          at: ago(DAY - 60),
          by: null,
          why: facebook.why as NonNullable<typeof facebook.why>,
          identity_a: facebook.id,
          identity_b: hotline.id,
          target_id: null,
          in_force: true,
          revocable: true,
        },
        {
          id: "00000000-0000-7000-8000-0000000000e2",
          kind: "merge",
          at: ago(1500),
          by: null,
          why: zalo.why as NonNullable<typeof zalo.why>,
          identity_a: zalo.id,
          identity_b: hotline.id,
          target_id: null,
          in_force: true,
          revocable: true,
        },
      ],
      conversations: [
        row,
        aRow({
          status: "closed",
          closed_reason: "resolved",
          closed_at: ago(90 * DAY),
          opened_at: ago(91 * DAY),
          channels: ["facebook"],
          owner_id: null,
          preview: preview("facebook", "Cảm ơn shop nhé", 90 * DAY),
        }),
      ],
    }),
    timeline: {
      touchpoints,
      history: [
        aLine(row, "conversation_opened", { seq: 1, at: ago(7 * DAY + 5) }),
        aLine(row, "conversation_assigned", {
          seq: 2,
          at: ago(7 * DAY + 1),
          agent_id: MINH,
          fields: { why: { code: "route.only_free", params: { agent: "Minh", load: 2, capacity: 5 } } },
        }),
        aLine(row, "customer_merged", {
          seq: 3,
          at: ago(DAY - 60),
          fields: { merge: { entry_id: "00000000-0000-7000-8000-0000000000e1", why: facebook.why, by: null } },
        }),
        aLine(row, "customer_merged", {
          seq: 4,
          at: ago(1499),
          fields: { merge: { entry_id: "00000000-0000-7000-8000-0000000000e2", why: zalo.why, by: null } },
        }),
        aLine(row, "conversation_requeued", {
          seq: 5,
          at: ago(1470),
          agent_id: MINH,
          fields: { reason: "agent_gone" },
        }),
        aLine(row, "conversation_offered", { seq: 6, at: ago(1450), agent_id: LAN, fields: {} }),
        aLine(row, "conversation_assigned", {
          seq: 7,
          at: ago(1440),
          agent_id: LAN,
          fields: {
            why: { code: "route.lowest_load", params: { agent: "Lan", load: 2, other: "Thảo", other_load: 4 } },
          },
        }),
      ],
      before: 1,
    },
    reply_options: [
      anOption({
        identity_id: zalo.id,
        account_name: "Zalo Hoa Sen",
        display_name: "Hoà",
        window_ends_at: ago(-6 * DAY),
        attachments: { image: 1_000_000 },
      }),
      anOption({
        identity_id: facebook.id,
        channel: "facebook",
        account_name: "Trang Điện máy Hoa Sen",
        preferred: false,
        refused: { code: "reply.window_over", params: { hours: 24 } },
      }),
      anOption({
        identity_id: hotline.id,
        channel: "hotline",
        account_name: "Hotline 1900 6868",
        display_name: null,
        preferred: false,
        text_chars_max: 0,
        refused: { code: "reply.channel_cannot_send", params: {} },
      }),
    ],
    suggestions: [
      {
        id: id("sugg"),
        other_customer_id: id("othe"),
        other_name: "Khách web 12 Lê Lợi",
        other_channels: ["webchat"],
        why: { code: "suggest.anonymous_claim", params: { kind: "phone", value: "+84912345678" } },
        created_at: ago(3600),
      },
    ],
  });
}

type Say = (identity: ReturnType<typeof anIdentity>, secondsAgo: number, fields: Partial<Touchpoint>) => Touchpoint;
type Ours = (
  identity: ReturnType<typeof anIdentity>,
  secondsAgo: number,
  agent: string,
  text: string,
  state: "read",
) => Touchpoint;

function history(say: Say, ours: Ours, facebook: ReturnType<typeof anIdentity>): Touchpoint[] {
  return Array.from({ length: 20 }, (_, turn) =>
    turn % 3 === 2
      ? ours(facebook, 91 * DAY - turn * 90, MINH, "Dạ mẫu đó bên em còn hàng ạ, chị cần em giữ không?", "read")
      : say(facebook, 91 * DAY - turn * 90, {
          text:
            ["Cho mình hỏi máy lạnh 1 HP còn không shop", "Giá lắp đặt thế nào ạ?", "Mình ở Quận 1"][turn % 3] ?? "",
        }),
  );
}

function file(
  kind: Touchpoint["attachments"][number]["kind"],
  fields: Partial<Touchpoint["attachments"][number]> = {},
) {
  return {
    kind,
    url: null,
    blob: "blob",
    name: null,
    mime: null,
    size_bytes: null,
    width_px: null,
    height_px: null,
    duration_s: null,
    title: null,
    latitude: null,
    longitude: null,
    ...fields,
  };
}

function others(): ConversationState[] {
  const mine = (
    name: string | null,
    channel: Channel,
    text: string,
    secondsAgo: number,
    more: Partial<ConversationState> = {},
  ) =>
    aRow({
      customer_name: name,
      customer_phone: null,
      phone_verified: false,
      channels: [channel],
      opened_at: ago(secondsAgo + 600),
      preview: preview(channel, text, secondsAgo),
      ...more,
    });
  return [
    mine("Trần Quốc Tuấn", "facebook", "Áo này còn size L màu xanh không shop", 700, {
      waiting_since: ago(700),
      unread: 3,
    }),
    mine(null, "hotline", "", 80, {
      customer_phone: "+84909123456",
      phone_verified: true,
      waiting_since: ago(80),
      preview: preview("hotline", "", 80, "customer", "call_missed"),
    }),
    mine("Lê Thị Mai", "email", "Re: Hoá đơn VAT đơn hàng 20481", 1900, {
      preview: preview("email", "Em gửi chị hoá đơn trong tệp đính kèm ạ.", 1900, "business"),
    }),
    mine("Phạm Đức Anh", "webchat", "Cảm ơn shop nhiều nhé", 4200),
    mine("Võ Hoàng Yến", "zalo", "", 9000, { preview: preview("zalo", "", 9000, "customer", "image") }),
    aRow({
      customer_name: "Đặng Minh Khôi",
      customer_phone: "+84938111222",
      status: "offered",
      owner_id: null,
      offered_to: LAN,
      offer_expires_at: ago(-24),
      channels: ["webchat"],
      waiting_since: ago(35),
      unread: 1,
      why: { code: "route.longest_idle", params: { agent: "Lan", other: "Thảo", load: 5, idle_s: 340, capacity: 8 } },
      preview: preview("webchat", "Đơn Shopee của mình báo giao rồi mà chưa nhận được, kiểm tra giúp mình với ạ", 35),
    }),
    waitingRow("Bùi Thanh Hằng", "facebook", "Livestream nãy giờ chưa thấy ai rep giá ạ", 760, { unread: 4 }),
    waitingRow(null, "webchat", "Alo shop", 250),
    waitingRow("Ngô Gia Bảo", "zalo", "Giá sỉ thế nào ạ", 95, { queue_id: WARRANTY, suggestions: 2 }),
    waitingRow(null, "hotline", "", 40, {
      customer_phone: "+842838251234",
      preview: preview("hotline", "", 40, "customer", "call_ringing"),
    }),
    ...["Đinh Công Phượng", "Hồ Ngọc Hà My", "Lý Tự Trọng Nhân", "Mai Phương Thuý Vy", "Cao Bá Quát Tùng"].map(
      (name, place) =>
        waitingRow(
          name,
          (["facebook", "zalo", "email", "webchat", "facebook"] as const)[place] ?? "zalo",
          "Shop tư vấn giúp mình với",
          30 - place,
        ),
    ),
    ...["Tạ Đình Phong", "Huỳnh Thị Lụa", "Trịnh Xuân Bách"].map((name, place) =>
      aRow({
        customer_name: name,
        status: "closed",
        closed_reason: "resolved",
        closed_at: ago(DAY * (place + 1)),
        owner_id: null,
        channels: ["zalo"],
        queue_id: SALES,
        preview: preview("zalo", "Dạ em cảm ơn anh chị.", DAY * (place + 1), "business"),
      }),
    ),
    aRow({
      customer_name: "Nguyễn Nhật Ánh",
      owner_id: MINH,
      channels: ["facebook"],
      preview: preview("facebook", "Ok shop", 300),
    }),
  ];
}

function administration(hub: FakeHub): void {
  hub.on("GET", "/channels", () => ({
    body: {
      items: [
        {
          channel: "facebook",
          can_send: true,
          text_chars_max: 2000,
          attachments: { image: 25_000_000 },
          reply_window_s: 86_400,
          settings_schema: {
            type: "object",
            required: ["page_id", "app_secret"],
            properties: {
              page_id: { type: "string" },
              app_secret: { type: "string", format: "password", writeOnly: true },
              page_access_token: { type: "string", format: "password", writeOnly: true },
              human_agent_allowed: { type: "boolean", default: false },
              api_version: { type: "string", default: "v25.0" },
            },
          },
        },
      ],
    },
  }));
  hub.on("GET", "/channel-accounts", () => ({
    body: {
      items: [
        {
          id: "facebook-main",
          channel: "facebook",
          display_name: "Trang Điện máy Hoa Sen",
          active: true,
          alarm: null,
          settings: { page_id: "104200000000001" },
          secrets: ["app_secret", "page_access_token"],
          webhook_url: "https://hub.hoasen.vn/webhooks/facebook/facebook-main",
          version: 3,
          created_at: ago(90 * DAY),
        },
        {
          id: "zalo-main",
          channel: "zalo",
          display_name: "Zalo Hoa Sen",
          active: true,
          alarm: "Zalo từ chối mã làm mới: cần kết nối lại.",
          settings: {},
          secrets: [],
          webhook_url: "https://hub.hoasen.vn/webhooks/zalo/zalo-main",
          version: 1,
          created_at: ago(60 * DAY),
        },
        {
          id: "hotline-main",
          channel: "hotline",
          display_name: "Hotline 1900 6868",
          active: false,
          alarm: null,
          settings: {},
          secrets: [],
          webhook_url: "https://hub.hoasen.vn/webhooks/hotline/hotline-main",
          version: 1,
          created_at: ago(30 * DAY),
        },
      ],
    },
  }));
  const agent = (name: string, login: string, role: string, more = {}) => ({
    id: id(login),
    login,
    display_name: name,
    role,
    locale: "vi",
    capacity: 5,
    queue_ids: [SALES],
    disabled_at: null,
    created_at: ago(90 * DAY),
    ...more,
  });
  hub.on("GET", "/agents", () => ({
    body: {
      items: [
        agent("Trần Thị Lan", "lan", "admin", { capacity: 8, queue_ids: [SALES, WARRANTY] }),
        agent("Lê Văn Minh", "minh", "agent"),
        agent("Phạm Thu Thảo", "thao", "supervisor", { disabled_at: ago(DAY) }),
      ],
    },
  }));
  const serves = {
    offer_s: 30,
    settings: aSettings({ calendar: "cua-hang", overflow_queue_id: SALES, overflow_after_s: 300 }),
  };
  const shop = plans(hub, shopDocuments(WARRANTY), [
    aQueueDetail(),
    aQueueDetail({ id: WARRANTY, name: "Bảo hành", member_ids: [MINH], ...serves }),
  ]);
  for (const [kind, document] of Object.entries(shopDocuments(WARRANTY))) {
    shop.save(kind as "rules", document, "Thiết lập ban đầu");
  }
  hub.on("GET", "/queues", () => ({ body: { items: hub.snapshot.queues } }));
  hub.on("GET", "/dead-letters", () => ({
    body: {
      items: [
        {
          id: "dead-letters:0:12",
          at: ago(400),
          group: "identity",
          topic: "touchpoints",
          type: "hub.message_received.v1",
          key: "zalo-main|7301",
          reason: "hub.message_received.v1: 1 invalid fields: data.text: String should have at most 100000 characters",
          body: '{"specversion": "1.0", "type": "hub.message_received.v1"}',
        },
      ],
      next: null,
    },
  }));
}
