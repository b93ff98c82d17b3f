/** Reminders and call backs, by keyboard, through the whole console. */
import { screen, waitFor } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import type { Task } from "@/lib/api/types";
import { aRow, id, iso, LAN } from "@/testing/builders";
import { FakeHub } from "@/testing/fake-hub";
import { openConsole } from "@/testing/render";

let close = () => {};
afterEach(() => close());

const row = aRow({ id: id("called back"), customer_name: "Chị Hoà" });
const task: Task = {
  id: id("task"),
  kind: "callback",
  state: "open",
  conversation_id: row.id,
  queue_id: row.queue_id,
  agent_id: null,
  due_at: iso(-60),
  phone: "+84912345678",
  note: "Gọi sau giờ cơm",
  made_by: LAN,
  made_at: iso(-600),
  told_at: iso(-60),
  ended_at: null,
};

it("opens where something is due, ends it with a key and takes that back", async () => {
  const hub = new FakeHub();
  hub.put(row);
  let items = [
    { task, customer_name: "Chị Hoà", customer_phone: null, channels: [], status: "waiting", open_id: row.id },
  ];
  hub.on("GET", "/task-count", () => ({ body: { mine: 0, queue: items.length, everybody: null } }));
  hub.on("GET", "/tasks", ({ query }) => ({ body: { items: query.get("view") === "queue" ? items : [], next: null } }));
  const all = items;
  hub.on("POST", "/tasks/[^/]+/end", () => {
    items = [];
    return { body: task };
  });
  hub.on("PATCH", "/tasks/[^/]+", () => {
    items = all;
    return { body: task };
  });
  const opened = await openConsole(hub, "/tasks");
  close = opened.close;
  expect(await screen.findByText(/Gọi lại cho khách · 0912 345 678/)).toBeTruthy();
  expect(screen.getByRole("tab", { selected: true }).textContent).toContain("Hàng đợi");
  await opened.user.keyboard("e");
  await waitFor(() => expect(screen.queryByText("Gọi sau giờ cơm")).toBeNull());
  await screen.findByText("Đã làm xong");
  await opened.user.keyboard("z");
  expect(await screen.findByText("Gọi sau giờ cơm")).toBeTruthy();
  expect(hub.asked.filter(({ method }) => method === "PATCH").map(({ body }) => body)).toEqual([{ state: "open" }]);
  await opened.user.keyboard("j{Enter}");
  await waitFor(() => expect(opened.router.state.location.pathname).toBe(`/conversations/all/${row.id}`));
});
