/** The owner of the socket: outside React, one per page.
 *
 * 1. `start(cursor)` connects with the snapshot's cursor; the hub replays what came after it, then says `sync`.
 * 2. What arrives while a snapshot is being taken is held, and applied after it.
 * 3. A conversation whose row is ahead of its timeline is caught up by asking for the changes after its seq.
 * 4. `reload` means too much was missed: everything is taken anew, and the socket connects with the new cursor.
 */
import type { QueryClient } from "@tanstack/react-query";
import { applyCall, callsMayHaveChanged } from "@/data/calls";
import { catchUp, reread } from "@/data/detail";
import { keys } from "@/data/keys";
import { rowOf } from "@/data/rows";
import { applyAgents, applyPresence, applyQueues, loadSnapshot, refreshMe } from "@/data/session";
import type { Timeline } from "@/data/timeline";
import type {
  LiveAgents,
  LiveBundle,
  LiveCall,
  LiveEvent,
  LivePresence,
  LiveQueues,
  LiveReread,
  LiveRow,
  LiveTyping,
  Me,
} from "@/lib/api/types";
import { applyMessages, isBehind, type Message } from "@/live/apply";
import { isEvent, isRow } from "@/live/shapes";
import { noteTyping, setLine } from "@/live/status";

export const BATCH_MS = 30; // after a quiet moment at once; then a burst of events becomes one rendering
const BUSY_MS = 120; // when each batch is large, the eye gains nothing from more of them
const BUSY_FROM = 12;
const HEARTBEAT_MS = 30_000; // asks the open conversation's seq again: a gap nobody noticed closes by itself
const TYPING_EVERY_MS = 3000;
const ACTIVE_EVERY_MS = 30_000;
const OFFLINE_AFTER_MS = 2500; // a short break is no news
const RETRY_CATCH_UP_MS = 3000;
const REFUSED_RETRY_MS = 4000; // half of it to one and a half times: not all consoles at once

/** What we need of a Socket.IO client; tests bring their own. */
export interface Socket {
  connected: boolean;
  on(name: string, listener: (body: never) => void): unknown;
  emit(name: string, body: unknown, ack?: (answer: Ack) => void): unknown;
  connect(): unknown;
  disconnect(): unknown;
}

export interface Ack {
  readonly ok: boolean;
  readonly seq?: number | null;
  readonly code?: string | null;
}

type Refusal = Error & { readonly data?: { readonly code?: string } };

export type Dial = (auth: () => { csrf: string; cursor: string }) => Socket;

