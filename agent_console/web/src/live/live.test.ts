import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { loadDetail } from "@/data/detail";
import { keys } from "@/data/keys";
import { rowOf } from "@/data/rows";
import { loadSnapshot } from "@/data/session";
import type { Timeline } from "@/data/timeline";
import type { AgentCard, Changes, Queue, Touchpoint } from "@/lib/api/types";
import { BATCH_MS, Live } from "@/live/live";
import { useStatus } from "@/live/status";
import { aLine, anEvent, aRow, aTouchpoint, LAN } from "@/testing/builders";
import { FakeHub } from "@/testing/fake-hub";

const row = aRow({ seq: 10 });
const at = (seq: number, more = {}) => ({ ...row, seq, ...more });
let hub: FakeHub;
let client: QueryClient;
let live: Live;
let ended = 0;
let restore: () => void;

beforeEach(async () => {
  vi.useFakeTimers();
  hub = new FakeHub();
  hub.put(row, { timeline: { touchpoints: [aTouchpoint(row, { text: "đầu tiên" })], history: [], before: null } });
  restore = hub.install();
  client = new QueryClient();
  ended = 0;
  live = new Live(client, hub.dial, () => {
    ended += 1;
  });
  live.start(await loadSnapshot(client));
  await client.prefetchQuery({ queryKey: keys.detail(row.id), queryFn: () => loadDetail(client, row.id) });
  live.watch(row.id);
});

afterEach(() => {
  live.stop();
  restore();
  vi.useRealTimers();
});

function added(seq: number, text: string) {
  return anEvent(at(seq), "touchpoint_added", { touchpoint: aTouchpoint(at(seq), { text }) });
}

const texts = () => client.getQueryData<Timeline>(keys.timeline(row.id))?.touchpoints.map((t) => t.text);
const asked = (path: string) => hub.asked.filter((question) => question.path.endsWith(path));

function answerChanges(touchpoints: Touchpoint[], seq: number, more: Partial<Changes> = {}) {
  hub.on("GET", "/conversations/[^/]+/changes", () => ({
    body: { conversation: at(seq), touchpoints, history: [], reload: false, ...more },
  }));
}

