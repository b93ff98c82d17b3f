/** Messages that the hub has not acknowledged yet. They survive a reload of the page, files aside. */
import type { File } from "./wire";

export interface Outgoing {
  client_id: string;
  text: string;
  attachments: string[];
  /** How the files look meanwhile. */
  files: File[];
  created_at: string;
  state: "sending" | "sent" | "failed";
  /** It may have arrived: nobody told. */
  tried: boolean;
  /** Why it will never be taken, if so. */
  code?: string;
}

const NAME = "hubchat.outbox";
const DRAFT = "hubchat.draft";
const KEPT_MAX = 50;

/** Storage that may be forbidden to a frame of another site: then nothing survives a reload. */
const store = (() => {
  try {
    sessionStorage.setItem("hubchat.try", "1");
    sessionStorage.removeItem("hubchat.try");
    return sessionStorage;
  } catch {
    return undefined;
  }
})();

export function newOutgoing(text: string, attachments: string[] = [], files: File[] = []): Outgoing {
  const created_at = new Date().toISOString();
  return { client_id: uuid(), text, attachments, files, created_at, state: "sending", tried: false };
}

/** What a page that was closed or reloaded had not got rid of; `owner` keeps visitors of one browser apart. */
export function recalled(owner: string): Outgoing[] {
  try {
    const kept = JSON.parse(store?.getItem(NAME) ?? "null") as { owner: string; messages: Outgoing[] } | null;
    if (kept?.owner !== owner || !Array.isArray(kept.messages)) return [];
    return kept.messages.map((message) => ({ ...message, files: [] }));
  } catch {
    return [];
  }
}

export function remember(owner: string, outgoing: readonly Outgoing[]): void {
  const messages = outgoing.filter((message) => message.state !== "sent").slice(-KEPT_MAX);
  try {
    if (messages.length) store?.setItem(NAME, JSON.stringify({ owner, messages }));
    else store?.removeItem(NAME);
  } catch {
    // full: what is on the screen is still sent
  }
}

export function draft(): string {
  return store?.getItem(DRAFT) ?? "";
}

export function keepDraft(text: string): void {
  try {
    if (text) store?.setItem(DRAFT, text);
    else store?.removeItem(DRAFT);
  } catch {
    // full: the draft is on the screen
  }
}

export function forgetAll(): void {
  store?.removeItem(NAME);
  store?.removeItem(DRAFT);
}

/** crypto.randomUUID asks for a secure page; getRandomValues does not. */
export function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
