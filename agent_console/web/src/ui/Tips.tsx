/** The words beside a sign while the pointer rests on it or the keyboard is at it. One layer for the whole page: what
 * has a tip bears attributes only (see tip), so that a long list of buttons costs nothing. */
import { useCallback, useEffect, useState } from "react";
import { Key } from "@/ui/Key";
import css from "@/ui/Tips.module.css";
import type { Side } from "@/ui/tip";

const AFTER_MS = 400;
const GAP_PX = 6;
const EDGE_PX = 4;

export function Tips() {
  const [of, setOf] = useState<HTMLElement | null>(null);
  useEffect(() => watch(setOf), []);
  const place = useCallback(
    (drawn: HTMLElement | null) => {
      if (drawn && of) putBeside(drawn, of);
    },
    [of],
  );
  if (of === null) return null;
  const { tip, tipKey } = of.dataset;
  return (
    <div ref={place} className={css.tip} role="tooltip">
      {tip}
      {tipKey && <Key name={tipKey} />}
    </div>
  );
}

/** Tells what the tip to be shown belongs to, or null; returns how to stop. */
function watch(show: (of: HTMLElement | null) => void): () => void {
  let at: HTMLElement | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const turnTo = (target: EventTarget | null) => {
    const found = target instanceof Element ? target.closest<HTMLElement>("[data-tip]") : null;
    if (found === at) return;
    at = found;
    clearTimeout(timer);
    show(null);
    if (found !== null) timer = setTimeout(() => show(found.isConnected ? found : null), AFTER_MS);
  };
  const onPoint = (event: PointerEvent) => event.pointerType !== "touch" && turnTo(event.target);
  const onFocus = ({ target }: FocusEvent) => {
    if (target instanceof Element && target.matches(":focus-visible")) turnTo(target);
  };
  const onGone = () => {
    clearTimeout(timer); // not shown again before something else was pointed at
    show(null);
  };
  const onLeave = () => turnTo(null);
  const listening = new AbortController();
  const options = { capture: true, passive: true, signal: listening.signal };
  document.addEventListener("pointerover", onPoint, options);
  document.addEventListener("focusin", onFocus, options);
  document.addEventListener("focusout", onLeave, options);
  document.documentElement.addEventListener("pointerleave", onLeave, options);
  for (const gone of ["pointerdown", "keydown", "scroll"]) document.addEventListener(gone, onGone, options);
  return () => {
    clearTimeout(timer);
    listening.abort();
  };
}

/** On the side it asks for where there is room, else on the opposite one; never beyond the edge of the page. */
function putBeside(drawn: HTMLElement, of: HTMLElement): void {
  const [sign, box] = [of.getBoundingClientRect(), drawn.getBoundingClientRect()];
  const { innerWidth, innerHeight } = window;
  const rooms: Readonly<Record<Side, number>> = {
    top: sign.top - box.height,
    bottom: innerHeight - sign.bottom - box.height,
    left: sign.left - box.width,
    right: innerWidth - sign.right - box.width,
  };
  const wanted = (of.dataset.tipSide ?? "bottom") as Side;
  const side = rooms[wanted] > GAP_PX + EDGE_PX ? wanted : OPPOSITE[wanted];
  const middle = { x: (sign.left + sign.right - box.width) / 2, y: (sign.top + sign.bottom - box.height) / 2 };
  const left = { left: sign.left - GAP_PX - box.width, right: sign.right + GAP_PX, top: middle.x, bottom: middle.x };
  const top = { top: sign.top - GAP_PX - box.height, bottom: sign.bottom + GAP_PX, left: middle.y, right: middle.y };
  drawn.style.left = `${within(left[side], innerWidth - box.width)}px`;
  drawn.style.top = `${within(top[side], innerHeight - box.height)}px`;
}

const OPPOSITE: Readonly<Record<Side, Side>> = { top: "bottom", bottom: "top", left: "right", right: "left" };

function within(value: number, most: number): number {
  return Math.max(EDGE_PX, Math.min(value, most - EDGE_PX));
}