describe("the live connection", () => {
  it("takes a bundle apart, in order", async () => {
    hub.socket.say("bundle", {
      messages: [
        added(11, "một"),
        { cursor: "c12", at: row.opened_at, conversation: { ...aRow({ seq: 4 }), id: "other", preview: null } },
        added(12, "hai"),
      ],
    });
    await vi.advanceTimersByTimeAsync(BATCH_MS);
    expect(texts()?.slice(-2)).toEqual(["một", "hai"]);
    expect(hub.socket.auth().cursor).toBe("c12");
  });

  it("dials with the snapshot's cursor and the sign-in's token, then goes on from the last message", async () => {
    expect(hub.socket.auth()).toEqual({ csrf: "csrf-token", cursor: "c0" });
    hub.socket.say("event", added(11, "Shop ơi"));
    expect(hub.socket.auth().cursor).toBe("c11");
    hub.socket.say("sync", { cursor: "c15" });
    expect(hub.socket.auth().cursor).toBe("c15");
  });

  it("shows a burst with one change of the screen", async () => {
    let changes = 0;
    client.getQueryCache().subscribe((event) => {
      if (event.type === "updated" && event.query.queryKey[0] === "rows") changes += 1;
    });
    for (let seq = 11; seq < 60; seq += 1) hub.socket.say("event", added(seq, `tin ${seq}`));
    await vi.advanceTimersByTimeAsync(BATCH_MS);
    expect(texts()).toHaveLength(50);
    expect(changes).toBe(1);
  });

  it("moves rows of other conversations without their words", async () => {
    hub.socket.say("row", { cursor: "c9", at: row.opened_at, conversation: at(11, { unread: 3 }) });
    await vi.advanceTimersByTimeAsync(BATCH_MS);
    expect(rowOf(client, row.id)?.unread).toBe(3);
  });

  it("asks for what is missing after a gap, and only then calls itself complete", async () => {
    const missed = aTouchpoint(at(11), { text: "bị sót" });
    answerChanges([missed], 12);
    hub.socket.say("event", added(12, "sau chỗ hổng"));
    await vi.advanceTimersByTimeAsync(BATCH_MS);
    expect(asked("/changes")[0]?.query.get("after_seq")).toBe("10");
    expect(texts()).toEqual(expect.arrayContaining(["bị sót", "sau chỗ hổng"]));
    expect(client.getQueryData<Timeline>(keys.timeline(row.id))?.seq).toBe(12);
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked("/changes")).toHaveLength(1);
  });

  it("asks again later when the question itself fails", async () => {
    hub.on("GET", "/conversations/[^/]+/changes", () => ({ status: 503, body: {} }));
    hub.socket.say("event", added(12, "x"));
    await vi.advanceTimersByTimeAsync(BATCH_MS + 100);
    answerChanges([aTouchpoint(at(11), { text: "bị sót" })], 12);
    await vi.advanceTimersByTimeAsync(4000);
    expect(texts()).toContain("bị sót");
  });

  it("notices by itself what nobody sent, from the seq in the answer to watch", async () => {
    answerChanges([aTouchpoint(at(11), { text: "âm thầm" })], 11);
    hub.socket.answer = (name) => (name === "watch" ? { ok: true, seq: 11 } : { ok: true });
    await vi.advanceTimersByTimeAsync(30_000);
    expect(texts()).toContain("âm thầm");
  });

  it("watches again after a break, from the last cursor", async () => {
    hub.socket.say("event", added(11, "Shop ơi"));
    hub.socket.cut();
    await vi.advanceTimersByTimeAsync(3000);
    expect(useStatus.getState().line).toBe("offline");
    hub.socket.connect();
    expect(useStatus.getState().line).toBe("live");
    expect(hub.socket.emitted.filter((message) => message.name === "watch")).toHaveLength(2);
    expect(hub.socket.auth().cursor).toBe("c11");
  });

  it("says nothing about a break shorter than a blink", async () => {
    hub.socket.cut();
    await vi.advanceTimersByTimeAsync(500);
    hub.socket.connect();
    await vi.advanceTimersByTimeAsync(5000);
    expect(useStatus.getState().line).toBe("live");
  });

  it("takes everything anew on reload, and holds what comes in the meantime", async () => {
    let release: () => void = () => {};
    const stale = aRow({ seq: 3 });
    client.setQueryData(
      keys.rows,
      new Map([
        [stale.id, stale],
        [row.id, row],
      ]),
    );
    hub.on("GET", "/snapshot", async () => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return { body: { ...hub.snapshot, cursor: "c20", conversations: [at(12)] } };
    });
    answerChanges([], 13, { conversation: at(13, { unread: 5 }) });
    hub.socket.say("reload", { reason: "too_old" });
    hub.socket.say("row", { cursor: "c21", at: row.opened_at, conversation: at(13, { unread: 5 }) });
    await vi.advanceTimersByTimeAsync(BATCH_MS * 2);
    expect(rowOf(client, row.id)?.seq).toBe(10);
    release();
    await vi.advanceTimersByTimeAsync(BATCH_MS * 2);
    expect(rowOf(client, row.id)).toMatchObject({ seq: 13, unread: 5 });
    expect(rowOf(client, stale.id)).toBeUndefined();
    expect(hub.socket.dialled).toBe(2);
  });

  it("takes everything anew when it cannot read a message, rather than guess", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    hub.socket.say("event", { cursor: "c11", type: "hub.touchpoint_added.v1", at: "x", event: { nonsense: true } });
    await vi.advanceTimersByTimeAsync(100);
    expect(asked("/snapshot")).toHaveLength(2);
    expect(warn.mock.calls.flat().join(" ")).not.toContain("nonsense");
  });

  it("reads the timeline and the panel anew after a merge", async () => {
    hub.on("GET", "/conversations/[^/]+/timeline", () => ({
      body: {
        touchpoints: [aTouchpoint(row, { text: "từ Facebook" })],
        history: [aLine(at(11), "customer_merged")],
        before: null,
      },
    }));
    hub.socket.say("event", anEvent(at(11), "customer_merged", { merge: { entry_id: "e", undone: false } }));
    await vi.advanceTimersByTimeAsync(BATCH_MS + 50);
    expect(texts()).toContain("từ Facebook");
    expect(client.getQueryState(keys.detail(row.id))?.isInvalidated).toBe(true);
  });

  it("reads the timeline and the panel of a closed conversation anew when it is asked to", async () => {
    hub.on("GET", "/conversations/[^/]+/timeline", () => ({
      body: { touchpoints: [aTouchpoint(row, { text: "từ Zalo" })], history: [], before: null },
    }));
    hub.socket.say("reread", { conversation_id: row.id });
    await vi.advanceTimersByTimeAsync(50);
    expect(texts()).toEqual(["từ Zalo"]);
    expect(client.getQueryState(keys.detail(row.id))?.isInvalidated).toBe(true);
  });

  it("reads a closed conversation anew after a break: its seq does not say what happened to its customer", async () => {
    hub.socket.say("row", { cursor: "c11", at: row.opened_at, conversation: at(11, { status: "closed" }) });
    answerChanges([], 11, { conversation: at(11, { status: "closed" }) });
    hub.socket.answer = (name) => (name === "watch" ? { ok: true, seq: 11 } : { ok: true });
    await vi.advanceTimersByTimeAsync(BATCH_MS + 50);
    hub.socket.cut();
    expect(asked("/timeline")).toHaveLength(0);
    hub.socket.connect();
    await vi.advanceTimersByTimeAsync(50);
    expect(asked("/timeline")).toHaveLength(1);
  });

  it("asks again when the timeline cannot be read anew at once", async () => {
    hub.on("GET", "/conversations/[^/]+/timeline", () => ({ status: 503, body: {} }));
    hub.socket.say("event", anEvent(at(11), "customer_split", { merge: { entry_id: "e", undone: true } }));
    await vi.advanceTimersByTimeAsync(BATCH_MS + 50);
    hub.on("GET", "/conversations/[^/]+/timeline", () => ({
      body: { touchpoints: [aTouchpoint(row, { text: "còn lại" })], history: [], before: null },
    }));
    await vi.advanceTimersByTimeAsync(4000);
    expect(texts()).toEqual(["còn lại"]);
  });

  it("keeps colleagues and queues as they are now", () => {
    hub.socket.say("presence", { agent_id: LAN, status: "away", since: row.opened_at });
    expect(client.getQueryData<AgentCard[]>(keys.agents)?.[0]?.presence).toBe("away");
    const [queue] = client.getQueryData<Queue[]>(keys.queues) ?? [];
    hub.socket.say("queues", { queues: [{ ...queue, waiting: 7 }] });
    expect(client.getQueryData<Queue[]>(keys.queues)?.[0]?.waiting).toBe(7);
  });

  it("forgets that somebody writes after a few seconds", async () => {
    hub.socket.say("typing", { conversation_id: row.id, on: true, identity_id: "i", agent_id: null });
    expect(useStatus.getState().typing.size).toBe(1);
    await vi.advanceTimersByTimeAsync(6000);
    expect(useStatus.getState().typing.size).toBe(0);
  });

  it("tells the others that we write, at most every three seconds", async () => {
    const typed = () => hub.socket.emitted.filter((message) => message.name === "typing");
    live.typing(row.id, true);
    live.typing(row.id, true);
    expect(typed()).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(3000);
    live.typing(row.id, true);
    live.typing(row.id, false);
    expect(typed().map((message) => (message.body as { on: boolean }).on)).toEqual([true, true, false]);
  });

  it("dials again with a fresh token when the hub refuses it", async () => {
    hub.socket.connected = false;
    hub.snapshot = { ...hub.snapshot, me: { ...hub.snapshot.me, csrf: "fresh" } };
    hub.socket.say("connect_error", Object.assign(new Error("csrf"), { data: { code: "csrf", retry: false } }));
    await vi.advanceTimersByTimeAsync(7000);
    expect(hub.socket.dialled).toBe(2);
    expect(hub.socket.auth().csrf).toBe("fresh");
  });

  it("leaves dialling to the library when there is only no line", async () => {
    hub.socket.say("connect_error", new Error("websocket error"));
    await vi.advanceTimersByTimeAsync(30_000);
    expect(hub.socket.dialled).toBe(1);
    expect(useStatus.getState().line).toBe("offline");
  });

  it("ends when the hub refuses because nobody is signed in", () => {
    hub.socket.say("connect_error", Object.assign(new Error("x"), { data: { code: "not_signed_in" } }));
    expect(ended).toBe(1);
  });

  it("ends when the hub says that the sign-in is over", () => {
    hub.socket.say("kick", { reason: "signed_out" });
    expect(ended).toBe(1);
    expect(hub.socket.connected).toBe(false);
  });
});
