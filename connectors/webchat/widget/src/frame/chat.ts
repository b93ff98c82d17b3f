/** Wires page, hub and screen: boots, keeps the live line, takes what it brings, does what the visitor wants. */
import { type Asking, boot, introduce, older, Refused, upload } from "./api";
import { Bridge, type Handover } from "./bridge";
import { pickLocale, type Sentence } from "./i18n";
import { Line } from "./line";
import { draft, forgetAll, uuid } from "./outbox";
import { cleaned } from "./pictures";
import { solve } from "./proof";
import { Receipts } from "./receipts";
import { Sender } from "./sender";
import { Store } from "./state";
import { EMPTY, hasGap, withMessages, withSeen, withSync } from "./timeline";
import { type Boot, FILE_BYTES_MAX, IMAGE_BYTES_MAX, type Message, type Page, type Sync } from "./wire";

const TYPING_EVERY_MS = 3000;
const TYPING_SHOWN_MS = 6000;
const NOTICE_MS = 6000;
const OFFLINE_AFTER_MS = 2500;
const LOOK_EVERY_MS = 45_000;
const RENEW_EVERY_MS = 10_000;
const BOOT_PAUSES_MS = [1500, 4000, 10_000];

export class Chat {
  readonly store = new Store();
  readonly sender: Sender;
  private readonly bridge: Bridge;
  private readonly line: Line;
  private readonly receipts: Receipts;
  private readonly key: string;
  private page: Page = { url: "", title: "", referrer: "" };
  private handover: Handover | undefined;
  private access = "";
  private mark = "";
  private boots = 0;
  private failedBoots = 0;
  private renewedAt = -RENEW_EVERY_MS;
  private typedAt = 0;
  private typingTimer = 0;
  private noticeTimer = 0;
  private offlineTimer = 0;

  constructor(key: string, parents: readonly string[]) {
    this.key = key;
    this.line = new Line(location.origin.replace(/^http/, "ws"), {
      auth: () => ({ token: this.access, last_seq: this.state.timeline.lastSeq, locale: this.state.locale }),
      up: () => this.up(),
      down: () => this.down(),
      event: (name, payload) => this.take(name, payload),
      refused: (code) => (code.startsWith("token") ? this.renew() : this.store.set({ phase: "broken" })),
    });
    this.sender = new Sender(
      this.store,
      this.line,
      () => this.page.url,
      () => this.renew(),
    );
    this.receipts = new Receipts((event, seq) => this.line.call(event, { seq }).then(isOk, () => false));
    this.bridge = new Bridge(parents, {
      start: (handover) => void this.start(handover),
      open: (isOpen) => this.opened(isOpen),
      page: (page) => {
        this.page = page;
      },
      language: (locale) => this.speak(locale),
    });
    this.watchPage();
  }

  get state() {
    return this.store.state;
  }

  // --- starting ------------------------------------------------------------------------------------------------------

  async start(handover: Handover): Promise<void> {
    this.handover = handover;
    this.page = handover.page;
    this.store.set({ locale: pickLocale(handover.locale, navigator.language) });
    await this.boot();
  }

  async boot(): Promise<void> {
    const handover = this.handover;
    if (!handover) return;
    const number = ++this.boots;
    this.line.close();
    if (!this.state.texts) this.store.set({ phase: "booting" });
    try {
      const booted = await this.ask(handover);
      if (number === this.boots) this.booted(booted, handover);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (number === this.boots) this.bootLater(number, error.code);
    }
  }

  /** A hub that is busy or away is asked again; what it refuses for good is told. */
  private bootLater(number: number, code: string): void {
    const isPassing = code === "offline" || code === "unavailable" || code === "too_fast";
    const pause = BOOT_PAUSES_MS[Math.min(this.failedBoots++, BOOT_PAUSES_MS.length - 1)] ?? 0;
    if (isPassing) setTimeout(() => number === this.boots && void this.boot(), pause);
    if (this.state.phase === "chat") return;
    if (!isPassing || this.failedBoots > BOOT_PAUSES_MS.length) this.store.set({ phase: "broken" });
  }

  /** Boots; proves some work first if the hub wants that. */
  private async ask(handover: Handover): Promise<Boot> {
    const asking: Asking = { key: this.key, page: this.page, locale: this.state.locale };
    if (handover.token) asking.token = handover.token;
    if (handover.jwt) asking.user_jwt = handover.jwt;
    try {
      return await boot(asking);
    } catch (error) {
      const { challenge, bits } = error instanceof Refused ? error.answer : {};
      if (!challenge || !bits) throw error;
      return await boot({ ...asking, proof: { challenge, nonce: await solve(challenge, bits) } });
    }
  }

