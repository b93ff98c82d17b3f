/** Lists narrowed by what conversations are labelled with, through the whole console. */
import { screen, waitFor, within } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { isLabelled } from "@/data/lists";
import { queryOf, readNarrowing } from "@/features/conversations/narrowing";
import { aRow, id } from "@/testing/builders";
import { FakeHub } from "@/testing/fake-hub";
import { openConsole } from "@/testing/render";

let close = () => {};
afterEach(() => close());

const vip = aRow({ id: id("vip"), customer_name: "Chị Hoà", status: "waiting", tags: ["Khách VIP"], lifecycle: "buy" });
const plain = aRow({ id: id("plain"), customer_name: "Anh Tuấn", status: "waiting" });
const WORDS = {
  presence_reasons: [],
  dispositions: [],
  lifecycle: [{ id: "buy", vi: "Muốn mua", en: "Wants to buy", active: true }],
};

const asked = (hub: FakeHub) =>
  Object.fromEntries(hub.asked.filter((one) => one.path === "/conversations").at(-1)?.query ?? []);

describe("a list", () => {
  it("is narrowed by key and by choice, says so, and is wide again with a click", async () => {
    const hub = new FakeHub();
    hub.put(vip);
    hub.put(plain);
    hub.on("GET", "/work-words", () => ({ body: { words: WORDS } }));
    hub.on("GET", "/tags", () => ({ body: { items: ["Khách VIP"] } }));
    const opened = await openConsole(hub, "/conversations/all");
    close = opened.close;
    const { user, router } = opened;
    await screen.findByRole("link", { name: /Anh Tuấn/ });
    await user.keyboard("f");
    const sheet = await screen.findByRole("dialog", { name: "Lọc danh sách" });
    await user.type(await within(sheet).findByLabelText("Thẻ"), "Khách VIP");
    await user.selectOptions(within(sheet).getByLabelText("Trạng thái khách"), "Muốn mua");
    await waitFor(() => expect(router.state.location.search).toEqual({ tag: "Khách VIP", lifecycle: "buy" }));
    await waitFor(() => expect(asked(hub)).toMatchObject({ tag: "Khách VIP", lifecycle: "buy" }));
    expect(screen.queryByRole("link", { name: /Anh Tuấn/ })).toBeNull();
    await user.click(within(sheet).getByRole("button", { name: "Xong" }));
    await user.click(screen.getByRole("link", { name: /Chị Hoà/ }));
    expect(router.state.location.search, "in and out of a conversation").toMatchObject({ lifecycle: "buy" });
    await user.click(await screen.findByRole("button", { name: "Bỏ lọc Muốn mua" }));
    await user.click(screen.getByRole("button", { name: "Bỏ lọc Khách VIP" }));
    expect(await screen.findByRole("link", { name: /Anh Tuấn/ })).toBeTruthy();
    expect(router.state.location.search).toEqual({});
  });

  it("takes from an address what makes sense", () => {
    expect(readNarrowing({ tag: 2024, lifecycle: " buy ", priority: 2, queue: "x", silent: 5, due: "yes" })).toEqual({
      tag: "2024",
      lifecycle: "buy",
      priority: 2,
    });
  });

  it("holds what is labelled so, whatever the case of a tag", () => {
    const holds = (search: Record<string, unknown>) => isLabelled(vip, queryOf("all", readNarrowing(search), null));
    expect([holds({ tag: "khách vip" }), holds({ tag: "khách" })]).toEqual([true, false]);
    expect([holds({ lifecycle: "buy", priority: 0 }), holds({ priority: 2 })]).toEqual([true, false]);
  });
});
