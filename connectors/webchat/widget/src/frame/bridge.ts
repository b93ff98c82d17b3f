/**
 * Between the frame and the shop's page: a closed list of messages, both ways, each side checking who speaks.
 *
 * The page speaks first; from then on it is answered at that origin only. A page that is not among those the hub names
 * is not heard.
 */
import type { Page } from "./wire";

/** What the page hands over when the frame starts, and again when asked to renew. */
export interface Handover {
  token: string | undefined;
  jwt: string | undefined;
  page: Page;
  locale: string | undefined;
}

export interface PageHooks {
  start(handover: Handover): void;
  open(isOpen: boolean): void;
  page(page: Page): void;
  language(locale: string): void;
}

export type Telling =
  | { type: "token"; data: { token: string; signed: boolean } }
  | { type: "unread"; data: { count: number } }
  | { type: "active"; data: Record<string, never> }
  | { type: "close"; data: Record<string, never> }
  | { type: "renew"; data: Record<string, never> }
  | { type: "reset"; data: Record<string, never> };

export class Bridge {
  private origin = "";
  private readonly allowed: readonly string[];

  constructor(allowed: readonly string[], hooks: PageHooks) {
    this.allowed = allowed;
    addEventListener("message", (event) => {
      if (event.source !== parent || !this.allowed.includes(event.origin)) return;
      const { src, v, type, data } = plain(event.data);
      if (src !== "hub-chat" || v !== 1) return;
      this.origin = event.origin;
      hear(hooks, text(type) ?? "", plain(data));
    });
  }

  tell(telling: Telling): void {
    if (this.origin) parent.postMessage({ src: "hub-chat", v: 1, ...telling }, this.origin);
  }
}

function hear(hooks: PageHooks, type: string, data: Record<string, unknown>): void {
  if (type === "start") {
    hooks.start({
      token: text(data.token),
      jwt: text(data.jwt),
      page: pageOf(plain(data.page)),
      locale: text(data.locale),
    });
  } else if (type === "open") hooks.open(data.open === true);
  else if (type === "page") hooks.page(pageOf(data));
  else if (type === "language") hooks.language(text(data.locale) ?? "");
}

function pageOf(data: Record<string, unknown>): Page {
  const { url, title, referrer } = data;
  return {
    url: (text(url) ?? "").slice(0, 4000),
    title: (text(title) ?? "").slice(0, 1000),
    referrer: (text(referrer) ?? "").slice(0, 4000),
  };
}

/** Own fields only: nothing of a prototype that somebody may have prepared. */
function plain(value: unknown): Record<string, unknown> {
  return Object.assign(Object.create(null), typeof value === "object" ? value : undefined);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value ? value : undefined;
}
