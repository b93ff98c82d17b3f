/** The hub's time, ticking once a second for the clocks on the screen. One timer for all of them. */
import { useSyncExternalStore } from "react";

let offsetMs = 0;
let second = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

/** From `Snapshot.server_time`: a laptop whose clock is wrong still shows how long a customer has waited. */
export function setServerTime(iso: string): void {
  offsetMs = Date.parse(iso) - Date.now();
  tick();
}

export function now(): number {
  return Date.now() + offsetMs;
}

function tick(): void {
  second = now();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(tick, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0 && timer !== undefined) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** Renders its component again every second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => second);
}
