/** What an agent does all day, through the whole console. */
import { act, screen, waitFor, within } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { clearDraft, draftOf } from "@/features/composer/drafts";
import type { ConversationState, Identity, ReplyIn } from "@/lib/api/types";
import {
  aCustomer,
  aDelivery,
  aMe,
  anEvent,
  anIdentity,
  anOption,
  aRow,
  aTouchpoint,
  id,
  iso,
  LAN,
  MINH,
} from "@/testing/builders";
import { FakeHub, problem } from "@/testing/fake-hub";
import { openConsole } from "@/testing/render";

let close = () => {};
afterEach(() => {
  close();
  clearDraft(row.id);
});

const row = aRow({ id: "00000000-0000-7000-8000-000000000001", seq: 5 });

function hubWith(...rows: ConversationState[]): FakeHub {
  const hub = new FakeHub();
  for (const one of rows) {
    hub.put(one, {
      timeline: {
        touchpoints: [aTouchpoint(one, { text: `Lời của ${one.customer_name}` })],
        history: [],
        before: null,
      },
    });
  }
  return hub;
}

async function at(hub: FakeHub, path: string) {
  const opened = await openConsole(hub, path);
  close = opened.close;
  return opened;
}

const open = (hub: FakeHub) => at(hub, `/conversations/mine/${row.id}`);
const posted = (hub: FakeHub, end: string) => hub.asked.filter((a) => a.method === "POST" && a.path.endsWith(end));

describe("signing in", () => {
  it("asks for it, says what is wrong, then shows the list", async () => {
    const hub = hubWith(row);
    let isIn = false;
    hub.on("GET", "/snapshot", () =>
      isIn ? { body: hub.snapshot } : { status: 401, body: problem(401, "not_signed_in") },
    );
    hub.on("POST", "/sign-in", ({ body }) => {
      isIn = (body as { password: string }).password === "đúng";
      return isIn ? { body: hub.snapshot.me } : { status: 401, body: problem(401, "sign_in_refused") };
    });
    const { user } = await at(hub, "/conversations/mine");
    await user.type(await screen.findByLabelText("Tên đăng nhập"), "lan");
    await user.type(screen.getByLabelText("Mật khẩu"), "sai{Enter}");
    expect((await screen.findByRole("alert")).textContent).toContain("Tên đăng nhập hoặc mật khẩu không đúng.");
    await user.type(screen.getByLabelText("Mật khẩu"), "đúng{Enter}");
    expect(await screen.findByRole("link", { name: /Nguyễn Thị Hoà/ })).toBeTruthy();
    expect(hub.socket.auth()).toEqual({ csrf: "csrf-token", cursor: "c0" });
  });

  it("comes back when the hub ends it, and says why", async () => {
    const hub = hubWith(row);
    await open(hub);
    await screen.findByText("Lời của Nguyễn Thị Hoà");
    act(() => hub.socket.say("kick", { reason: "expired" }));
    expect(await screen.findByText(/Phiên đăng nhập đã hết/)).toBeTruthy();
    expect(screen.queryByText("Lời của Nguyễn Thị Hoà")).toBeNull();
  });
});

describe("somebody else at the same screen", () => {
  it("does not find what the one before had half written", async () => {
    const hub = hubWith(row);
    const { user } = await open(hub);
    await user.type(await screen.findByLabelText("Nội dung trả lời"), "nửa câu");
    hub.on("POST", "/sign-out", () => ({ status: 204 }));
    await user.click(screen.getByRole("button", { name: /Trần Thị Lan/ }));
    await user.click(await screen.findByRole("menuitem", { name: "Đăng xuất" }));
    await screen.findByLabelText("Tên đăng nhập");
    expect(draftOf(row.id).text).toBe("");
  });

  it("is not needed: the same agent goes on after their sign-in ended", async () => {
    const hub = hubWith(row);
    const { user } = await open(hub);
    await user.type(await screen.findByLabelText("Nội dung trả lời"), "nửa câu");
    act(() => hub.socket.say("kick", { reason: "expired" }));
    hub.on("POST", "/sign-in", () => ({ body: hub.snapshot.me }));
    await user.type(await screen.findByLabelText("Tên đăng nhập"), "lan");
    await user.type(screen.getByLabelText("Mật khẩu"), "đúng{Enter}");
    expect(((await screen.findByLabelText("Nội dung trả lời")) as HTMLTextAreaElement).value).toBe("nửa câu");
  });
});

