/** The bubble and the place of the frame: plain elements in a shadow root, so neither side's styles reach the other. */

export interface Config {
  frame: string;
  accent: string;
  on_accent: string;
  side: "right" | "left";
  side_px: number;
  bottom_px: number;
  locale: string;
}

export interface Bubble {
  frame(hub: string): HTMLIFrameElement;
  open(isOpen: boolean): void;
  hide(isHidden: boolean): void;
  count(unread: number): void;
  speak(locale: string): void;
}

const WORDS = {
  vi: ["Mở chat", "Đóng chat", "tin chưa đọc", "Khung chat"],
  en: ["Open chat", "Close chat", "unread", "Chat"],
} as const;
const PHONE = "(max-width:640px)";
const CHAT = "M4 6a2 2 0 012-2h12a2 2 0 012 2v8a2 2 0 01-2 2h-7l-4 4v-4H6a2 2 0 01-2-2z";
const CROSS = "M6 6l12 12M18 6L6 18";

const STYLE = `:host{all:initial!important}*{box-sizing:border-box}
button,.frame{position:fixed;z-index:2147483000}
button{bottom:calc(var(--b) + env(safe-area-inset-bottom));width:56px;height:56px;padding:0;border:0;border-radius:50%;
display:grid;place-items:center;background:var(--a);color:var(--o);box-shadow:0 4px 14px #0004;cursor:pointer}
button:focus-visible{outline:3px solid var(--a);outline-offset:3px}
svg{width:30px;fill:none;stroke:currentColor;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}
span{position:absolute;top:-4px;right:-4px;min-width:22px;padding:0 6px;border-radius:11px;background:#c4231a;color:#fff;
font:600 13px/22px system-ui,sans-serif;text-align:center}
.frame{bottom:calc(var(--b) + 68px);width:384px;height:min(680px,100dvh - var(--b) - 84px);border-radius:14px;
overflow:hidden;box-shadow:0 8px 32px #0004}
iframe{display:block;width:100%;height:100%;border:0;color-scheme:normal}
[hidden]{display:none!important}
@media${PHONE}{.frame{inset:0!important;width:auto;height:100dvh;border-radius:0}.open{display:none}}`;

export function makeBubble(config: Config, wish: string | undefined, press: () => void): Bubble {
  let locale = wish;
  let unread = 0;
  let isOpen = false;
  let overflow = "";
  const page = document.documentElement;
  const host = document.createElement("div");
  const button = document.createElement("button");
  const badge = document.createElement("span");
  const box = document.createElement("div");
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const icon = document.createElementNS(svg.namespaceURI, "path");

  const words = () => {
    const known = [locale, config.locale, navigator.language].find((l) => /^(vi|en)/.test(l ?? ""));
    return WORDS[known?.slice(0, 2) === "en" ? "en" : "vi"];
  };

  const draw = () => {
    const [open, close, unreadWord, title] = words();
    const label = isOpen ? close : open;
    button.ariaLabel = unread ? `${label}, ${unread} ${unreadWord}` : label;
    button.ariaExpanded = String(isOpen);
    button.className = isOpen ? "open" : "";
    box.ariaLabel = title;
    box.hidden = !isOpen;
    badge.hidden = isOpen || !unread;
    badge.textContent = unread > 99 ? "99+" : String(unread);
    icon.setAttribute("d", isOpen ? CROSS : CHAT);
  };

  /** Beside the body, not in it: pages that swap their body keep it. If somebody removes it all the same, it returns. */
  const stay = () => {
    if (!host.isConnected) page.append(host);
  };

  /** On a phone the chat is all there is: the page behind neither scrolls nor takes the focus. */
  const isAlone = () => isOpen && matchMedia(PHONE).matches;

  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.append(icon);
  button.append(svg, badge);
  button.onclick = press;
  button.setAttribute("aria-controls", "frame");
  box.className = box.id = "frame";
  box.role = "dialog";
  root.append(box, button);
  host.style.cssText = `--a:${config.accent};--o:${config.on_accent};--b:${config.bottom_px}px`;
  for (const element of [button, box]) element.style[config.side] = `${config.side_px}px`;
  draw();
  stay();
  new MutationObserver(stay).observe(page, { childList: true });
  document.addEventListener("focusin", (event) => {
    if (isAlone() && event.target !== host) box.querySelector("iframe")?.focus();
  });

  return {
    frame(hub) {
      const frame = document.createElement("iframe");
      frame.title = words()[3];
      frame.src = hub + config.frame;
      box.append(frame);
      return frame;
    },
    open(isWanted) {
      if (isAlone()) page.style.overflow = overflow;
      isOpen = isWanted;
      if (isAlone()) {
        overflow = page.style.overflow;
        page.style.overflow = "hidden";
      }
      draw();
      if (!isOpen) button.focus({ preventScroll: true });
    },
    hide(isHidden) {
      button.hidden = isHidden;
    },
    count(count) {
      unread = count;
      draw();
    },
    speak(language) {
      locale = language;
      draw();
    },
  };
}
