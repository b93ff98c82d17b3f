/** Keys to actions. Components say what an action does while they are there; the latest one to say so wins. */
import { useEffect, useRef } from "react";
import { type Action, KEYMAP } from "@/lib/shortcuts/keymap";

const SEQUENCE_MS = 1200; // "g" waits this long for its second letter

const handlers = new Map<Action, (() => void)[]>();
let isPaused = false;

/** While something that takes the keyboard is open, or is about to be. */
export function pauseShortcuts(paused: boolean): void {
  isPaused = paused;
}

/** `enabled` false: the key does nothing, as if it were not bound. */
export function useShortcut(action: Action, run: () => void, enabled = true): void {
  const latest = useRef(run);
  useEffect(() => {
    latest.current = run;
  });
  useEffect(() => {
    if (!enabled) return undefined;
    const handler = () => latest.current();
    handlers.set(action, [...(handlers.get(action) ?? []), handler]);
    return () => {
      handlers.set(
        action,
        (handlers.get(action) ?? []).filter((other) => other !== handler),
      );
    };
  }, [action, enabled]);
}

/** Runs what is bound to the action. False when nothing is. */
export function runAction(action: Action): boolean {
  const handler = handlers.get(action)?.at(-1);
  handler?.();
  return handler !== undefined;
}

/** The key of an event as the keymap writes it; null while Vietnamese (or any other) text is being composed. */
export function chordOf(event: KeyboardEvent): string | null {
  if (event.isComposing || event.keyCode === 229) return null;
  if (event.ctrlKey || event.metaKey) return `mod+${event.key.toLowerCase()}`;
  // With Alt, macOS puts another letter into `key`: the place on the keyboard counts.
  if (event.altKey) return `alt+${event.code.replace(/^Key/, "").toLowerCase()}`;
  return event.key.toLowerCase();
}

const WORK_WHILE_TYPING: readonly string[] = ["mod+k", "alt+f", "escape"];

export function actionFor(chord: string, pending: string | null): Action | null {
  const wanted = pending === null ? chord : `${pending} ${chord}`;
  const found = Object.entries(KEYMAP).find(([, binding]) => binding.keys === wanted);
  return found ? (found[0] as Action) : null;
}

function startsSequence(chord: string): boolean {
  return Object.values(KEYMAP).some((binding) => binding.keys.startsWith(`${chord} `));
}

/** Listens on the page; returns how to stop. */
export function listenForShortcuts(page: Pick<Document, "addEventListener" | "removeEventListener">): () => void {
  let pending: string | null = null;
  let pendingUntil = 0;
  const onKey = (event: KeyboardEvent) => {
    const chord = chordOf(event);
    if (isPaused || chord === null || event.defaultPrevented || event.repeat) return;
    if (isTyping(event.target) && !WORK_WHILE_TYPING.includes(chord)) return;
    const prefix = pending !== null && Date.now() < pendingUntil ? pending : null;
    pending = null;
    const action = actionFor(chord, prefix);
    if (action !== null) {
      if (isInDialog(event.target) && action !== "leave") return;
      if (action !== "open" && runAction(action)) event.preventDefault();
    } else if (startsSequence(chord)) {
      pending = chord;
      pendingUntil = Date.now() + SEQUENCE_MS;
    }
  };
  page.addEventListener("keydown", onKey);
  return () => page.removeEventListener("keydown", onKey);
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}

/** Menus and dialogs have keys of their own. */
function isInDialog(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('[role="dialog"],[role="menu"]') !== null;
}