describe("news of what is elsewhere", () => {
  it("tells of an offer on another page, and leads there", async () => {
    const offered = {
      ...row,
      seq: 6,
      status: "offered" as const,
      owner_id: null,
      offered_to: LAN,
      offer_expires_at: iso(30, Date.now()),
    };
    const hub = hubWith({ ...row, status: "waiting", owner_id: null });
    hub.snapshot = { ...hub.snapshot, me: aMe({ role: "admin" }) };
    hub.on("GET", "/(channels|channel-accounts)", () => ({ body: { items: [] } }));
    const { user } = await at(hub, "/admin/channels");
    await screen.findByText("Chưa kết nối kênh nào");
    act(() => hub.socket.say("row", { cursor: "c6", at: iso(), conversation: offered }));
    expect(await screen.findByText("Mời nhận hội thoại: Nguyễn Thị Hoà")).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Mở" }));
    expect(await screen.findByText("Lời của Nguyễn Thị Hoà")).toBeTruthy();
  });

  it("counts my unread conversations in the title", async () => {
    await at(
      hubWith({ ...row, unread: 2 }, aRow({ unread: 1 }), aRow({ unread: 5, owner_id: MINH })),
      "/conversations/all",
    );
    await waitFor(() => expect(document.title).toBe("(2) OneThread"));
  });
});

describe("the open conversation", () => {
  it("shows the words, the number with its proof, and marks itself as read", async () => {
    const unread = { ...row, unread: 1 };
    const hub = hubWith(unread);
    await open(hub);
    expect(await screen.findByText("Lời của Nguyễn Thị Hoà")).toBeTruthy();
    expect(screen.getAllByText("0912 345 678").length).toBeGreaterThan(0);
    await waitFor(() => expect(posted(hub, "/read")[0]?.body).toEqual({ seq: 5 }));
  });

  it("shows what comes in without losing what is being written", async () => {
    const hub = hubWith(row);
    const { user } = await open(hub);
    const input = await screen.findByLabelText("Nội dung trả lời");
    await user.type(input, "Dạ em");
    const next = { ...row, seq: 6 };
    act(() =>
      hub.socket.say("event", anEvent(next, "touchpoint_added", { touchpoint: aTouchpoint(next, { text: "Alo?" }) })),
    );
    expect(await screen.findByText("Alo?")).toBeTruthy();
    expect((input as HTMLTextAreaElement).value).toBe("Dạ em");
    expect(document.activeElement).toBe(input);
  });

  it("keeps the draft while another conversation is looked at", async () => {
    const other = aRow({ customer_name: "Trần Quốc Tuấn" });
    const hub = hubWith(row, other);
    const { user } = await open(hub);
    await user.type(await screen.findByLabelText("Nội dung trả lời"), "nửa câu");
    await user.click(screen.getByRole("link", { name: /Trần Quốc Tuấn/ }));
    await screen.findByText("Lời của Trần Quốc Tuấn");
    expect((screen.getByLabelText("Nội dung trả lời") as HTMLTextAreaElement).value).toBe("");
    await user.click(screen.getByRole("link", { name: /Nguyễn Thị Hoà/ }));
    expect(((await screen.findByLabelText("Nội dung trả lời")) as HTMLTextAreaElement).value).toBe("nửa câu");
  });

  it("that one may not see says so without saying that it exists", async () => {
    await at(hubWith(), `/conversations/mine/${row.id}`);
    expect(await screen.findByText("Không có hội thoại này")).toBeTruthy();
  });
});

