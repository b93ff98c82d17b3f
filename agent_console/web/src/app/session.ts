/** From "nobody" to "signed in with everything on the screen", and back. Outside React: the router asks it. */
import type { QueryClient } from "@tanstack/react-query";
import i18next from "i18next";
import { keys } from "@/data/keys";
import { loadSnapshot, putMe } from "@/data/session";
import { onUnauthenticated } from "@/lib/api/client";
import { asProblem } from "@/lib/api/problems";
import type { Me } from "@/lib/api/types";
import { switchLocale } from "@/lib/i18n/i18n";
import { type Dial, Live } from "@/live/live";

export class SignInControl {
  readonly live: Live;
  private ready: Promise<boolean> | null = null;
  private leave: (ended: boolean) => void = () => {};

  constructor(
    private readonly client: QueryClient,
    dial: Dial,
  ) {
    this.live = new Live(client, dial, () => this.end(true));
    onUnauthenticated(() => this.end(true));
  }

  /** How to get to the sign-in page; the router is made after this. */
  onLeave(leave: (ended: boolean) => void): void {
    this.leave = leave;
  }

  /** True once the snapshot is in and the socket dials. False when nobody is signed in. Other trouble is thrown. */
  ensure(): Promise<boolean> {
    this.ready ??= this.begin().catch((error) => {
      this.ready = null;
      throw error;
    });
    return this.ready;
  }

  signedIn(me: Me): void {
    putMe(this.client, me);
    this.ready = null;
  }

  /** Forgets everything that is about customers. `ended`: not by the agent's own wish. */
  end(ended: boolean): void {
    const wasIn = this.client.getQueryData(keys.me) !== undefined;
    this.live.stop();
    this.ready = null;
    if (!wasIn) return;
    this.leave(ended);
    this.client.clear();
  }

  private async begin(): Promise<boolean> {
    try {
      const cursor = await loadSnapshot(this.client);
      const locale = this.client.getQueryData<Me>(keys.me)?.agent.locale;
      if (locale && locale !== i18next.language) await switchLocale(locale);
      this.live.start(cursor);
      return true;
    } catch (error) {
      if (asProblem(error).status !== 401) throw error;
      this.ready = null;
      return false;
    }
  }
}
