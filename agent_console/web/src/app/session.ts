/** From "nobody" to "signed in with everything on the screen", and back. Outside React: the router asks it. */
import type { QueryClient } from "@tanstack/react-query";
import i18next from "i18next";
import { keys } from "@/data/keys";
import { forgetOutbox } from "@/data/outbox";
import { loadSnapshot, putMe } from "@/data/session";
import { forgetDrafts, recallDrafts } from "@/features/composer/drafts";
import { onUnauthenticated } from "@/lib/api/client";
import { asProblem } from "@/lib/api/problems";
import type { Me } from "@/lib/api/types";
import { switchLocale } from "@/lib/i18n/i18n";
import { type Dial, Live } from "@/live/live";

export class SignInControl {
  readonly live: Live;
  private isLeaving = false;
  private lastAgent: string | null = null;
  private ready: Promise<boolean> | null = null;
  private leave: (ended: boolean) => Promise<void> = () => Promise.resolve();

  constructor(
    private readonly client: QueryClient,
    dial: Dial,
  ) {
    this.live = new Live(client, dial, () => this.end(true));
    onUnauthenticated(() => this.end(true));
  }

  /** How to get to the sign-in page; the router is made after this. */
  onLeave(leave: (ended: boolean) => Promise<void>): void {
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

  /** What the same agent had half written when their sign-in ended is still there; nobody else gets to see it. */
  signedIn(me: Me): void {
    if (this.lastAgent !== null && this.lastAgent !== me.agent.id) forgetWork();
    this.lastAgent = me.agent.id;
    putMe(this.client, me);
    this.ready = null;
  }

  /** Forgets everything that is about customers. `ended`: not by the agent's own wish. */
  end(ended: boolean): void {
    const wasIn = this.client.getQueryData<Me>(keys.me);
    if (!ended) forgetWork();
    this.lastAgent = wasIn?.agent.id ?? this.lastAgent;
    this.live.stop();
    this.ready = null;
    if (wasIn === undefined || this.isLeaving) return;
    this.isLeaving = true;
    void this.leave(ended).finally(() => {
      this.client.clear(); // not before: what is on the screen still reads it
      this.isLeaving = false;
    });
  }

  private async begin(): Promise<boolean> {
    try {
      const cursor = await loadSnapshot(this.client);
      const agent = this.client.getQueryData<Me>(keys.me)?.agent;
      if (agent && agent.locale !== i18next.language) await switchLocale(agent.locale);
      if (agent) recallDrafts(agent.id);
      this.live.start(cursor);
      return true;
    } catch (error) {
      if (asProblem(error).status !== 401) throw error;
      this.ready = null;
      return false;
    }
  }
}

function forgetWork(): void {
  forgetDrafts();
  forgetOutbox();
}
