import { renderHook } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { KEYMAP } from "@/lib/shortcuts/keymap";
import { listenForShortcuts, pauseShortcuts, useShortcut } from "@/lib/shortcuts/shortcuts";

let stop: () => void;
beforeEach(() => {
  stop = listenForShortcuts(document);
});
afterEach(() => {
  stop();
  pauseShortcuts(false);
  document.body.innerHTML = "";
});

function press(key: string, more: KeyboardEventInit & { keyCode?: number } = {}, target: EventTarget = document.body) {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
  if (more.keyCode !== undefined) Object.defineProperty(event, "keyCode", { value: more.keyCode });
  target.dispatchEvent(event);
  return event;
}

function bound(action: keyof typeof KEYMAP) {
  const run = vi.fn();
  renderHook(() => useShortcut(action, run));
  return run;
}

describe("keys", () => {
  it("are given once each", () => {
    const keys = Object.values(KEYMAP).map((binding) => binding.keys);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("do what they say", () => {
    const run = bound("resolve");
    expect(press("e").defaultPrevented).toBe(true);
    expect(run).toHaveBeenCalledTimes(1);
  });

  it("do nothing while Vietnamese is being composed", () => {
    const run = bound("resolve");
    press("e", { isComposing: true });
    press("e", { keyCode: 229 });
    expect(run).not.toHaveBeenCalled();
  });

  it("do nothing in a field, but for those that lead out of it", () => {
    const [resolve, palette] = [bound("resolve"), bound("palette")];
    const field = document.body.appendChild(document.createElement("textarea"));
    press("e", {}, field);
    press("k", { ctrlKey: true }, field);
    expect(resolve).not.toHaveBeenCalled();
    expect(palette).toHaveBeenCalledTimes(1);
  });

  it("come in sequences too, for a moment", () => {
    vi.useFakeTimers();
    const run = bound("goWaiting");
    press("g");
    press("w");
    expect(run).toHaveBeenCalledTimes(1);
    press("g");
    vi.advanceTimersByTime(2000);
    press("w");
    expect(run).toHaveBeenCalledTimes(1);
    vi.useRealTimers();
  });

  it("wait while a palette is open or on its way", () => {
    const run = bound("accept");
    pauseShortcuts(true);
    press("a");
    expect(run).not.toHaveBeenCalled();
  });

  it("belong to whoever came last, and go back when they leave", () => {
    const first = bound("leave");
    const second = vi.fn();
    const { unmount } = renderHook(() => useShortcut("leave", second));
    press("Escape");
    unmount();
    press("Escape");
    expect([first.mock.calls.length, second.mock.calls.length]).toEqual([1, 1]);
  });

  it("are read by their place on the keyboard with Alt", () => {
    const run = bound("search");
    press("ƒ", { altKey: true, code: "KeyF" });
    expect(run).toHaveBeenCalledTimes(1);
  });
});
