/** Only so many entries are drawn, however far back the reader goes: the newest ones, or a window around older ones. */
import { useCallback, useState } from "react";
import type { Item } from "@/features/timeline/items";

export const WINDOW_MAX = 400;
const STEP = 150;

export interface Window {
  readonly items: readonly Item[];
  readonly hasEarlier: boolean;
  readonly hasLater: boolean;
  readonly earlier: () => void;
  readonly newest: () => void;
}

export interface Range {
  readonly from: number;
  readonly to: number;
}

/** `end` counts from the newest entry, 0 = up to it; so what comes in at the bottom does not move the window. */
export function rangeOf(length: number, end: number): Range {
  const to = Math.max(Math.min(WINDOW_MAX, length), length - end);
  return { from: Math.max(0, to - WINDOW_MAX), to };
}

export function useWindow(items: readonly Item[]): Window {
  const [end, setEnd] = useState(0);
  const { from, to } = rangeOf(items.length, end);
  const length = items.length;
  return {
    items: from === 0 && to === length ? items : items.slice(from, to),
    hasEarlier: from > 0,
    hasLater: to < length,
    earlier: useCallback(() => setEnd((known) => Math.min(known + STEP, Math.max(0, length - WINDOW_MAX))), [length]),
    newest: useCallback(() => setEnd(0), []),
  };
}
