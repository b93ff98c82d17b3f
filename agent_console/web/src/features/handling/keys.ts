/** What sheets share about the keyboard. */
import { type KeyboardEvent, type RefObject, useEffect, useRef } from "react";

/** Within a sheet: up and down go through its choices, Enter in the search takes the first and goes on to the note,
 * Ctrl-Enter sends. */
export function sheetKeys(send: () => void): (event: KeyboardEvent<HTMLElement>) => void {
  return (event) => {
    if (event.nativeEvent.isComposing) return;
    const at = event.target as HTMLElement;
    const choices = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-choices] button:enabled")];
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send();
    else if (event.key === "Enter" && at.matches("input:not([type])")) {
      choices[0]?.click();
      if (choices.length > 0) event.currentTarget.querySelector("textarea")?.focus();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!at.matches("input:not([type]), [data-choices] button")) return;
      choices[choices.indexOf(at) + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
    } else return;
    event.preventDefault();
  };
}

/** The place to begin. The sheet comes after its frame has taken the focus, so it asks for it itself. */
export function useFirst<E extends HTMLElement>(): RefObject<E | null> {
  const first = useRef<E>(null);
  useEffect(() => first.current?.focus(), []);
  return first;
}
