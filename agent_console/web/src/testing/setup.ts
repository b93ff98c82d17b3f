/** What the test browser lacks, and a clean page after each test. */
import { cleanup, configure } from "@testing-library/react";
import { afterEach, vi } from "vitest";

configure({ asyncUtilTimeout: 5000 }); // of a machine that does other things as well
afterEach(cleanup);

class NoResize implements ResizeObserver {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}
globalThis.ResizeObserver = NoResize;

if (typeof window !== "undefined") {
  window.matchMedia = vi.fn((query: string) => ({
    matches: query.includes("prefers-reduced-motion"), // what moves is there at once
    media: query,
    onchange: null,
    addListener: () => {},
    removeListener: () => {},
    addEventListener: () => {},
    removeEventListener: () => {},
    dispatchEvent: () => false,
  })) as unknown as typeof window.matchMedia;
  Element.prototype.scrollTo ??= () => {};
  // nothing is laid out here, and a virtual list draws only what has room
  Object.defineProperty(HTMLElement.prototype, "clientHeight", { get: () => 600, configurable: true });
  Object.defineProperty(HTMLElement.prototype, "clientWidth", { get: () => 320, configurable: true });
  Object.defineProperty(document, "fonts", { value: new EventTarget(), configurable: true });
}
