/** Escape closes what is open and nothing behind it: the library's own way lets the key go on to the page. */
import type { KeyboardEvent } from "react";

export function onEscape(close: () => void): (event: KeyboardEvent) => void {
  return (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    close();
  };
}
