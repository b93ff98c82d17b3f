/** What sheets share about the keyboard. */
import { type KeyboardEvent, type RefObject, useEffect, useRef } from "react";

/** Escape closes the sheet and nothing behind it: the library's own way lets the key go on to the page. */
export function onEscape(close: () => void): (event: KeyboardEvent) => void {
  return (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    close();
  };
}

/** The place to begin. The sheet comes after its frame has taken the focus, so it asks for it itself. */
export function useFirst<E extends HTMLElement>(): RefObject<E | null> {
  const first = useRef<E>(null);
  useEffect(() => first.current?.focus(), []);
  return first;
}
