/**
 * What a shop's page loads: a bubble, and on the first click a frame of the hub with the conversation in it.
 *
 * It must never throw into the page, block it, style it, or be styled by it. The visitor's token lies in the page's own
 * storage, for a frame's storage is short-lived in some browsers; alone it can only start the chat again.
 *
 * Functions in functions, not classes: their names cost nothing once minified, and 3 kB are allowed.
 */
import { type Bubble, type Config, makeBubble } from "./bubble";
import { forget, keep, recall } from "./memory";

type Jwt = string | (() => string | Promise<string>) | undefined;
type Command = (name: string, value: unknown, more: unknown) => void;
interface Entrance extends Command {
  q?: Iterable<ArrayLike<unknown>>;
  loaded?: boolean;
}

const ACTIVE_MS = 24 * 60 * 60 * 1000;
const LOOK_AT_PAGE_MS = 1500;

function warn(what: unknown): void {
  console.warn("HubChat:", what);
}

function makeWidget(hub: string, key: string): { start(): Promise<void>; command: Command } {
  let bubble: Bubble | undefined;
  let frame: HTMLIFrameElement | undefined;
  let jwt: Jwt;
  let locale: string | undefined;
  let isOpen = false;
  let isHidden = false;
  let isLoaded = false;
  let seenUrl = "";
  const signed = `${key}:u`;
  const active = `${key}:t`;
  const listeners: [unknown, (value: unknown) => void][] = [];

  const ask = (path: string, headers: HeadersInit = {}) =>
    fetch(`${hub}/w/v1/${path}?key=${encodeURIComponent(key)}`, { headers });

  const tell = (type: string, data: object) =>
    isLoaded && frame?.contentWindow?.postMessage({ src: "hub-chat", v: 1, type, data }, hub);

  const emit = (name: string, value?: unknown) => {
    for (const [wanted, listener] of listeners) if (wanted === name) guarded(() => listener(value));
  };

  const showUnread = (count: number) => {
    bubble?.count(count);
    emit("unread", count);
  };

  const page = () => {
    seenUrl = location.href;
    return { url: seenUrl, title: document.title, referrer: document.referrer };
  };

  /** The frame gets what it needs to boot: a logged-in customer's token only beside the proof of who that is. */
  const handOver = async () => {
    let proof: string | undefined;
    try {
      proof = typeof jwt === "function" ? await jwt() : jwt;
    } catch (error) {
      warn(error); // then the visitor is nobody in particular
    }
    const token = (proof && recall("local", signed)) || recall("local", key);
    tell("start", { token, jwt: proof, page: page(), locale });
    tell("open", { open: isOpen });
  };

  const load = () => {
    if (frame || !bubble) return;
    frame = bubble.frame(hub);
    frame.onload = () => {
      isLoaded = true;
      void handOver();
    };
    setInterval(() => location.href !== seenUrl && tell("page", page()), LOOK_AT_PAGE_MS);
  };

  const open = (isWanted: boolean) => {
    if (isWanted) keep("session", "open", "1");
    else forget("session", "open");
    if (!bubble || isOpen === isWanted) return; // not there yet: it will see what was wanted
    isOpen = isWanted;
    if (isOpen) load();
    bubble.open(isOpen);
    tell("open", { open: isOpen });
    if (isOpen) frame?.focus();
    emit(isOpen ? "opened" : "closed");
  };

  const renew = () => {
    if (isLoaded) void handOver();
  };

  /** The next one on this device is somebody else. */
  const reset = () => {
    jwt = undefined;
    for (const name of [key, signed, active]) forget("local", name);
    renew();
  };

  const commands: Record<string, (value: unknown, more: unknown) => void> = {
    open: () => open(true),
    close: () => open(false),
    toggle: () => open(!isOpen),
    show: () => {
      isHidden = false;
      bubble?.hide(false);
    },
    hide: () => {
      isHidden = true;
      open(false);
      bubble?.hide(true);
    },
    setUser: (value) => {
      jwt = value as Jwt;
      renew();
    },
    setLanguage: (value) => {
      locale = String(value);
      bubble?.speak(locale);
      tell("language", { locale });
    },
    reset,
    on: (name, listener) => listeners.push([name, listener as () => void]),
  };

  const heard: Record<string, (data: Record<string, unknown>) => void> = {
    token: ({ token, signed: isSigned }) => {
      keep("local", isSigned ? signed : key, String(token));
      if (isSigned) forget("local", key);
    },
    unread: ({ count }) => showUnread(Number(count)),
    active: () => keep("local", active, String(Date.now())),
    close: () => open(false),
    renew,
    reset,
  };

  const hear = (event: MessageEvent) => {
    if (!frame || event.source !== frame.contentWindow || event.origin !== hub) return;
    const { src, v, type, data } = Object(event.data);
    if (src === "hub-chat" && v === 1 && Object.hasOwn(heard, type)) heard[type]?.(Object(data));
  };

  const start = async () => {
    const answer = await ask("config");
    if (!answer.ok) return warn(`this page may not show the widget (${answer.status})`);
    bubble = makeBubble((await answer.json()) as Config, locale, () => open(!isOpen));
    bubble.hide(isHidden);
    addEventListener("message", hear);
    const token = recall("local", signed) ?? recall("local", key);
    if (recall("session", "open")) open(true);
    else if (Date.now() - Number(recall("local", active)) < ACTIVE_MS) load();
    else if (token) {
      const counted = await ask("unread", { Authorization: `Bearer ${token}` });
      if (counted.ok) showUnread(Number((await counted.json()).unread));
    }
    emit("ready");
  };

  return {
    start,
    command: (name, value, more) => {
      if (Object.hasOwn(commands, name)) commands[name]?.(value, more);
    },
  };
}

/** Whatever happens in it stays here. */
function guarded(act: () => void): void {
  try {
    act();
  } catch (error) {
    warn(error);
  }
}

function main(): void {
  const script = document.currentScript as HTMLScriptElement | null;
  const slot = window as unknown as { HubChat?: Entrance };
  if (!script || slot.HubChat?.loaded) return; // included twice
  const hub = new URL(script.src).origin;
  const earlier = [...(slot.HubChat?.q ?? [])];
  let command: Command | undefined;
  const entrance: Entrance = (name, value, more) =>
    guarded(() => {
      const key = Object(value).key;
      if (name !== "init") command?.(name, value, more);
      else if (!command && typeof key === "string") {
        const widget = makeWidget(hub, key);
        command = widget.command;
        whenIdle(() => widget.start().catch(warn));
      }
    });
  entrance.loaded = true;
  slot.HubChat = entrance;
  for (const [name, value, more] of earlier.map((call) => Array.from(call))) entrance(String(name), value, more);
}

/** When the page has nothing better to do. */
function whenIdle(act: () => void): void {
  if ("requestIdleCallback" in window) requestIdleCallback(act, { timeout: 2000 });
  else setTimeout(act, 300);
}

guarded(main);