describe("a reply", () => {
  it("is shown before the hub has it, and then once", async () => {
    const hub = hubWith(row);
    let release: () => void = () => {};
    hub.on("POST", "/conversations/[^/]+/reply", async ({ body }) => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      const { client_id, text } = body as ReplyIn;
      const delivery = aDelivery({ state: "sent" });
      return {
        status: 201,
        body: aTouchpoint(row, { author: "business", agent_id: LAN, client_id, text: text ?? null, delivery }),
      };
    });
    const { user } = await open(hub);
    await user.type(await screen.findByLabelText("Nội dung trả lời"), "Dạ em chào chị{Enter}");
    expect(screen.getByText("Dạ em chào chị")).toBeTruthy();
    expect(screen.getByText("Đang gửi")).toBeTruthy();
    act(() => release());
    expect(await screen.findByText("Đã gửi")).toBeTruthy();
    expect(screen.getAllByText("Dạ em chào chị")).toHaveLength(1);
    expect((screen.getByLabelText("Nội dung trả lời") as HTMLTextAreaElement).value).toBe("");
  });

  it("that is refused stays with its reason, and goes again on a click", async () => {
    const hub = hubWith(row);
    hub.on("POST", "/conversations/[^/]+/reply", () => ({ status: 409, body: problem(409, "newer_open") }));
    const { user } = await open(hub);
    await user.type(await screen.findByLabelText("Nội dung trả lời"), "Dạ{Enter}");
    expect(await screen.findByText(/Khách đã có một hội thoại mới/)).toBeTruthy();
    hub.on("POST", "/conversations/[^/]+/reply", ({ body }) => ({
      status: 201,
      body: aTouchpoint(row, {
        author: "business",
        client_id: (body as ReplyIn).client_id,
        text: "Dạ",
        delivery: aDelivery(),
      }),
    }));
    await user.click(screen.getByRole("button", { name: "Gửi lại" }));
    expect(await screen.findByText("Đã gửi")).toBeTruthy();
    const [first, second] = posted(hub, "/reply").map((asked) => (asked.body as ReplyIn).client_id);
    expect(first).toBe(second);
  });

  it("of unknown outcome is settled by the agent", async () => {
    const hub = hubWith(row);
    const unknown = aTouchpoint(row, {
      author: "business",
      agent_id: LAN,
      text: "Thợ tới lúc 15:00",
      delivery: aDelivery({ state: "unknown", failure: "outcome_unknown" }),
    });
    hub.put(row, { timeline: { touchpoints: [unknown], history: [], before: null } });
    hub.on("POST", "/touchpoints/[^/]+/settle", () => ({
      body: { ...unknown, seq: 6, delivery: aDelivery({ state: "sent" }) },
    }));
    const { user } = await open(hub);
    await user.click(await screen.findByRole("button", { name: "Khách đã nhận" }));
    expect(await screen.findByText("Đã gửi")).toBeTruthy();
    expect(posted(hub, "/settle")[0]?.body).toEqual({ outcome: "sent" });
  });

  it("cannot leave by a way that is closed; the way says why", async () => {
    const hub = hubWith(row);
    const refused = { code: "reply.window_over", params: { hours: 24 } };
    hub.put(row, { reply_options: [anOption({ refused })] });
    await open(hub);
    expect(await screen.findByText(/Quá 24 giờ kể từ tin cuối của khách/)).toBeTruthy();
    expect((screen.getByRole("button", { name: "Gửi" }) as HTMLButtonElement).disabled).toBe(true);
  });

  it("is not offered for somebody else's conversation", async () => {
    const others = { ...row, owner_id: MINH };
    const hub = hubWith(others);
    await open(hub);
    expect(await screen.findByText(/đang giữ hội thoại này/)).toBeTruthy();
    expect(screen.queryByLabelText("Nội dung trả lời")).toBeNull();
    expect(screen.getByRole("textbox", { name: "Ghi chú nội bộ" })).toBeTruthy(); // to colleagues one may write
  });
});

