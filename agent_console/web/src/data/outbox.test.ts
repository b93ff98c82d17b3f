import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { keys } from "@/data/keys";
import { type Outgoing, retryNow, send, sendAgain, settle, useOutbox } from "@/data/outbox";
import { startTimeline, type Timeline } from "@/data/timeline";
import type { ReplyIn } from "@/lib/api/types";
import { aDelivery, aRow, aTouchpoint, id, iso } from "@/testing/builders";
import { type Asked, FakeHub, problem } from "@/testing/fake-hub";

const row = aRow();
let hub: FakeHub;
let client: QueryClient;
let restore: () => void;

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: false });
  hub = new FakeHub([row]);
  restore = hub.install();
  client = new QueryClient();
  client.setQueryData<Timeline>(
    keys.timeline(row.id),
    startTimeline({ touchpoints: [], history: [], before: null }, row.seq),
  );
  hub.on("POST", "/conversations/[^/]+/reply", (asked) => taken(asked));
});

afterEach(() => {
  restore();
  useOutbox.setState({ entries: [] });
  vi.useRealTimers();
});

function reply(text: string): Omit<Outgoing, "state" | "problem"> {
  return {
    clientId: crypto.randomUUID(),
    conversationId: row.id,
    identityId: id(),
    channel: "zalo",
    text,
    attachments: [],
    at: iso(),
  };
}

function taken(asked: Asked) {
  const { client_id, text } = asked.body as ReplyIn;
  const touchpoint = aTouchpoint(row, {
    author: "business",
    client_id,
    text: text ?? null,
    delivery: aDelivery({ state: "queued" }),
  });
  return { status: 201, body: touchpoint };
}

const texts = () => client.getQueryData<Timeline>(keys.timeline(row.id))?.touchpoints.map((t) => t.text);
const states = () => useOutbox.getState().entries.map((entry) => entry.state);
const posts = () => hub.asked.filter((asked) => asked.method === "POST").map((asked) => asked.body as ReplyIn);

describe("a reply", () => {
  it("is in the outbox at once and in the timeline when the hub has it", async () => {
    send(client, reply("Dạ em chào chị"));
    expect(states()).toEqual(["sending"]);
    await vi.advanceTimersByTimeAsync(0);
    expect(states()).toEqual([]);
    expect(texts()).toEqual(["Dạ em chào chị"]);
  });

  it("waits without a line and leaves by itself with the same id, once", async () => {
    hub.isDown = true;
    send(client, reply("Dạ"));
    await vi.advanceTimersByTimeAsync(0);
    expect(states()).toEqual(["waiting"]);
    hub.isDown = false;
    retryNow();
    await vi.advanceTimersByTimeAsync(0);
    expect(states()).toEqual([]);
    expect(posts()).toHaveLength(1);
  });

  it("whose answer was lost is sent again under the same id, never as a second reply", async () => {
    let answers = 0;
    hub.on("POST", "/conversations/[^/]+/reply", (asked) => {
      answers += 1;
      if (answers === 1) throw new TypeError("connection reset");
      return taken(asked);
    });
    send(client, reply("Dạ"));
    await vi.advanceTimersByTimeAsync(2500);
    const sent = posts();
    expect(sent).toHaveLength(2);
    expect(sent[0]?.client_id).toBe(sent[1]?.client_id);
    expect(texts()).toEqual(["Dạ"]);
  });

  it("does not overtake an earlier one that waits", async () => {
    hub.isDown = true;
    send(client, reply("một"));
    send(client, reply("hai"));
    await vi.advanceTimersByTimeAsync(0);
    hub.isDown = false;
    retryNow();
    await vi.advanceTimersByTimeAsync(0);
    expect(posts().map((body) => body.text)).toEqual(["một", "hai"]);
  });

  it("that the hub refuses stays, with the reason, until the agent says again", async () => {
    hub.on("POST", "/conversations/[^/]+/reply", () => ({ status: 409, body: problem(409, "conversation_closed") }));
    const refused = reply("Dạ");
    send(client, refused);
    await vi.advanceTimersByTimeAsync(0);
    expect(states()).toEqual(["failed"]);
    expect(useOutbox.getState().entries[0]?.problem?.code).toBe("conversation_closed");
    hub.on("POST", "/conversations/[^/]+/reply", taken);
    sendAgain(client, refused.clientId);
    await vi.advanceTimersByTimeAsync(0);
    expect(states()).toEqual([]);
  });

  it("is not sent behind the agent's back long after the line was lost", async () => {
    hub.isDown = true;
    send(client, reply("Dạ"));
    await vi.advanceTimersByTimeAsync(3 * 60 * 1000);
    expect(states()).toEqual(["failed"]);
    hub.isDown = false;
    await vi.advanceTimersByTimeAsync(10 * 60 * 1000);
    expect(posts()).toEqual([]);
  });

  it("that its live event brought first leaves the outbox", () => {
    const early = reply("Dạ");
    send(client, early);
    settle(early.clientId);
    expect(states()).toEqual([]);
  });
});
