/** How wide the columns are, remembered on this laptop; and whether the customer's panel is open. */
import { create } from "zustand";

const STORED = "onethread.layout";

export const LIST = { min: 264, max: 480, start: 320 } as const;
export const PANEL = { min: 280, max: 520, start: 340 } as const;

interface Widths {
  readonly list: number;
  readonly panel: number;
}

interface Layout extends Widths {
  readonly isPanelOpen: boolean; // where there is room it is a column, elsewhere a drawer
}

export const useLayout = create<Layout>(() => ({ ...remembered(), isPanelOpen: false }));

export function setWidth(column: keyof Widths, px: number): void {
  const { min, max } = column === "list" ? LIST : PANEL;
  useLayout.setState({ [column]: Math.round(Math.min(max, Math.max(min, px))) });
  const { list, panel } = useLayout.getState();
  try {
    localStorage.setItem(STORED, JSON.stringify({ list, panel }));
  } catch {
    // storage is off: the next page starts with the usual widths
  }
}

export function togglePanel(isOpen?: boolean): void {
  useLayout.setState((layout) => ({ isPanelOpen: isOpen ?? !layout.isPanelOpen }));
}

function remembered(): Widths {
  const usual = { list: LIST.start, panel: PANEL.start };
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(STORED) ?? "{}");
    if (typeof stored !== "object" || stored === null) return usual;
    const { list, panel } = stored as Record<string, unknown>;
    return { list: within(list, LIST), panel: within(panel, PANEL) };
  } catch {
    return usual;
  }
}

function within(value: unknown, limits: { min: number; max: number; start: number }): number {
  return typeof value === "number" && value >= limits.min && value <= limits.max ? value : limits.start;
}