describe("work", () => {
  it("that is offered is accepted with one key and opens", async () => {
    const offered = {
      ...row,
      status: "offered" as const,
      owner_id: null,
      offered_to: LAN,
      offer_expires_at: iso(30, Date.now()),
    };
    const hub = hubWith(offered);
    hub.on("POST", "/conversations/[^/]+/accept", () => ({ body: { ...row, seq: 6 } }));
    const { user } = await at(hub, "/conversations/mine");
    const offers = await screen.findByRole("region", { name: "Lời mời nhận hội thoại" });
    expect(within(offers).getByRole("timer").textContent).toMatch(/còn (2\d|30) giây/);
    await user.keyboard("a");
    expect(await screen.findByText("Lời của Nguyễn Thị Hoà")).toBeTruthy();
    expect(posted(hub, "/accept")).toHaveLength(1);
    expect(within(offers).queryByRole("timer")).toBeNull();
  });

  it("whose offer was over says so, and the row goes back to what it was", async () => {
    const offered = {
      ...row,
      status: "offered" as const,
      owner_id: null,
      offered_to: LAN,
      offer_expires_at: iso(30, Date.now()),
    };
    const hub = hubWith(offered);
    hub.on("POST", "/conversations/[^/]+/accept", () => ({ status: 409, body: problem(409, "offer_over") }));
    const { user } = await open(hub);
    await user.click((await screen.findAllByRole("button", { name: /Nhận/ })).at(-1) as HTMLElement);
    expect((await screen.findAllByText(/Lời mời đã hết/)).length).toBeGreaterThan(0);
  });

  it("that is resolved can be taken back for some seconds", async () => {
    const hub = hubWith(row);
    const closed = {
      ...row,
      seq: 6,
      status: "closed" as const,
      owner_id: null,
      closed_reason: "resolved",
      closed_at: iso(),
    };
    hub.on("POST", "/conversations/[^/]+/resolve", () => ({ body: closed }));
    hub.on("POST", "/conversations/[^/]+/reopen", () => ({ body: { ...row, seq: 7 } }));
    const { user } = await open(hub);
    await user.click(await screen.findByRole("button", { name: "Hoàn tất" }));
    expect(await screen.findByText("Hội thoại đã hoàn tất. Mở lại để trả lời.")).toBeTruthy();
    await user.keyboard("z");
    expect(await screen.findByLabelText("Nội dung trả lời")).toBeTruthy();
    expect(posted(hub, "/reopen")).toHaveLength(1);
  });

  it("keys do nothing while somebody types", async () => {
    const hub = hubWith(row);
    const { user } = await open(hub);
    await user.type(await screen.findByLabelText("Nội dung trả lời"), "e");
    expect(posted(hub, "/resolve")).toHaveLength(0);
  });
});

describe("who is who", () => {
  it("a suggestion is taken with one click", async () => {
    const hub = hubWith(row);
    const suggestion = {
      id: id("sugg"),
      other_customer_id: id("cust"),
      other_name: "Khách web",
      other_channels: ["webchat" as const],
      why: { code: "suggest.anonymous_claim", params: { kind: "phone", value: "+84912345678" } },
      created_at: iso(),
    };
    hub.put(row, { suggestions: [suggestion] });
    hub.on("POST", "/suggestions/[^/]+/accept", () => ({ body: { entry_id: id() } }));
    const { user } = await open(hub);
    const box = await screen.findByRole("region", { name: "Có thể cùng một người" });
    expect(within(box).getByText(/Khách vãng lai trên web tự khai 0912.345.678/)).toBeTruthy();
    await user.click(within(box).getByRole("button", { name: "Gộp" }));
    await waitFor(() => expect(posted(hub, `${suggestion.id}/accept`)).toHaveLength(1));
  });

  it("several identities are chosen and split off together, by key alone", async () => {
    const hub = hubWith(row);
    const names = ["Hoà", "Hoà Nguyễn", "Chồng Hoà"];
    const [a, b, c] = names.map((display_name) => anIdentity({ display_name })) as [Identity, Identity, Identity];
    hub.put(row, { customer: aCustomer(row, { identities: [a, b, c] }) });
    hub.on("POST", "/identities/[^/]+/split", () => ({ body: { entry_id: id() } }));
    const { user } = await open(hub);
    const panel = within(await screen.findByRole("region", { name: "Danh tính kênh" }));
    const box = (name: string) => panel.getByRole("checkbox", { name: `Chọn ${name}` });
    for (const name of names) {
      box(name).focus();
      await user.keyboard(" ");
    }
    const split = () => panel.getByRole("button", { name: /^Tách .*đã chọn$/ }) as HTMLButtonElement;
    expect(split().disabled).toBe(true);
    expect(panel.getByText("Phải còn lại ít nhất một danh tính.")).toBeTruthy();
    box("Hoà").focus();
    await user.keyboard(" ");
    split().focus();
    await user.keyboard("{Enter}");
    await waitFor(() => expect(posted(hub, `${b.id}/split`)).toHaveLength(1));
    expect(posted(hub, `${b.id}/split`)[0]?.body).toEqual({ with_identities: [c.id] });
    await waitFor(() => expect(panel.queryByRole("button", { name: /đã chọn$/ })).toBeNull());
  });

  it("an identity is split off, and trouble stands where it happened", async () => {
    const hub = hubWith(row);
    const [a, b] = [
      anIdentity({ display_name: "Hoà" }),
      anIdentity({ channel: "facebook", display_name: "Hoà Nguyễn" }),
    ];
    hub.put(row, { customer: aCustomer(row, { identities: [a, b] }) });
    hub.on("POST", "/identities/[^/]+/split", () => ({ status: 409, body: problem(409, "not_one_customer") }));
    const { user } = await open(hub);
    const panel = await screen.findByRole("region", { name: "Danh tính kênh" });
    await user.click(within(panel).getAllByRole("button", { name: "Tách" })[1] as HTMLElement);
    expect((await within(panel).findByRole("alert")).textContent).toContain("không thuộc cùng một khách");
    expect(posted(hub, `${b.id}/split`)).toHaveLength(1);
  });
});

