import { screen, waitFor, within } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { idFrom } from "@/features/admin/AccountForm";
import { fieldsOf, type Schema, toSettings } from "@/features/admin/settings";
import { aMe } from "@/testing/builders";
import { type FakeHub, problem } from "@/testing/fake-hub";
import { openConsole } from "@/testing/render";
import { story } from "@/testing/story";

/** As pydantic writes it: references, nullable fields, variants told apart by one field, secrets. */
const schema: Schema = {
  type: "object",
  required: ["page_id", "pbx"],
  properties: {
    page_id: { type: "string" },
    app_secret: { type: "string", format: "password", writeOnly: true },
    notice: { anyOf: [{ type: "string", maxLength: 500 }, { type: "null" }], default: null },
    ring_s: { type: "integer", minimum: 5, maximum: 120, default: 25 },
    on: { type: "boolean", default: false },
    theme: { enum: ["auto", "dark"], type: "string", default: "auto" },
    origins: { type: "array", items: { type: "string" } },
    states: { type: "object", additionalProperties: { type: "string" } },
    time: { $ref: "#/$defs/Time" },
    pbx: {
      discriminator: { propertyName: "supplier" },
      oneOf: [{ $ref: "#/$defs/Stringee" }, { $ref: "#/$defs/Generic" }],
    },
  },
  $defs: {
    Time: { type: "object", properties: { zone: { type: "string", default: "Asia/Ho_Chi_Minh" } } },
    Stringee: {
      type: "object",
      required: ["key"],
      properties: { supplier: { const: "stringee", type: "string" }, key: { type: "string", format: "password" } },
    },
    Generic: {
      type: "object",
      properties: { supplier: { const: "generic", type: "string" }, method: { type: "string" } },
    },
  },
};

describe("a schema", () => {
  const fields = fieldsOf(schema);
  const field = (name: string) => fields.find((candidate) => candidate.name === name);

  it("becomes one field per setting, of the kind that suits it", () => {
    expect(fields.map((one) => one.kind)).toEqual([
      "text",
      "secret",
      "text",
      "number",
      "switch",
      "choice",
      "texts",
      "json",
      "group",
      "variants",
    ]);
    expect(field("ring_s")).toMatchObject({ min: 5, max: 120, isWhole: true, start: 25 });
    expect(field("notice")).toMatchObject({ mayBeNull: true, isLong: true });
  });

  it("with variants shows the fields of each, without the one that tells them apart", () => {
    const pbx = field("pbx");
    if (pbx?.kind !== "variants") throw new Error("no variants");
    expect(Object.keys(pbx.variants)).toEqual(["stringee", "generic"]);
    expect(pbx.variants.stringee?.map((one) => one.name)).toEqual(["key"]);
  });

  it("gives back only what was filled in, so that secrets and defaults stay", () => {
    expect(
      toSettings(fields, {
        page_id: "1",
        app_secret: "",
        pbx: { supplier: "generic", method: "GET" },
        states: '{"a":"b"}',
      }),
    ).toEqual({
      page_id: "1",
      states: { a: "b" },
      time: {},
      pbx: { supplier: "generic", method: "GET" },
    });
  });

  it("leaves out a group whose secrets the hub keeps, until it is given anew", () => {
    expect(toSettings(fields, { page_id: "1" }, ["pbx"])).not.toHaveProperty("pbx");
    expect(toSettings(fields, { page_id: "1", pbx: { supplier: "generic" } }, ["pbx"])).toHaveProperty("pbx");
  });

  it("leaves text that is no JSON to the hub to judge", () => {
    expect(toSettings(fields, { states: "{" })).toMatchObject({ states: "{" });
  });
});

it("an account's id is made of its channel and name", () => {
  expect(idFrom("facebook", "Trang Điện máy Hoa!")).toBe("facebook-trang-dien-may-hoa");
  expect(idFrom("zalo", "x".repeat(100))).toHaveLength(63);
});

describe("the administrators' pages", () => {
  let close = () => {};
  afterEach(() => close());

  async function at(path: string): Promise<{ hub: FakeHub; user: Awaited<ReturnType<typeof openConsole>>["user"] }> {
    const hub = story();
    hub.snapshot = { ...hub.snapshot, me: aMe({ role: "admin" }) };
    const opened = await openConsole(hub, path);
    close = opened.close;
    return { hub, user: opened.user };
  }

  it("show the webhook's address and keep secrets that are left empty", async () => {
    const { hub, user } = await at("/admin/channels");
    await user.click(await screen.findByRole("button", { name: /Trang Điện máy Hoa Sen/ }));
    expect(await screen.findByText("https://hub.hoasen.vn/webhooks/facebook/facebook-main")).toBeTruthy();
    hub.on("PATCH", "/channel-accounts/facebook-main", () => ({ body: {} }));
    const name = screen.getByLabelText("Tên hiển thị");
    await user.clear(name);
    await user.type(name, "Trang mới");
    await user.click(screen.getByRole("button", { name: "Lưu" }));
    await waitFor(() =>
      expect(hub.asked.find((asked) => asked.method === "PATCH")?.body).toEqual({
        display_name: "Trang mới",
        settings: { page_id: "104200000000001" },
        active: true,
      }),
    );
  });

  it("put the hub's faults at the fields they are about", async () => {
    const { hub, user } = await at("/admin/agents");
    const fault = { where: "body.password", problem: "String should have at least 8 characters" };
    hub.on("POST", "/agents", () => ({ status: 400, body: { ...problem(400, "request_invalid"), faults: [fault] } }));
    await user.click(await screen.findByRole("button", { name: "Thêm nhân viên" }));
    await user.type(screen.getByLabelText("Tên đăng nhập"), "Moi");
    await user.type(screen.getByLabelText("Mật khẩu"), "ngan");
    await user.click(screen.getAllByRole("button", { name: "Thêm nhân viên" }).at(-1) as HTMLElement);
    expect(await screen.findByText("Cần ít nhất 8 ký tự.")).toBeTruthy();
    expect(hub.asked.find((asked) => asked.path === "/agents" && asked.method === "POST")?.body).toMatchObject({
      login: "moi",
    });
  });

  it("send dead letters through once more", async () => {
    const { hub, user } = await at("/admin/dead-letters");
    hub.on("POST", "/dead-letters/replay", () => ({ body: { replayed: 1, missing: [] } }));
    const item = (await screen.findByText("hub.message_received.v1")).closest("li") as HTMLElement;
    await user.click(within(item).getByRole("button", { name: "Thử lại" }));
    expect(await screen.findByText("Đã đưa 1 sự kiện vào xử lý lại.")).toBeTruthy();
    expect(within(item).getByText("Đã đưa vào xử lý lại")).toBeTruthy();
  });
});