  private booted(booted: Boot, handover: Handover): void {
    const { widget, visitor } = booted;
    this.failedBoots = 0;
    const isSame = visitor.mark === this.mark;
    const isRenewed = this.mark !== "" && handover.token !== undefined && !handover.jwt && !visitor.verified;
    this.mark = visitor.mark;
    this.access = booted.access;
    this.handover = { ...handover, token: booted.token };
    this.bridge.tell({ type: "token", data: { token: booted.token, signed: visitor.verified } });
    const timeline = withSeen(withMessages(isSame ? this.state.timeline : EMPTY, booted.messages), booted.seen_seq);
    const asksFirst = widget.prechat !== "off" && !visitor.known && timeline.messages.length === 0 && !draft();
    const locale = pickLocale(handover.locale, widget.locale === "auto" ? navigator.language : widget.locale);
    this.store.set({
      texts: widget,
      timeline,
      locale: this.state.texts ? this.state.locale : locale,
      unread: booted.unread,
      phase: asksFirst && !(this.state.phase === "chat" && (isSame || isRenewed)) ? "form" : "chat",
    });
    this.sender.recall(visitor.mark, isRenewed);
    if (this.state.outgoing.length) this.store.set({ phase: "chat" });
    this.tellUnread();
    this.line.open();
    this.awaitLine();
  }

  /** The token is no good any more: the page may have a newer one, and a fresh proof of who is logged in. */
  private renew(): void {
    const wait = Math.max(0, this.renewedAt + RENEW_EVERY_MS - Date.now());
    this.renewedAt = Date.now() + wait;
    setTimeout(() => this.bridge.tell({ type: "renew", data: {} }), wait);
  }

  // --- what the line brings ------------------------------------------------------------------------------------------

  private up(): void {
    clearTimeout(this.offlineTimer);
    this.store.set({ isOffline: false });
    this.receipts.again();
    void this.sender.flush();
  }

  private down(): void {
    this.showTyping(false);
    this.awaitLine();
  }

  /** A short break is nobody's business. */
  private awaitLine(): void {
    clearTimeout(this.offlineTimer);
    this.offlineTimer = window.setTimeout(() => this.store.set({ isOffline: !this.line.isUp }), OFFLINE_AFTER_MS);
  }

  private take(name: string, payload: unknown): void {
    if (name === "sync") this.caughtUp(payload as Sync);
    else if (name === "message.created" || name === "message.updated") this.received(payload as Message);
    else if (name === "seen") this.store.set({ timeline: withSeen(this.state.timeline, (payload as Message).seq) });
    else if (name === "typing") this.showTyping((payload as { on: boolean }).on);
    else if (name === "closed") this.closed((payload as { reason: string }).reason);
  }

  private received(message: Message): void {
    const isNew = !this.state.timeline.messages.some((known) => known.seq === message.seq);
    this.store.set({ timeline: withMessages(this.state.timeline, [message]) });
    this.sender.settle();
    if (message.author.kind === "agent") this.showTyping(false);
    if (isNew && message.author.kind === "agent" && !message.hidden && !this.isReading) {
      this.store.set({ unread: this.state.unread + 1 });
      this.tellUnread();
    }
    if (isNew) this.bridge.tell({ type: "active", data: {} });
    if (hasGap(this.state.timeline)) void this.catchUp();
    this.acknowledge();
  }

  private caughtUp(sync: Sync): void {
    const before = this.state.timeline.lastSeq;
    this.store.set({ timeline: withSync(this.state.timeline, sync) });
    this.sender.settle();
    const missed = sync.messages.filter((m) => m.seq > before && m.author.kind === "agent" && !m.hidden).length;
    if (missed && !this.isReading) {
      this.store.set({ unread: this.state.unread + missed });
      this.tellUnread();
    }
    if (sync.has_more) void this.catchUp();
    this.acknowledge();
  }

  private async catchUp(): Promise<void> {
    const asked = this.state.timeline.lastSeq;
    const answer = await this.line
      .call<Sync & { ok: boolean }>("sync", { last_seq: asked })
      .catch((error: Error) => (error.message === "timeout" ? this.reconnect() : undefined));
    if (answer?.ok && this.state.timeline.lastSeq >= asked) this.caughtUp(answer);
  }

  private closed(reason: string): void {
    this.line.close();
    if (reason === "expired") this.renew();
    else this.store.set({ phase: reason === "too_many_tabs" ? "elsewhere" : "broken" });
  }

  private showTyping(isTyping: boolean): void {
    clearTimeout(this.typingTimer);
    this.store.set({ isTyping });
    if (isTyping) this.typingTimer = window.setTimeout(() => this.store.set({ isTyping: false }), TYPING_SHOWN_MS);
  }

