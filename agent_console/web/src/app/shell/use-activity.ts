/** Somebody is here: keys and pointer, never what they do. The hub sets away who shows no sign of life for long. */
import { useEffect } from "react";
import { useLive } from "@/live/context";

const SIGNS = ["pointerdown", "pointermove", "keydown", "wheel"] as const;

export function useActivity(): void {
  const live = useLive();
  useEffect(() => {
    const onSign = () => live.active();
    for (const sign of SIGNS) window.addEventListener(sign, onSign, { passive: true });
    return () => {
      for (const sign of SIGNS) window.removeEventListener(sign, onSign);
    };
  }, [live]);
}
