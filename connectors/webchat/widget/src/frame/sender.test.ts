import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Line } from "./line";
import { Sender } from "./sender";
import { Store } from "./state";
import { withMessages } from "./timeline";
import type { Ack } from "./wire";

type Body = { client_id: string; text: string; retry: boolean };

/** A hub that answers each call with the next of `answers`; without one, nobody answers. */
class FakeLine {
  isUp = true;
  calls: Body[] = [];
  answers: (Ack | undefined)[] = [];
  async call(_event: string, body: Body): Promise<Ack> {
    this.calls.push(body);
    const answer = this.answers.shift();
    if (!answer) throw new Error("timeout");
    return answer;
  }
  close() {
    this.isUp = false;
  }
}

let line: FakeLine;
let store: Store;
let sender: Sender;
let renewals: number;

beforeEach(() => {
  sessionStorage.clear();
  vi.useFakeTimers();
  line = new FakeLine();
  store = new Store();
  renewals = 0;
  sender = newSender("a");
});

afterEach(() => vi.useRealTimers());

function newSender(owner: string): Sender {
  const made = new Sender(
    store,
    line as unknown as Line,
    () => "https://shop.vn",
    () => renewals++,
  );
  made.recall(owner, false);
  return made;
}

const states = () => store.state.outgoing.map(({ text, state }) => [text, state]);

it("sends one after another and marks what was acknowledged", async () => {
  line.answers = [{ ok: true }, { ok: true }];
  sender.add("một");
  sender.add("hai");
  await vi.runAllTimersAsync();
  expect(line.calls.map(({ text, retry }) => [text, retry])).toEqual([
    ["một", false],
    ["hai", false],
  ]);
  expect(states()).toEqual([
    ["một", "sent"],
    ["hai", "sent"],
  ]);
});

it("sends again with the same id when nobody answered, and says so", async () => {
  line.answers = [undefined, undefined, { ok: true }];
  sender.add("một");
  await vi.runAllTimersAsync();
  expect(new Set(line.calls.map(({ client_id }) => client_id)).size).toBe(1);
  expect(line.calls.map(({ retry }) => retry)).toEqual([false, true, true]);
  expect(states()).toEqual([["một", "sent"]]);
});

it("asks the visitor when nobody answers at all, and goes on with the rest", async () => {
  line.answers = [undefined, undefined, undefined, undefined, { ok: true }];
  sender.add("một");
  sender.add("hai");
  await vi.runAllTimersAsync();
  expect(states()).toEqual([
    ["một", "failed"],
    ["hai", "sent"],
  ]);
  line.answers = [{ ok: true }];
  sender.again(store.state.outgoing[0]!.client_id);
  await vi.runAllTimersAsync();
  expect(states()[0]).toEqual(["một", "sent"]);
});

it("waits as long as it is asked to, and then sends", async () => {
  line.answers = [{ ok: false, code: "too_fast", retry_after: 4 }, { ok: true }];
  sender.add("một");
  await vi.advanceTimersByTimeAsync(3900);
  expect(line.calls.length).toBe(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(states()).toEqual([["một", "sent"]]);
});

it("does not repeat what will never be taken", async () => {
  line.answers = [{ ok: false, code: "message_too_long" }];
  sender.add("một");
  await vi.runAllTimersAsync();
  expect([line.calls.length, store.state.outgoing[0]?.code]).toEqual([1, "message_too_long"]);
});

it("renews a token that is no good and keeps the message for afterwards", async () => {
  line.answers = [{ ok: false, code: "token_refused" }];
  sender.add("một");
  await vi.runAllTimersAsync();
  expect([renewals, states()]).toEqual([1, [["một", "sending"]]]);
  sender.recall("b", true);
  expect(states()).toEqual([["một", "sending"]]);
});

it("finds what was not sent after a reload, and forgets it when somebody else comes", async () => {
  line.isUp = false;
  sender.add("chưa gửi");
  await vi.runAllTimersAsync();
  store = new Store();
  newSender("a");
  expect(states()).toEqual([["chưa gửi", "sending"]]);
  for (const next of ["somebody else", "a"]) {
    store = new Store();
    newSender(next);
    expect(states()).toEqual([]);
  }
});

it("takes a message off its list when it came back with its place", async () => {
  line.answers = [{ ok: true }];
  sender.add("một");
  const { client_id } = store.state.outgoing[0]!;
  const author = { kind: "visitor" } as const;
  const shown = { id: "1", seq: 1, author, created_at: "", attachments: [], client_id, edited: false, hidden: false };
  store.set({ timeline: withMessages(store.state.timeline, [shown]) });
  sender.settle();
  await vi.runAllTimersAsync();
  expect(states()).toEqual([]);
});
