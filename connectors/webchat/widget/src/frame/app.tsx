import { useEffect, useMemo, useReducer } from "preact/hooks";
import type { Chat } from "./chat";
import { Composer } from "./composer";
import { Form } from "./form";
import { Header } from "./header";
import { type Sentence, say } from "./i18n";
import type { State } from "./state";
import { Thread } from "./thread";

export type Say = (sentence: Sentence, values?: Record<string, string | number>) => string;

export interface Shown {
  chat: Chat;
  state: State;
  say: Say;
}

export function App({ chat }: { chat: Chat }) {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => chat.store.subscribe(() => redraw(undefined)), [chat]);
  const { state } = chat;
  useLook(state);
  const speak = useMemo<Say>(() => (sentence, values) => say(state.locale, sentence, values), [state.locale]);
  const shown: Shown = { chat, state, say: speak };
  return (
    <main onKeyDown={(event) => event.key === "Escape" && !event.isComposing && chat.close()}>
      <Header {...shown} />
      <Body {...shown} />
    </main>
  );
}

function Body(shown: Shown) {
  const { chat, state, say } = shown;
  if (state.phase === "waiting") return parent === window ? <Notice text={say("openPage")} /> : <Loading />;
  if (state.phase === "booting") return <Loading />;
  if (state.phase === "broken") return <Notice text={say("broken")} action={say("again")} act={() => chat.boot()} />;
  if (state.phase === "elsewhere")
    return <Notice text={say("elsewhere")} action={say("continueHere")} act={() => chat.continueHere()} />;
  if (state.phase === "form") return <Form {...shown} />;
  return (
    <>
      <Thread {...shown} />
      <Composer {...shown} />
    </>
  );
}

function Loading() {
  return (
    <div class="loading" aria-busy="true">
      <i />
      <i />
      <i />
    </div>
  );
}

function Notice({ text, action, act }: { text: string; action?: string; act?: () => void }) {
  return (
    <div class="notice" role="alert">
      <p>{text}</p>
      {action && (
        <button type="button" class="primary" onClick={act}>
          {action}
        </button>
      )}
    </div>
  );
}

/** Colours and theme of the shop, as custom properties: the page's policy allows no inline styles. */
function useLook({ texts, locale }: State) {
  useEffect(() => {
    const root = document.documentElement;
    root.lang = locale;
    if (!texts) return;
    root.dataset.theme = texts.theme;
    for (const [name, colour] of Object.entries(texts.colours)) {
      root.style.setProperty(`--${name.replaceAll("_", "-")}`, colour);
    }
  }, [texts, locale]);
}
