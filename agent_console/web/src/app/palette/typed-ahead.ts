/** What was typed between Ctrl-K and the palette's field having the focus: not lost, and not taken for shortcuts. */
import { useEffect, useState } from "react";

export function useTypedAhead(isOpening: boolean): string {
  const [typed, setTyped] = useState("");
  useEffect(() => {
    if (!isOpening) return undefined;
    setTyped("");
    const onKey = (event: KeyboardEvent) => {
      const isField = event.target instanceof HTMLInputElement;
      if (isField || event.key.length !== 1 || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      setTyped((before) => before + event.key);
    };
    document.addEventListener("keydown", onKey, true);
    return () => document.removeEventListener("keydown", onKey, true);
  }, [isOpening]);
  return typed;
}
