/** Tells the hub how far the visitor has received and read: forward only, at most once a second. */

const PACE_MS = 1000;

export class Receipts {
  private received = 0;
  private read = 0;
  private wanted = { received: 0, read: 0 };
  private timer = 0;
  private readonly send: (event: "received" | "read", seq: number) => Promise<boolean>;

  constructor(send: (event: "received" | "read", seq: number) => Promise<boolean>) {
    this.send = send;
  }

  /** `isRead`: it stands before the visitor's eyes now. */
  upTo(seq: number, isRead: boolean): void {
    this.wanted.received = Math.max(this.wanted.received, seq);
    if (isRead) this.wanted.read = Math.max(this.wanted.read, seq);
    if (!this.timer && this.isNews()) this.timer = window.setTimeout(() => void this.tell(), PACE_MS / 4);
  }

  /** After a break nobody knows what arrived: say it again. */
  again(): void {
    this.received = this.read = 0;
    this.upTo(this.wanted.received, false);
  }

  private isNews(): boolean {
    return this.wanted.read > this.read || this.wanted.received > Math.max(this.received, this.read);
  }

  private async tell(): Promise<void> {
    const { received, read } = this.wanted;
    const isRead = read > this.read;
    const [event, seq] = isRead ? (["read", read] as const) : (["received", received] as const);
    const told = await this.send(event, seq);
    if (told && isRead) this.read = Math.max(this.read, seq);
    else if (told) this.received = Math.max(this.received, seq);
    this.timer = 0;
    if (told && this.isNews()) this.timer = window.setTimeout(() => void this.tell(), PACE_MS);
  }
}
