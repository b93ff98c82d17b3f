/**
 * Gets written messages to the hub, one after another, each once.
 *
 * A message keeps its id over every try, so a repeat is harmless; it leaves storage when the hub has acknowledged it,
 * and the screen when it comes back with its place in the order.
 */
import type { Line } from "./line";
import { newOutgoing, type Outgoing, recalled, remember } from "./outbox";
import type { Store } from "./state";
import type { Ack, File } from "./wire";

const PAUSES_MS = [1000, 3000, 10_000];
const SOON = new Set(["too_fast", "too_much", "unavailable"]);
const WAIT_MAX_MS = 30_000;

export class Sender {
  private owner = "";
  private isBusy = false;
  private readonly failures = new Map<string, number>();
  private readonly store: Store;
  private readonly line: Line;
  private readonly pageUrl: () => string;
  private readonly renew: () => void;

  constructor(store: Store, line: Line, pageUrl: () => string, renew: () => void) {
    this.store = store;
    this.line = line;
    this.pageUrl = pageUrl;
    this.renew = renew;
  }

  /**
   * What this visitor had not got rid of when the page was left. `isSamePerson`: only the token was renewed, so what
   * they wrote meanwhile goes out under the new one.
   */
  recall(owner: string, isSamePerson: boolean): void {
    if (owner === this.owner) return;
    this.owner = owner;
    this.put(isSamePerson ? this.store.state.outgoing : recalled(owner));
    this.settle();
  }

  add(text: string, attachments: string[] = [], files: File[] = []): void {
    this.put([...this.store.state.outgoing, newOutgoing(text, attachments, files)]);
    void this.flush();
  }

  again(clientId: string): void {
    this.failures.delete(clientId);
    this.change(clientId, { state: "sending" });
    void this.flush();
  }

  discard(clientId: string): void {
    this.put(this.store.state.outgoing.filter((message) => message.client_id !== clientId));
  }

  /** Those that came back with their place in the order are the timeline's from now on. */
  settle(): void {
    const placed = new Set(this.store.state.timeline.messages.map((message) => message.client_id));
    const left = this.store.state.outgoing.filter((message) => !placed.has(message.client_id));
    if (left.length !== this.store.state.outgoing.length) this.put(left);
  }

  async flush(): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    try {
      while (this.line.isUp) {
        const next = this.store.state.outgoing.find((message) => message.state === "sending");
        if (!next) break;
        await this.attempt(next);
      }
    } finally {
      this.isBusy = false;
    }
  }

  private async attempt(message: Outgoing): Promise<void> {
    const { client_id, text, attachments, tried } = message;
    this.change(client_id, { tried: true });
    const body = { client_id, text, attachments, page_url: this.pageUrl(), retry: tried };
    const ack = await this.line.call<Ack>("message.send", body).catch(() => undefined);
    if (ack?.ok) this.change(client_id, { state: "sent" });
    else if (ack?.code === "token_refused" || ack?.code === "not_connected") {
      this.line.close();
      this.renew();
    } else if (ack?.code && !SOON.has(ack.code)) this.change(client_id, { state: "failed", code: ack.code });
    else await this.later(client_id, ack);
  }

  /** The hub is busy, we are too fast, or nothing was heard: once more in a while, a few times. */
  private async later(clientId: string, ack: Ack | undefined): Promise<void> {
    if (!this.line.isUp) return; // comes again when the line is up
    if (ack?.code === "too_fast") this.store.set({ notice: "tooFast" });
    const failures = this.failures.get(clientId) ?? 0;
    if (!ack && failures >= PAUSES_MS.length) return this.change(clientId, { state: "failed" });
    this.failures.set(clientId, failures + 1);
    const asked = (ack?.retry_after ?? 0) * 1000;
    const pause = Math.max(asked, PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)] ?? 0);
    await new Promise((done) => setTimeout(done, Math.min(pause, WAIT_MAX_MS)));
  }

  private change(clientId: string, patch: Partial<Outgoing>): void {
    const changed = (message: Outgoing) => (message.client_id === clientId ? { ...message, ...patch } : message);
    this.put(this.store.state.outgoing.map(changed));
  }

  private put(outgoing: readonly Outgoing[]): void {
    this.store.set({ outgoing });
    remember(this.owner, outgoing);
  }
}
