/** What an agent does with work besides answering it, through the whole console. */
import { screen, within } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { belongs, compareRows } from "@/data/rows";
import { clearDraft } from "@/features/composer/drafts";
import { aMe, aRow, id, iso, LAN, MINH } from "@/testing/builders";
import { FakeHub, problem } from "@/testing/fake-hub";
import { openConsole } from "@/testing/render";

const row = aRow({ id: id("handled"), seq: 5 });

let close = () => {};
afterEach(() => {
  close();
  clearDraft(`note:${row.id}`);
});

async function open(hub: FakeHub) {
  hub.put(row);
  const opened = await openConsole(hub, `/conversations/mine/${row.id}`);
  close = opened.close;
  await screen.findByRole("textbox", { name: "Nội dung trả lời" });
  return opened;
}

const asked = (hub: FakeHub, method: string, end: string) =>
  hub.asked.filter((one) => one.method === method && one.path.endsWith(end)).map((one) => one.body);

const words = (more: object = {}) => ({
  words: {
    presence_reasons: [],
    dispositions: [{ id: "done", vi: "Đã giải quyết", en: "Solved", active: true, needs_note: false }],
    lifecycle: [],
    disposition_required: false,
    ...more,
  },
});

describe("a note", () => {
  it("that did not arrive is the same note when it is tried again", async () => {
    const hub = new FakeHub();
    let isDown = true;
    hub.on("POST", "/conversations/[^/]+/notes", () =>
      isDown ? { status: 503, body: problem(503, "unavailable") } : { body: { ...row, seq: 6 } },
    );
    const { user } = await open(hub);
    await user.keyboard("n");
    const place = await screen.findByRole("textbox", { name: "Ghi chú nội bộ" });
    await user.type(place, "Khách quen, giảm 5%{Enter}");
    expect(await screen.findByText(/Máy chủ đang bận/)).toBeTruthy();
    isDown = false;
    await user.type(place, "{Enter}");
    const [first, second] = asked(hub, "POST", "/notes") as { note_id: string; text: string; ask: string[] }[];
    expect(second).toEqual(first);
    expect(first).toMatchObject({ text: "Khách quen, giảm 5%", ask: [] });
  });
});

describe("being there", () => {
  it("comes back with one key after nobody was at the keyboard", async () => {
    const hub = new FakeHub();
    hub.snapshot = { ...hub.snapshot, me: { ...aMe(), presence: "away", reason: "_idle" } };
    hub.on("PUT", "/presence", () => ({ body: aMe() }));
    const { user } = await open(hub);
    expect(screen.getByText(/lâu không thao tác/)).toBeTruthy();
    await user.keyboard("b");
    expect(asked(hub, "PUT", "/presence")).toEqual([{ status: "available", reason: null }]);
    expect(screen.queryByText(/lâu không thao tác/)).toBeNull();
  });

  it("counts down the time after a conversation, which one key ends", async () => {
    const hub = new FakeHub();
    hub.snapshot = { ...hub.snapshot, me: { ...aMe(), wrap_up_until: iso(60, Date.parse(hub.snapshot.server_time)) } };
    hub.on("POST", "/presence/end-wrap-up", () => ({ body: aMe() }));
    const { user } = await open(hub);
    expect(screen.getByRole("timer").textContent).toMatch(/^(00:5\d|01:00)$/);
    await user.keyboard("b");
    expect(asked(hub, "POST", "/end-wrap-up")).toHaveLength(1);
    expect(screen.queryByRole("timer")).toBeNull();
  });

  it("tells the hub of a sign of life, and not of every one", async () => {
    const hub = new FakeHub();
    const { user } = await open(hub);
    await user.keyboard("xyz");
    expect(hub.socket.emitted.filter(({ name }) => name === "active")).toHaveLength(1);
  });
});

describe("the end of a conversation", () => {
  it("is asked for where it must be said", async () => {
    const hub = new FakeHub();
    hub.on("GET", "/work-words", () => ({ body: words({ disposition_required: true }) }));
    hub.on("POST", "/conversations/[^/]+/resolve", ({ body }) =>
      (body as { disposition?: string } | null)?.disposition === "done"
        ? { body: { ...row, seq: 6, status: "closed" } }
        : { status: 400, body: problem(400, "disposition_required") },
    );
    const { user } = await open(hub);
    await user.keyboard("e");
    const sheet = await screen.findByRole("dialog", { name: "Hoàn tất với kết quả" });
    await user.click(await within(sheet).findByRole("button", { name: "Đã giải quyết" }));
    await user.click(within(sheet).getByRole("button", { name: "Hoàn tất" }));
    expect(asked(hub, "POST", "/resolve").at(-1)).toEqual({ disposition: "done", note: null });
  });
});

describe("a list", () => {
  it("has what is put off last, the soonest first", () => {
    const late = aRow({ id: id("late"), snoozed_until: iso(7200) });
    const soon = aRow({ id: id("soon"), snoozed_until: iso(3600) });
    const waits = aRow({ id: id("waits"), waiting_since: iso() });
    expect([late, soon, waits].sort(compareRows("mine"))).toEqual([waits, soon, late]);
  });

  it("has what I am asked about among mine until it is closed", () => {
    const theirs = aRow({ owner_id: MINH, status: "assigned", consulted: [LAN] });
    expect(belongs(theirs, "mine", LAN, null)).toBe(true);
    expect(belongs({ ...theirs, status: "closed" }, "mine", LAN, null)).toBe(false);
  });
});
