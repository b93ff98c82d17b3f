/** What the screen is drawn from. */
import type { Locale, Sentence } from "./i18n";
import type { Outgoing } from "./outbox";
import { EMPTY, type Timeline } from "./timeline";
import type { Texts } from "./wire";

/** waiting: for the page to speak. elsewhere: the newest tabs have taken over. */
export type Phase = "waiting" | "booting" | "form" | "chat" | "broken" | "elsewhere";

export interface State {
  phase: Phase;
  locale: Locale;
  texts: Texts | undefined;
  timeline: Timeline;
  outgoing: readonly Outgoing[];
  /** The line has been down for longer than a moment. */
  isOffline: boolean;
  isOpen: boolean;
  isTyping: boolean;
  unread: number;
  uploading: number;
  notice: Sentence | undefined;
}

export const INITIAL: State = {
  phase: "waiting",
  locale: "vi",
  texts: undefined,
  timeline: EMPTY,
  outgoing: [],
  isOffline: false,
  isOpen: false,
  isTyping: false,
  unread: 0,
  uploading: 0,
  notice: undefined,
};

export class Store {
  state = INITIAL;
  private readonly listeners = new Set<() => void>();

  set(patch: Partial<State>): void {
    this.state = { ...this.state, ...patch };
    for (const listener of this.listeners) listener();
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
