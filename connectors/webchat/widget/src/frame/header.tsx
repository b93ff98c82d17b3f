import { useEffect, useRef, useState } from "preact/hooks";
import type { Shown } from "./app";
import { CloseIcon, MoreIcon } from "./icons";

export function Header(shown: Shown) {
  const { chat, state, say } = shown;
  const { texts, locale } = state;
  return (
    <header>
      <div class="titles">
        <h1>{texts?.title[locale]}</h1>
        <p>{texts?.expectation[locale]}</p>
      </div>
      <Menu {...shown} />
      <button type="button" class="icon" aria-label={say("close")} title={say("close")} onClick={() => chat.close()}>
        <CloseIcon />
      </button>
    </header>
  );
}

function Menu({ chat, state, say }: Shown) {
  const [isOpen, setOpen] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!isOpen) return;
    place.current?.querySelector<HTMLElement>("[role=menuitem]")?.focus();
    const leave = (event: Event) => !place.current?.contains(event.target as Node) && setOpen(false);
    addEventListener("pointerdown", leave);
    return () => removeEventListener("pointerdown", leave);
  }, [isOpen]);
  const pick = (act: () => void) => () => {
    setOpen(false);
    act();
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === "Escape" && isOpen) {
      event.stopPropagation();
      setOpen(false);
    }
  };
  return (
    <div class="menu" ref={place}>
      <button
        type="button"
        class="icon"
        aria-label={say("more")}
        title={say("more")}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        onKeyDown={keys}
        onClick={() => setOpen(!isOpen)}
      >
        <MoreIcon />
      </button>
      {isOpen && (
        <div role="menu" tabIndex={-1} onKeyDown={keys}>
          <button type="button" role="menuitem" onClick={pick(() => chat.speak(state.locale === "vi" ? "en" : "vi"))}>
            {say("language")}
          </button>
          <button type="button" role="menuitem" onClick={pick(() => chat.startOver())}>
            {say("startOver")}
            <small>{say("startOverNote")}</small>
          </button>
        </div>
      )}
    </div>
  );
}
