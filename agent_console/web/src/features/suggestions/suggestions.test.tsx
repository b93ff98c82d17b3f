import { screen, waitFor, within } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import type { SuggestionDetail, SuggestionRow } from "@/lib/api/types";
import { aMe, id, iso } from "@/testing/builders";
import { FakeHub, problem } from "@/testing/fake-hub";
import { openConsole } from "@/testing/render";

const why = { code: "suggest.anonymous_claim", params: { kind: "phone", value: "+84912345678" } };

function aRow(a: string, b: string): SuggestionRow {
  const side = (name: string) => ({
    customer_id: id("cust"),
    name,
    phone: null,
    channels: ["webchat" as const],
    seen: true,
  });
  return { id: id("sugg"), why, created_at: iso(), similarity: 80, a: side(a), b: side(b) };
}

function detailOf(row: SuggestionRow): SuggestionDetail {
  const proof = { kind: "phone" as const, value: "+84912345678", last_seen_at: iso() };
  const more = { names: [], known_since: iso(), identities: [] };
  return {
    ...row,
    a: { ...row.a, ...more },
    b: { ...row.b, ...more },
    compared: [
      {
        kind: "phone",
        value: "+84912345678",
        a: { ...proof, strength: "claimed", source: "message_text" },
        b: { ...proof, strength: "attested", source: "caller_id" },
        agrees: true,
        decides: true,
      },
    ],
  };
}

let close = () => {};
afterEach(() => close());

async function open(rows: SuggestionRow[]) {
  const hub = new FakeHub();
  hub.on("GET", "/suggestion-count", () => ({ body: { open: rows.length, more: false } }));
  hub.on("GET", "/suggestions", () => ({ body: { items: rows, next: null } }));
  for (const row of rows) hub.on("GET", `/suggestions/${row.id}`, () => ({ body: detailOf(row) }));
  const page = await openConsole(hub, "/suggestions");
  close = page.close;
  return { hub, ...page };
}

const list = () => screen.findByRole("region", { name: "Gợi ý đang chờ" });
const table = () => screen.findByRole("table", { name: "Bằng chứng" });

describe("the queue of suggestions", () => {
  it("shows the first pair side by side, with what decides", async () => {
    const { user } = await open([aRow("Hoà", "Hoa Nguyen"), aRow("Tuấn", "Khách web")]);
    const rows = within(await table()).getAllByRole("row");
    expect(rows[1]?.textContent).toContain("0912 345 678");
    expect(rows[1]?.textContent).toContain("quyết định");
    expect(rows[1]?.textContent).toContain("đã xác thực");
    await user.keyboard("j");
    await screen.findByRole("columnheader", { name: "Tuấn" });
    await user.keyboard("k");
    await screen.findByRole("columnheader", { name: "Hoà" });
  });

  it("is worked through by key: two people, remembered; then the next", async () => {
    const rows = [aRow("Hoà", "Hoa Nguyen"), aRow("Tuấn", "Khách web")];
    const { hub, user } = await open(rows);
    hub.on("POST", "/suggestions/[^/]+/reject", () => ({}));
    await table();
    await user.keyboard("x");
    await waitFor(async () => expect(within(await list()).queryByText("Hoà")).toBeNull());
    expect(hub.asked.at(-1)?.path ?? "").not.toBe("");
    expect(hub.asked.some((asked) => asked.path === `/suggestions/${rows[0]?.id}/reject`)).toBe(true);
    await screen.findByRole("columnheader", { name: "Tuấn" });
  });

  it("merges with one key and takes it back with another", async () => {
    const { hub, user } = await open([aRow("Hoà", "Hoa Nguyen")]);
    hub.on("POST", "/suggestions/[^/]+/accept", () => ({ body: { entry_id: "entry-1" } }));
    hub.on("POST", "/ledger/entry-1/undo", () => ({ body: { entry_id: "entry-2" } }));
    await table();
    await user.keyboard("a");
    await screen.findByText("Đã gộp thành một khách");
    await user.keyboard("z");
    await waitFor(() => expect(hub.asked.some((asked) => asked.path === "/ledger/entry-1/undo")).toBe(true));
  });

  it("says what went wrong where it happened, and keeps the question", async () => {
    const { hub, user } = await open([aRow("Hoà", "Hoa Nguyen")]);
    hub.on("POST", "/suggestions/[^/]+/accept", () => ({ status: 409, body: problem(409, "suggestion_settled") }));
    await table();
    await user.click(screen.getByRole("button", { name: /Đúng, gộp lại/ }));
    await screen.findByText(/đã được|đã có người/);
    within(await list()).getByText("Hoà");
  });

  it("teaches what will appear when it is empty", async () => {
    await open([]);
    await screen.findByText("Không có gợi ý nào đang chờ");
  });

  it("shows supervisors what to look at, until somebody has seen it", async () => {
    const hub = new FakeHub();
    hub.snapshot = { ...hub.snapshot, me: aMe({ role: "supervisor" }) };
    const alarm = { id: id("alarm"), raised_at: iso(), count: 51, customer_id: null, name: null };
    let items: unknown[] = [
      { ...alarm, kind: "crowded", value: "+84912345678" },
      { ...alarm, id: id("alarm"), kind: "many_numbers", value: null, name: "Khách lạ", count: 11 },
    ];
    hub.on("GET", "/suggestion-count", () => ({ body: { open: 0, more: false } }));
    hub.on("GET", "/suggestions", () => ({ body: { items: [], next: null } }));
    hub.on("GET", "/claim-alarms", () => ({ body: { items } }));
    hub.on("POST", `/claim-alarms/${alarm.id}/seen`, () => {
      items = items.slice(1);
      return {};
    });
    const page = await openConsole(hub, "/suggestions");
    close = page.close;
    const region = within(await screen.findByRole("region", { name: "Cần xem lại" }));
    expect(region.getByText(/0912 345 678 đã được 51 người/)).toBeTruthy();
    expect(region.getByText(/Khách lạ đã đưa ra từ 11 số/)).toBeTruthy();
    await page.user.click(region.getAllByRole("button", { name: "Đã xem" })[0] as HTMLElement);
    await waitFor(() => expect(region.queryByText(/0912 345 678/)).toBeNull());
  });

  it("shows agents no such thing", async () => {
    const { hub } = await open([aRow("Hoà", "Hoa Nguyen")]);
    await table();
    expect(hub.asked.some(({ path }) => path === "/claim-alarms")).toBe(false);
  });
});
