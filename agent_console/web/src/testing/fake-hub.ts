/** Answers the console's requests from memory, and plays the hub's side of the socket. Holds values, decides nothing. */
import type { ConversationDetail, ConversationState, Snapshot } from "@/lib/api/types";
import type { Ack, Dial, Socket } from "@/live/live";
import { aCustomer, aMe, anAgent, anOption, aQueue } from "@/testing/builders";

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly headers: Headers;
}

type Answer = { readonly status?: number; readonly body?: unknown } | undefined;
type Handler = (asked: Asked) => Answer | Promise<Answer>;

export class FakeHub {
  snapshot: Snapshot;
  readonly details = new Map<string, ConversationDetail>();
  readonly asked: Asked[] = [];
  readonly socket = new FakeSocket();
  readonly dial: Dial = (auth) => {
    this.socket.auth = auth;
    return this.socket;
  };
  isDown = false;
  private readonly handlers: { method: string; pattern: RegExp; handle: Handler }[] = [];

  constructor(rows: readonly ConversationState[] = []) {
    this.snapshot = {
      cursor: "c0",
      server_time: new Date().toISOString(),
      me: aMe(),
      queues: [aQueue()],
      agents: [anAgent()],
      conversations: rows,
    };
    this.on("GET", "/snapshot", () => ({ body: this.snapshot }));
    this.on("GET", "/calls", () => ({ body: { items: [] } }));
    this.on("GET", "/me", () => ({ body: this.snapshot.me }));
    this.on("GET", "/conversations", ({ query }) => ({ body: this.page(query) }));
    this.on("GET", "/conversations/[^/]+", ({ path }) => this.detail(path));
    this.on("POST", "/conversations/[^/]+/read", ({ path }) => ({ body: this.row(path.split("/")[2] ?? "") }));
  }

  /** Later ones win. `path` is below /api/v1, a pattern. */
  on(method: string, path: string, handle: Handler): void {
    this.handlers.unshift({ method, pattern: new RegExp(`^${path}$`), handle });
  }

  /** A conversation with all that opening it shows. */
  put(row: ConversationState, detail: Partial<ConversationDetail> = {}): void {
    this.snapshot = {
      ...this.snapshot,
      conversations: [...this.snapshot.conversations.filter((known) => known.id !== row.id), row],
    };
    const known = this.details.get(row.id);
    this.details.set(row.id, {
      customer: aCustomer(row),
      timeline: { touchpoints: [], history: [], before: null },
      reply_options: [anOption()],
      suggestions: [],
      ...known,
      ...detail,
      conversation: row,
    });
  }

  row(conversationId: string): ConversationState | undefined {
    return this.snapshot.conversations.find((known) => known.id === conversationId);
  }

  /** Takes the place of the page's fetch; returns how to put it back. */
  install(): () => void {
    const before = globalThis.fetch;
    globalThis.fetch = ((input: RequestInfo | URL, init?: RequestInit) =>
      this.fetch(String(input), init)) as typeof fetch;
    return () => {
      globalThis.fetch = before;
    };
  }

  private async fetch(address: string, init: RequestInit = {}): Promise<Response> {
    if (this.isDown) throw new TypeError("Failed to fetch");
    const url = new URL(address, "http://hub.test");
    const asked: Asked = {
      method: init.method ?? "GET",
      path: url.pathname.replace("/api/v1", ""),
      query: url.searchParams,
      body: typeof init.body === "string" ? JSON.parse(init.body) : init.body,
      headers: new Headers(init.headers),
    };
    this.asked.push(asked);
    const handler = this.handlers.find(({ method, pattern }) => method === asked.method && pattern.test(asked.path));
    const answer = handler ? await handler.handle(asked) : { status: 404, body: problem(404, "path_unknown") };
    const body = answer?.body === undefined ? null : JSON.stringify(answer.body);
    return new Response(body, { status: answer?.status ?? (body === null ? 204 : 200) });
  }

  private page(query: URLSearchParams) {
    const view = query.get("view");
    const items = this.snapshot.conversations.filter((row) => (row.status === "closed") === (view === "closed"));
    return { items: query.has("q") ? [] : items, next: null };
  }

  private detail(path: string): Answer {
    const detail = this.details.get(path.split("/")[2] ?? "");
    return detail ? { body: detail } : { status: 404, body: problem(404, "conversation_unknown") };
  }
}

export function problem(status: number, code: string, detail = "Something is wrong."): Record<string, unknown> {
  return { type: "about:blank", title: code, status, code, detail };
}

export class FakeSocket implements Socket {
  connected = false;
  auth: () => { csrf: string; cursor: string } = () => ({ csrf: "", cursor: "" });
  readonly emitted: { name: string; body: unknown }[] = [];
  dialled = 0;
  answer: (name: string, body: unknown) => Ack = () => ({ ok: true });
  private readonly listeners = new Map<string, ((body: never) => void)[]>();

  on(name: string, listener: (body: never) => void): void {
    this.listeners.set(name, [...(this.listeners.get(name) ?? []), listener]);
  }

  emit(name: string, body: unknown, ack?: (answer: Ack) => void): void {
    this.emitted.push({ name, body });
    ack?.(this.answer(name, body));
  }

  connect(): void {
    this.dialled += 1;
    this.connected = true;
    this.say("connect", undefined);
    this.say("sync", { cursor: this.auth().cursor });
  }

  disconnect(): void {
    this.connected = false;
    this.say("disconnect", "io client disconnect");
  }

  /** The line is cut. */
  cut(): void {
    this.connected = false;
    this.say("disconnect", "transport close");
  }

  /** The hub sends something. */
  say(name: string, body: unknown): void {
    for (const listener of this.listeners.get(name) ?? []) listener(body as never);
  }
}
