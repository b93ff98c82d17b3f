import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type Hooks, Line } from "./line";

/** A WebSocket whose other end is the test. */
class FakeSocket {
  static all: FakeSocket[] = [];
  static get last(): FakeSocket {
    return FakeSocket.all.at(-1)!;
  }
  sent: string[] = [];
  onmessage: (frame: { data: string }) => void = () => undefined;
  onclose: () => void = () => undefined;
  constructor(readonly url: string) {
    FakeSocket.all.push(this);
  }
  send(frame: string) {
    this.sent.push(frame);
  }
  close() {
    this.onclose();
  }
  receive(...frames: string[]) {
    for (const data of frames) this.onmessage({ data });
  }
}

const OPEN = '0{"sid":"x","upgrades":[],"pingInterval":20000,"pingTimeout":15000,"maxPayload":65536}';
const JOINED = '40/visitor,{"sid":"y"}';
let heard: unknown[][] = [];
const hooks: Hooks = {
  auth: () => ({ token: "t", last_seq: 7 }),
  up: () => heard.push(["up"]),
  down: () => heard.push(["down"]),
  event: (name, payload) => heard.push([name, payload]),
  refused: (code) => heard.push(["refused", code]),
};

function joined(): Line {
  const line = new Line("ws://hub", hooks);
  line.open();
  FakeSocket.last.receive(OPEN, JOINED);
  return line;
}

beforeEach(() => {
  heard = [];
  FakeSocket.all = [];
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
  vi.spyOn(Math, "random").mockReturnValue(0.5);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

it("joins the namespace with what the page knows now, answers pings and hands on events", () => {
  joined();
  FakeSocket.last.receive("2", '42/visitor,["typing",{"on":true}]');
  expect(FakeSocket.last.url).toBe("ws://hub/socket.io/?EIO=4&transport=websocket");
  expect(FakeSocket.last.sent).toEqual(['40/visitor,{"token":"t","last_seq":7}', "3"]);
  expect(heard).toEqual([["up"], ["typing", { on: true }]]);
});

it("matches each acknowledgement with its call", async () => {
  const line = joined();
  const calls = [line.call("a", {}), line.call("b", {})];
  FakeSocket.last.receive('43/visitor,2[{"ok":false}]', "43/visitor,9[{}]", '43/visitor,1[{"ok":true}]');
  expect(await Promise.all(calls)).toEqual([{ ok: true }, { ok: false }]);
});

it("fails calls that nobody answers, and those whose line breaks", async () => {
  const line = joined();
  const slow = line.call("a", {}, 1000);
  vi.advanceTimersByTime(1000);
  await expect(slow).rejects.toThrow("timeout");
  const cut = line.call("b", {});
  FakeSocket.last.close();
  await expect(cut).rejects.toThrow("down");
  await expect(line.call("c", {})).rejects.toThrow("down");
});

it("comes back at a growing pace, and quickly again after it held for a while", () => {
  joined();
  for (const pause of [1000, 2000, 4000]) {
    const before = FakeSocket.all.length;
    FakeSocket.last.close();
    vi.advanceTimersByTime(pause - 1);
    expect(FakeSocket.all.length).toBe(before);
    vi.advanceTimersByTime(1);
    expect(FakeSocket.all.length).toBe(before + 1);
  }
  FakeSocket.last.receive(OPEN, JOINED);
  vi.advanceTimersByTime(6000);
  FakeSocket.last.close();
  vi.advanceTimersByTime(1000);
  expect(FakeSocket.all.length).toBe(5);
});

it("gives up a line on which the hub's pings stay away", () => {
  joined();
  vi.advanceTimersByTime(35_000);
  expect(heard).toEqual([["up"], ["down"]]);
});

it("stays away when it is refused for good, and comes back when the hub is only busy", () => {
  const line = new Line("ws://hub", hooks);
  line.open();
  FakeSocket.last.receive(OPEN, '44/visitor,{"message":"unavailable","data":{"retry":true}}');
  vi.advanceTimersByTime(1000);
  expect(FakeSocket.all.length).toBe(2);
  FakeSocket.last.receive(OPEN, '44/visitor,{"message":"token_expired","data":{"retry":false}}');
  vi.advanceTimersByTime(60_000);
  expect([FakeSocket.all.length, heard]).toEqual([2, [["refused", "token_expired"]]]);
});

it("comes back when the hub leaves the namespace, and not after it was closed here", () => {
  const line = joined();
  FakeSocket.last.receive("41/visitor,");
  vi.advanceTimersByTime(1000);
  expect(FakeSocket.all.length).toBe(2);
  line.close();
  vi.advanceTimersByTime(60_000);
  expect(FakeSocket.all.length).toBe(2);
});