describe("the palette", () => {
  it("takes what is typed before it is there, and runs no shortcut with it", async () => {
    const hub = hubWith(row, aRow({ customer_name: "Trần Quốc Tuấn" }));
    const { user } = await open(hub);
    await screen.findByLabelText("Nội dung trả lời");
    await user.keyboard("{Control>}k{/Control}");
    await user.keyboard("tuan");
    const field = await screen.findByPlaceholderText(/Tìm lệnh, khách hàng/);
    await waitFor(() => expect((field as HTMLInputElement).value).toBe("tuan"));
    await user.click(await screen.findByRole("button", { name: /Trần Quốc Tuấn/ }));
    expect(await screen.findByText("Lời của Trần Quốc Tuấn")).toBeTruthy();
  });
});

describe("the rest", () => {
  it("the language changes at once and is told to the hub", async () => {
    const hub = hubWith(row);
    hub.on("PATCH", "/me", () => ({ body: hub.snapshot.me }));
    const { user } = await at(hub, "/conversations/mine");
    await user.click(await screen.findByRole("button", { name: /Trần Thị Lan/ }));
    await user.click(await screen.findByRole("menuitem", { name: "English" }));
    expect(await screen.findByRole("link", { name: /Mine/ })).toBeTruthy();
    await waitFor(() => expect(hub.asked.some((a) => a.method === "PATCH" && a.path === "/me")).toBe(true));
  });

  it("presence goes back when the hub does not take it", async () => {
    const hub = hubWith(row);
    hub.on("PUT", "/presence", () => ({ status: 503, body: problem(503, "unavailable") }));
    const { user } = await at(hub, "/conversations/mine");
    await user.click(await screen.findByRole("button", { name: /Trần Thị Lan: Sẵn sàng/ }));
    await user.click(await screen.findByRole("menuitem", { name: /Tạm vắng/ }));
    expect(await screen.findByText(/Máy chủ đang bận/)).toBeTruthy();
    expect(screen.getByRole("button", { name: /Trần Thị Lan: Sẵn sàng/ })).toBeTruthy();
  });

  it("agents do not get the administrators' pages", async () => {
    await at(hubWith(row), "/admin/channels");
    expect(await screen.findByText("Trang này dành cho quản trị")).toBeTruthy();
    expect(screen.queryByRole("link", { name: "Quản trị" })).toBeNull();
  });

  it("an unknown address says so", async () => {
    await at(hubWith(row), "/nowhere");
    expect(await screen.findByText("Không có trang này")).toBeTruthy();
  });
});
