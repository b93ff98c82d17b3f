import { screen, waitFor, within } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import type { QueueDetail } from "@/features/admin/plans/types";
import { aMe, aRule, LAN, SALES } from "@/testing/builders";
import { FakeHub, problem } from "@/testing/fake-hub";
import { DOCUMENTS, plans, shopDocuments } from "@/testing/plans";
import { openConsole } from "@/testing/render";

const two = {
  ...DOCUMENTS.rules,
  rules: [aRule({ id: "vip", name: "Khách VIP" }), aRule({ id: "sale", name: "Bán sỉ" })],
};

describe("routing rules", () => {
  let close = () => {};
  afterEach(() => close());

  async function at(path: string, role: "supervisor" | "admin" = "supervisor") {
    const hub = new FakeHub();
    hub.snapshot = { ...hub.snapshot, me: aMe({ role }) };
    const shop = plans(hub, { ...DOCUMENTS, rules: two });
    const opened = await openConsole(hub, path);
    close = opened.close;
    return { hub, shop, ...opened };
  }

  const sent = (hub: FakeHub) => hub.asked.filter((one) => one.method === "PUT").map((one) => one.body);

  it("are moved by keys, switched off, and saved with the version that was seen", async () => {
    const { hub, user } = await at("/admin/routing");
    const handle = await screen.findByRole("button", { name: "Di chuyển Bán sỉ, thứ 2" });
    handle.focus();
    await user.keyboard("{ArrowUp}");
    expect(screen.getByText("Bán sỉ giờ ở vị trí 1 trên 2")).toBeTruthy();
    await user.click(screen.getByRole("switch", { name: "Bật Khách VIP" }));
    await user.type(screen.getByLabelText(/Ghi chú/), "mùa sale");
    await user.keyboard("{Control>}s{/Control}");
    expect(await screen.findByText(/Đã lưu phiên bản 1/)).toBeTruthy();
    expect(sent(hub)).toMatchObject([
      { seen: 0, note: "mùa sale", document: { rules: [{ id: "sale" }, { id: "vip", active: false }] } },
    ]);
  });

  it("have the keyboard at their name as soon as they are added or copied", async () => {
    const { user } = await at("/admin/routing");
    await user.click(await screen.findByRole("button", { name: "Thêm quy tắc" }));
    expect(document.activeElement).toHaveProperty("value", "Quy tắc mới");
    await user.click(screen.getByText("Nhân bản"));
    expect(document.activeElement).toHaveProperty("value", "Quy tắc mới (bản sao)");
  });

  it("that somebody else saved meanwhile are joined, not overwritten", async () => {
    const { hub, shop, user } = await at("/admin/routing");
    await user.click(await screen.findByRole("switch", { name: "Bật Khách VIP" }));
    shop.save("rules", {
      ...two,
      rules: two.rules.map((one) => (one.id === "sale" ? { ...one, name: "Bán buôn" } : one)),
    });
    await user.click(screen.getByRole("button", { name: /^Lưu/ }));
    const alert = await screen.findByRole("alert", { name: "Người khác vừa lưu" });
    expect(within(alert).getByText(/Lê Văn Minh đã lưu/)).toBeTruthy();
    expect(within(alert).getByText("Đã đổi: Bán buôn.")).toBeTruthy();
    await user.click(within(alert).getByRole("button", { name: "Gộp thay đổi của tôi vào bản mới" }));
    await user.click(screen.getByRole("button", { name: /^Lưu/ }));
    await waitFor(() => expect(shop.version("rules")).toBe(2));
    expect(sent(hub).at(-1)).toMatchObject({
      seen: 1,
      document: { rules: [{ name: "Khách VIP", active: false }, { name: "Bán buôn" }] },
    });
  });

  it("leave queues alone that somebody else changed meanwhile: both changes are put together and looked over", async () => {
    const { shop, user } = await at("/admin/queues");
    await user.click(await screen.findByRole("button", { name: /Bán hàng/ }));
    const rings = await screen.findByLabelText(/Chờ nhận trong/);
    const theirs = { ...shop.queue(SALES)?.settings, auto_accept: true } as QueueDetail["settings"];
    shop.saveQueue(SALES, { seen: 1, settings: theirs, name: "Bán lẻ" });
    await user.clear(rings);
    await user.type(rings, "45");
    await user.click(screen.getByRole("button", { name: "Lưu" }));
    expect(await screen.findByText(/Người khác vừa sửa hàng đợi này/)).toBeTruthy();
    expect(screen.getByDisplayValue("Bán lẻ")).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Lưu" }));
    await waitFor(() => expect(shop.queue(SALES)?.version).toBe(3));
    expect(shop.queue(SALES)).toMatchObject({ name: "Bán lẻ", offer_s: 45, settings: { auto_accept: true } });
  });

  it("are not left unsaved without a question", async () => {
    const { user, router } = await at("/admin/routing");
    await user.click(await screen.findByRole("switch", { name: "Bật Khách VIP" }));
    await user.click(screen.getByRole("link", { name: "Giờ làm việc" }));
    await user.click(await screen.findByRole("button", { name: "Ở lại" }));
    expect(router.state.location.pathname).toBe("/admin/routing");
    await user.click(screen.getByRole("link", { name: "Giờ làm việc" }));
    await user.click(await screen.findByRole("button", { name: "Rời đi, bỏ thay đổi" }));
    await waitFor(() => expect(router.state.location.pathname).toBe("/admin/hours"));
  });

  it("say what is wrong at its place, and in the list of all faults", async () => {
    const { hub, user } = await at("/admin/routing");
    const faults = [{ where: "body.document.rules.0.queue_id", problem: "There is no such queue" }];
    hub.on("PUT", "/plans/rules", () => ({ status: 400, body: { ...problem(400, "plan_reference_unknown"), faults } }));
    await user.click(await screen.findByRole("switch", { name: "Bật Khách VIP" }));
    await user.click(screen.getByRole("button", { name: /^Lưu/ }));
    expect(await screen.findByText("Quy tắc 1 (Khách VIP) → Hàng đợi")).toBeTruthy();
    expect(screen.getByText("cần sửa")).toBeTruthy();
    await user.click(screen.getByRole("button", { name: /Khách VIP.*cần sửa/ }));
    expect(screen.getAllByText("Không còn mục này. Hãy chọn mục khác.")).toHaveLength(2);
  });

  it("are tried as they stand, before they are saved", async () => {
    const { hub, user } = await at("/admin/routing");
    await user.click(await screen.findByRole("switch", { name: "Bật Bán sỉ" }));
    const panel = screen.getByRole("region", { name: "Thử xem" });
    await user.type(within(panel).getByLabelText("Khách nhắn"), "còn hàng không");
    await user.click(within(panel).getByRole("button", { name: "Thử" }));
    expect(await within(panel).findByText("Theo bản đang sửa, chưa lưu.")).toBeTruthy();
    expect(within(panel).getByText(/Mời nhận ngay: chỉ Trần Thị Lan còn nhận thêm được/)).toBeTruthy();
    await waitFor(() =>
      expect(hub.asked.filter((one) => one.path === "/routing/try").at(-1)?.body).toMatchObject({
        facts: { words: "còn hàng không" },
        rules: { rules: [{ active: true }, { active: false }] },
      }),
    );
  });

  it("were different before: an old version is put in force again", async () => {
    const { shop, user } = await at("/admin/routing");
    shop.save("rules", two, "bản đầu");
    shop.save("rules", DOCUMENTS.rules);
    await user.click(await screen.findByText(/Chưa ai lưu|Phiên bản/));
    const old = (await screen.findByText(/bản đầu/)).closest("li") as HTMLElement;
    await user.click(within(old).getByRole("button", { name: "Dùng lại bản này" }));
    await waitFor(() => expect(shop.version("rules")).toBe(3));
  });

  it("are for supervisors, who are shown no keys and channels", async () => {
    await at("/admin");
    expect(await screen.findByRole("link", { name: "Quy tắc điều phối" })).toBeTruthy();
    expect(screen.queryByRole("link", { name: "Khoá API" })).toBeNull();
  });

  it("ask for skills that the team is given", async () => {
    const { hub, user } = await at("/admin/team");
    await user.click(await screen.findByRole("button", { name: /Trần Thị Lan.*Bán hàng/ }));
    await user.type(screen.getByLabelText("Kỹ năng", { selector: "input" }), "Tiếng Nhật{Enter}");
    await user.click(screen.getByRole("button", { name: "Lưu" }));
    await waitFor(() =>
      expect(hub.asked.find((one) => one.method === "PATCH")).toMatchObject({
        path: `/team/${LAN}`,
        body: { skills: { "tieng-anh": 4, "khach-lon": 5, "tieng-nhat": 1 } },
      }),
    );
  });
});

describe("automation", () => {
  it("is tried on what happened lately, as it stands, and tells what it did", async () => {
    const hub = new FakeHub();
    hub.snapshot = { ...hub.snapshot, me: aMe({ role: "supervisor" }) };
    plans(hub, shopDocuments(SALES));
    const { user, close } = await openConsole(hub, "/admin/automation");
    try {
      const log = await screen.findByRole("region", { name: "Nhật ký tự động" });
      expect(await within(log).findByText("crm.hoasen.vn không nhận")).toBeTruthy();
      expect(within(log).getByText("Bỏ qua: đã chạy quá nhiều lần trong một giờ")).toBeTruthy();
      await user.click(screen.getByRole("button", { name: /Gắn thẻ bảo hành.*Khách nhắn/ }));
      await user.click(screen.getByRole("button", { name: "Chạy thử trên 7 ngày qua" }));
      expect(await screen.findByText(/đã chạy 7 lần, ở 5 hội thoại/)).toBeTruthy();
      expect(hub.asked.find((one) => one.path === "/automation/dry-run")?.body).toMatchObject({
        days: 7,
        rule: { id: "bao-hanh" },
      });
    } finally {
      close();
    }
  });
});
