import { screen, waitFor, within } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import type { PolicyRun } from "@/lib/api/types";
import { aMe, iso, LAN, USUAL_RULES } from "@/testing/builders";
import { FakeHub, problem } from "@/testing/fake-hub";
import { openConsole } from "@/testing/render";

function aRun(fields: Partial<PolicyRun>): PolicyRun {
  return {
    id: "run-1",
    kind: "dry_run",
    status: "done",
    base_version: 0,
    rules: USUAL_RULES,
    target_id: null,
    made_by: LAN,
    made_at: iso(),
    finished_at: iso(),
    done: 40,
    total: 40,
    joins: 3,
    splits: 17,
    skipped: 0,
    examples: [],
    problem: null,
    ...fields,
  };
}

const example: PolicyRun["examples"][number] = {
  kind: "split",
  why: { code: "split.by_policy", params: { kind: "phone", value: "+84912345678", because: "suggest.not_counted" } },
  a: { identity_id: "i1", customer_id: "c1", channel: "facebook", name: "Hoà", external_id: "psid" },
  b: { identity_id: "i2", customer_id: "c1", channel: "hotline", name: null, external_id: "+84912345678" },
};

let close = () => {};
afterEach(() => close());

async function open(runs: PolicyRun[] = []) {
  const hub = new FakeHub();
  hub.snapshot = { ...hub.snapshot, me: aMe({ role: "admin" }) };
  const defaults = { version: 0, rules: USUAL_RULES, made_at: null, made_by: null, note: null, run_id: null };
  hub.on("GET", "/suggestion-count", () => ({ body: { open: 0, more: false } }));
  hub.on("GET", "/channel-accounts", () => ({ body: { items: [] } }));
  hub.on("GET", "/identity-policy", () => ({
    body: { current: defaults, defaults: USUAL_RULES, versions: [defaults], takes_effect_within_s: 2 },
  }));
  hub.on("GET", "/identity-policy/runs", () => ({ body: { items: runs } }));
  hub.on("GET", "/identity-policy/runs/run-1", () => ({ body: runs[0] ?? aRun({ examples: [example] }) }));
  const page = await openConsole(hub, "/admin/policy");
  close = page.close;
  return { hub, ...page };
}

describe("the merge rules", () => {
  it("are tried before they are applied: who would be split, and why", async () => {
    const { hub, user } = await open();
    hub.on("POST", "/identity-policy/runs", () => ({ status: 201, body: aRun({ status: "queued" }) }));
    hub.on("POST", "/identity-policy/runs/run-1/apply", () => ({ status: 201, body: aRun({ kind: "apply" }) }));
    const shared = await screen.findByLabelText("Số danh tính trên một số");
    expect(screen.getByRole("button", { name: "Chạy thử" }).hasAttribute("disabled")).toBe(true);
    await user.clear(shared);
    await user.type(shared, "2");
    await user.click(screen.getByRole("button", { name: "Chạy thử" }));
    const sent = await waitFor(() => {
      const asked = hub.asked.find((one) => one.method === "POST" && one.path === "/identity-policy/runs");
      expect(asked).toBeDefined();
      return asked?.body as { rules: { shared_phone_max: number } };
    });
    expect(sent.rules.shared_phone_max).toBe(2);
    const panel = await screen.findByRole("region", { name: "Chạy thử" });
    expect(within(panel).getByRole("status").textContent).toContain("sẽ tách17");
    expect(within(panel).getByRole("listitem").textContent).toContain(
      "0912\u00a0345\u00a0678 không còn được tính là bằng chứng",
    );
    await user.type(within(panel).getByLabelText(/Lý do/), "Số gia đình");
    await user.click(within(panel).getByRole("button", { name: "Áp dụng" }));
    await waitFor(() =>
      expect(hub.asked.find((one) => one.path.endsWith("/apply"))?.body).toEqual({ note: "Số gia đình" }),
    );
  });

  it("show how far a change has come, and can be stopped", async () => {
    const { hub, user } = await open([aRun({ kind: "apply", status: "running", done: 10, finished_at: null })]);
    hub.on("POST", "/identity-policy/runs/run-1/cancel", () => ({}));
    const panel = await screen.findByRole("region", { name: "Áp dụng quy tắc" });
    expect(within(panel).getByRole("progressbar").getAttribute("value")).toBe("10");
    await user.click(within(panel).getByRole("button", { name: "Dừng" }));
    await waitFor(() => expect(hub.asked.some((one) => one.path.endsWith("/cancel"))).toBe(true));
  });

  it("put the hub's faults at the fields they are about", async () => {
    const { hub, user } = await open();
    const where = "body.rules.never_keys.0";
    hub.on("POST", "/identity-policy/runs", () => ({
      status: 400,
      body: {
        ...problem(400, "misfit"),
        faults: [{ where, problem: "Value error, neither a telephone number nor an e-mail address" }],
      },
    }));
    await user.type(
      (await screen.findAllByLabelText("Số và e-mail không của riêng ai"))[0] as HTMLElement,
      "abc{Enter}",
    );
    await user.click(screen.getByRole("button", { name: "Chạy thử" }));
    await screen.findByText("Cần một số điện thoại hoặc địa chỉ e-mail.");
  });
});
