/**
 * The live line: Engine.IO 4 and Socket.IO 5 over one WebSocket, as much as we need of them.
 *
 * Comes back by itself, at a growing and random pace, until it is refused for good or told to stop. What was sent while
 * it was down is not kept here: whoever must not lose anything asks `isUp` and sends again.
 */

const NAMESPACE = "/visitor";
const CONNECT_MS = 10_000;
const PAUSE_MIN_MS = 1000;
const PAUSE_MAX_MS = 30_000;
const SETTLED_MS = 5000;

export interface Hooks {
  auth(): unknown;
  up(): void;
  down(): void;
  event(name: string, payload: unknown): void;
  /** Coming back makes no sense as things are. */
  refused(code: string): void;
}

type Waiter = { settle: (answer: unknown) => void; fail: (error: Error) => void; timer: number };

export class Line {
  private socket: WebSocket | undefined;
  private timer = 0;
  private failures = 0;
  private count = 0;
  private joinedAt = 0;
  private silenceMs = 45_000;
  private readonly waiting = new Map<number, Waiter>();
  private readonly url: string;
  private readonly hooks: Hooks;

  constructor(url: string, hooks: Hooks) {
    this.url = url;
    this.hooks = hooks;
  }

  get isUp(): boolean {
    return this.joinedAt > 0;
  }

  /** Connects now, unless it is connected or about to be. */
  open(): void {
    clearTimeout(this.timer);
    if (this.socket) return;
    const socket = new WebSocket(`${this.url}/socket.io/?EIO=4&transport=websocket`);
    this.socket = socket;
    this.watch(CONNECT_MS);
    socket.onmessage = (frame) => {
      if (socket === this.socket && typeof frame.data === "string") this.take(frame.data);
    };
    socket.onclose = () => {
      if (socket === this.socket) this.lost();
    };
  }

  /** Ends it, and does not come back until `open`. */
  close(): void {
    const socket = this.socket;
    this.drop();
    socket?.close();
  }

  /** What the hub acknowledged with. Rejects when the line is down, breaks, or the answer takes too long. */
  call<T>(event: string, payload: unknown, timeoutMs = 10_000): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!this.isUp || !this.socket) throw new Error("down");
      const number = ++this.count;
      const timer = window.setTimeout(() => {
        this.waiting.delete(number);
        reject(new Error("timeout"));
      }, timeoutMs);
      this.waiting.set(number, { settle: resolve as (answer: unknown) => void, fail: reject, timer });
      this.socket.send(`42${NAMESPACE},${number}${JSON.stringify([event, payload])}`);
    });
  }

  private take(frame: string): void {
    this.watch(this.silenceMs);
    const kind = frame.slice(0, 2);
    const rest = frame.slice(frame.indexOf(",") + 1);
    if (frame === "2") this.socket?.send("3");
    else if (frame[0] === "0") this.greet(frame.slice(1));
    else if (kind === "40") this.joined();
    else if (kind === "41") this.lost();
    else if (kind === "42") {
      const [name, payload] = JSON.parse(rest) as [string, unknown];
      this.hooks.event(name, payload);
    } else if (kind === "43") this.answered(rest);
    else if (kind === "44") this.turnedAway(JSON.parse(rest) as { message?: string; data?: { retry?: boolean } });
  }

  private greet(handshake: string): void {
    const { pingInterval, pingTimeout } = JSON.parse(handshake) as { pingInterval: number; pingTimeout: number };
    this.silenceMs = pingInterval + pingTimeout;
    this.socket?.send(`40${NAMESPACE},${JSON.stringify(this.hooks.auth())}`);
  }

  private joined(): void {
    this.joinedAt = Date.now();
    this.hooks.up();
  }

  private answered(rest: string): void {
    const bracket = rest.indexOf("[");
    const number = Number(rest.slice(0, bracket));
    const waiter = this.waiting.get(number);
    if (!waiter) return;
    this.waiting.delete(number);
    clearTimeout(waiter.timer);
    waiter.settle((JSON.parse(rest.slice(bracket)) as unknown[])[0]);
  }

  private turnedAway(refusal: { message?: string; data?: { retry?: boolean } }): void {
    if (refusal.data?.retry) this.lost();
    else {
      this.close();
      this.hooks.refused(refusal.message ?? "refused");
    }
  }

  /** The line is silent for longer than the hub's pings allow: it is dead, whatever the browser thinks. */
  private watch(ms: number): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.lost(), ms);
  }

  private lost(): void {
    if (this.joinedAt && Date.now() - this.joinedAt > SETTLED_MS) this.failures = 0;
    const socket = this.socket;
    this.drop();
    socket?.close();
    const pause = Math.min(PAUSE_MAX_MS, PAUSE_MIN_MS * 2 ** this.failures++);
    this.timer = window.setTimeout(() => this.open(), pause * (0.5 + Math.random()));
  }

  private drop(): void {
    clearTimeout(this.timer);
    const wasUp = this.isUp;
    this.socket = undefined;
    this.joinedAt = 0;
    for (const waiter of this.waiting.values()) {
      clearTimeout(waiter.timer);
      waiter.fail(new Error("down"));
    }
    this.waiting.clear();
    if (wasUp) this.hooks.down();
  }
}