  // --- what the visitor wants ----------------------------------------------------------------------------------------

  say(text: string): void {
    this.typedAt = 0;
    this.store.set({ phase: "chat" });
    this.sender.add(text);
    this.bridge.tell({ type: "active", data: {} });
  }

  /** Raises Refused. */
  async introduce(name: string, phone: string): Promise<void> {
    const consent_version = this.state.texts?.consent_version ?? "";
    const form = { client_id: uuid(), consent_version, page_url: this.page.url };
    const given = { ...form, ...(name && { name }), ...(phone && { phone }) };
    await introduce(this.access, given, this.state.locale);
  }

  skipForm(): void {
    this.store.set({ phase: "chat" });
  }

  typing(isOn: boolean): void {
    const now = Date.now();
    if (isOn ? now - this.typedAt < TYPING_EVERY_MS : !this.typedAt) return;
    this.typedAt = isOn ? now : 0;
    this.line.call("typing", { on: isOn }).catch(() => undefined);
  }

  async attach(files: Iterable<File>): Promise<void> {
    for (const file of files) {
      const largest = file.type.startsWith("image/") ? IMAGE_BYTES_MAX : FILE_BYTES_MAX;
      const body = await cleaned(file);
      if (body.size > largest) this.notice("fileLarge");
      else await this.upload(file, body);
    }
  }

  async showOlder(): Promise<void> {
    const first = this.state.timeline.messages[0];
    if (!first) return;
    const messages = await older(this.access, first.seq).catch(() => undefined);
    if (messages) this.store.set({ timeline: withMessages(this.state.timeline, messages) });
    else this.notice("broken");
  }

  close(): void {
    this.bridge.tell({ type: "close", data: {} });
  }

  /** Leaves nothing of the conversation on this device. */
  startOver(): void {
    forgetAll();
    this.line.close();
    this.mark = "";
    this.store.set({ timeline: EMPTY, outgoing: [], unread: 0, texts: undefined, phase: "booting" });
    this.bridge.tell({ type: "reset", data: {} });
  }

  continueHere(): void {
    this.store.set({ phase: "chat" });
    this.line.open();
  }

  speak(locale: string): void {
    this.store.set({ locale: pickLocale(locale) });
    document.documentElement.lang = this.state.locale;
  }

  notice(notice: Sentence): void {
    clearTimeout(this.noticeTimer);
    this.store.set({ notice });
    this.noticeTimer = window.setTimeout(() => this.store.set({ notice: undefined }), NOTICE_MS);
  }

  private async upload(file: File, body: Blob): Promise<void> {
    this.store.set({ uploading: this.state.uploading + 1 });
    try {
      const ticket = await upload(this.access, file.name, body);
      const kind = file.type.startsWith("image/") ? "image" : "file";
      const look = { kind, name: file.name, mime: file.type, url: URL.createObjectURL(body) } as const;
      this.store.set({ phase: "chat" });
      this.sender.add("", [ticket], [look]);
    } catch (error) {
      const said: Record<string, Sentence> = {
        file_kind: "fileKind",
        file_too_large: "fileLarge",
        too_fast: "fileMany",
      };
      this.notice(said[(error as Refused).code] ?? "fileFailed");
    } finally {
      this.store.set({ uploading: this.state.uploading - 1 });
    }
  }

  // --- the page around us --------------------------------------------------------------------------------------------

  private get isReading(): boolean {
    return this.state.isOpen && document.visibilityState === "visible";
  }

  private opened(isOpen: boolean): void {
    this.store.set({ isOpen });
    this.acknowledge();
  }

  private acknowledge(): void {
    if (this.isReading && this.state.unread) {
      this.store.set({ unread: 0 });
      this.tellUnread();
    }
    if (this.state.timeline.lastSeq) this.receipts.upTo(this.state.timeline.lastSeq, this.isReading);
  }

  private tellUnread(): void {
    this.bridge.tell({ type: "unread", data: { count: this.state.unread } });
  }

  private reconnect(): undefined {
    this.line.close();
    this.line.open();
  }

  private wake(): void {
    if (!this.access || this.state.phase === "elsewhere" || document.visibilityState !== "visible") return;
    this.line.open();
    if (this.line.isUp) void this.catchUp();
    this.acknowledge();
  }

  private watchPage(): void {
    document.addEventListener("visibilitychange", () => this.wake());
    addEventListener("online", () => this.wake());
    addEventListener("pageshow", () => this.wake());
    addEventListener("pagehide", () => this.line.close()); // an open socket keeps the page out of the browser's memory
    setInterval(() => this.wake(), LOOK_EVERY_MS);
  }
}

function isOk(answer: unknown): boolean {
  return (answer as { ok?: boolean } | undefined)?.ok === true;
}