export class Live {
  private cursor = "";
  private socket: Socket | null = null;
  private batch: Message[] = [];
  private batchTimer: ReturnType<typeof setTimeout> | undefined;
  private nextBatchAt = 0;
  private held: Message[] | null = null;
  private watched: string | null = null;
  private readonly catching = new Set<string>();
  private typingSent = 0;
  private activeSent = 0;
  private offlineTimer: ReturnType<typeof setTimeout> | undefined;
  private heartbeat: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly client: QueryClient,
    private readonly dial: Dial,
    private readonly onEnded: () => void,
  ) {}

  start(cursor: string): void {
    if (this.socket) return;
    this.cursor = cursor;
    const socket = this.dial(() => ({ csrf: this.client.getQueryData<Me>(keys.me)?.csrf ?? "", cursor: this.cursor }));
    this.socket = socket;
    this.listen(socket);
    this.heartbeat = setInterval(() => this.askSeq(), HEARTBEAT_MS);
    socket.connect();
  }

  stop(): void {
    clearInterval(this.heartbeat);
    clearTimeout(this.batchTimer);
    clearTimeout(this.offlineTimer);
    this.socket?.disconnect();
    this.socket = null;
    this.batch = [];
    this.held = null;
    this.watched = null;
    setLine("connecting");
  }

  /** The conversation on the screen: all its events are sent from now on, and what it missed is asked for. */
  watch(conversationId: string): void {
    if (this.watched !== null && this.watched !== conversationId) this.unwatch(this.watched);
    this.watched = conversationId;
    this.askSeq(true);
  }

  unwatch(conversationId: string): void {
    if (this.watched !== conversationId) return;
    this.watched = null;
    if (this.socket?.connected) this.socket.emit("unwatch", { conversation_id: conversationId });
  }

  /** Tells the others that we write. Throttled; forgotten by them after some seconds. */
  typing(conversationId: string, on: boolean): void {
    const now = Date.now();
    if (on && now - this.typingSent < TYPING_EVERY_MS) return;
    this.typingSent = on ? now : 0;
    if (this.socket?.connected) this.socket.emit("typing", { conversation_id: conversationId, on });
  }

  /** Somebody is at the keyboard. Throttled; the hub sets agents away who show no sign of life. */
  active(): void {
    const now = Date.now();
    if (now - this.activeSent < ACTIVE_EVERY_MS || !this.socket?.connected) return;
    this.activeSent = now;
    this.socket.emit("active", {});
  }

  private listen(socket: Socket): void {
    socket.on("connect", () => this.onConnect());
    socket.on("disconnect", (reason: string) => this.onDisconnect(reason));
    socket.on("connect_error", (error: Refusal) => this.onRefused(error));
    socket.on("event", (event: LiveEvent) => this.takeEvent(event));
    socket.on("row", (row: LiveRow) => this.takeRow(row));
    socket.on("bundle", (bundle: LiveBundle) => {
      for (const message of bundle.messages) {
        if (isRow(message)) this.takeRow(message);
        else this.takeEvent(message);
      }
    });
    socket.on("reread", (news: LiveReread) => this.readAnew(news.conversation_id));
    socket.on("sync", (news: { cursor: string }) => this.onSync(news.cursor));
    socket.on("reload", () => void this.reload());
    socket.on("presence", (news: LivePresence) => applyPresence(this.client, news));
    socket.on("call", (news: LiveCall) => applyCall(this.client, news));
    socket.on("agents", (news: LiveAgents) => applyAgents(this.client, news));
    socket.on("queues", (news: LiveQueues) => applyQueues(this.client, news));
    socket.on("typing", (news: LiveTyping) => noteTyping(news));
    socket.on("kick", () => this.end());
  }

  private takeEvent(event: LiveEvent): void {
    this.take(isEvent(event) ? { kind: "event", event } : null, "event");
  }

  private takeRow(row: LiveRow): void {
    this.take(isRow(row) ? { kind: "row", row } : null, "row");
  }

  private take(message: Message | null, type: string): void {
    if (message === null) {
      console.warn(`live: a message of type ${type} that this console cannot read; taking everything anew`);
      void this.reload();
      return;
    }
    this.cursor = message.kind === "event" ? message.event.cursor : message.row.cursor;
    if (this.held) this.held.push(message);
    else this.enqueue(message);
  }

  private enqueue(message: Message): void {
    this.batch.push(message);
    this.batchTimer ??= setTimeout(() => this.flush(), Math.max(0, this.nextBatchAt - Date.now()));
  }

  private flush(): void {
    clearTimeout(this.batchTimer);
    this.batchTimer = undefined;
    const messages = this.batch;
    this.batch = [];
    this.nextBatchAt = Date.now() + (messages.length >= BUSY_FROM ? BUSY_MS : BATCH_MS);
    const wanted = applyMessages(this.client, messages);
    for (const id of wanted.panel) void this.client.invalidateQueries({ queryKey: keys.detail(id) });
    for (const id of wanted.reread) this.reread(id);
    for (const message of messages) if (message.kind === "event") this.close(message.event.event.conversation.id);
    if (this.watched !== null) this.close(this.watched);
  }

  /** Somebody else is its customer now, or something happened in another conversation of theirs. */
  private readAnew(conversationId: string): void {
    void this.client.invalidateQueries({ queryKey: keys.detail(conversationId) });
    this.reread(conversationId);
  }

  /** Other entries belong to the customer now. Asked again until it is answered: the old ones would be a lie. */
  private reread(conversationId: string): void {
    reread(this.client, conversationId).catch(() => {
      setTimeout(() => this.socket && this.reread(conversationId), RETRY_CATCH_UP_MS);
    });
  }

  /** Closes the gap of one conversation, if there is one. One question at a time. */
  private close(conversationId: string): void {
    if (isBehind(this.client, conversationId)) this.fetchChanges(conversationId);
  }

  private fetchChanges(conversationId: string): void {
    if (this.catching.has(conversationId)) return;
    this.catching.add(conversationId);
    catchUp(this.client, conversationId)
      .then(() => {
        this.catching.delete(conversationId);
        this.close(conversationId); // more may have come in meanwhile
      })
      .catch(() => setTimeout(() => this.retryClose(conversationId), RETRY_CATCH_UP_MS));
  }

  private retryClose(conversationId: string): void {
    this.catching.delete(conversationId);
    if (this.socket?.connected) this.close(conversationId);
  }

  private onConnect(): void {
    clearTimeout(this.offlineTimer);
    this.offlineTimer = undefined;
    setLine("live");
    callsMayHaveChanged(this.client);
    this.askSeq(true);
  }

  private onDisconnect(reason: string): void {
    this.offlineTimer ??= setTimeout(() => setLine("offline"), OFFLINE_AFTER_MS);
    // The library dials again by itself, except when the hub closed the socket on purpose.
    if (reason === "io server disconnect") this.dialAgain();
  }

  /** With `data`, the hub itself said no, and the library does not dial again; without, there is no line. */
  private onRefused(error: Refusal): void {
    this.offlineTimer ??= setTimeout(() => setLine("offline"), OFFLINE_AFTER_MS);
    if (error.data === undefined) return;
    if (error.data.code === "not_signed_in") this.end();
    else this.dialAgain();
  }

  /** After a refusal or a close by the hub. The sign-in may have got a new token in another tab. */
  private dialAgain(): void {
    const { socket } = this;
    setTimeout(
      () => {
        refreshMe(this.client)
          .then(() => this.socket === socket && socket?.connect())
          .catch(() => this.socket === socket && this.dialAgain());
      },
      REFUSED_RETRY_MS * (0.5 + Math.random()),
    );
  }

  private onSync(cursor: string): void {
    this.cursor = cursor;
    this.flush();
  }

  /** Registers interest in the open conversation and learns how far it has come. `fresh`: what else happened to its
   * customer is told from now on; of one that is closed, its seq does not say whether something did before. */
  private askSeq(fresh = false): void {
    const id = this.watched;
    if (id === null || !this.socket?.connected) return;
    this.socket.emit("watch", { conversation_id: id }, (answer) => {
      if (!answer.ok || typeof answer.seq !== "number") return;
      this.compare(id, answer.seq);
      if (fresh && rowOf(this.client, id)?.status === "closed") this.readAnew(id);
    });
  }

  private compare(conversationId: string, seq: number): void {
    const timeline = this.client.getQueryData<Timeline>(keys.timeline(conversationId));
    if (timeline !== undefined && timeline.seq < seq) this.fetchChanges(conversationId);
  }

  private async reload(): Promise<void> {
    if (this.held) return;
    this.held = [];
    this.batch = [];
    try {
      this.cursor = await loadSnapshot(this.client, { keep: this.watched });
    } catch {
      this.held = null;
      setTimeout(() => void this.reload(), RETRY_CATCH_UP_MS);
      return;
    }
    // Timelines stay: each knows its seq, and is completed from there once it is watched.
    void this.client.resetQueries({ queryKey: keys.lists });
    void this.client.invalidateQueries({ queryKey: keys.details });
    const held = this.held;
    this.held = null;
    for (const message of held) this.enqueue(message);
    this.socket?.disconnect();
    this.socket?.connect();
  }

  private end(): void {
    this.stop();
    this.onEnded();
  }
}
