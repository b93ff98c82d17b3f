/** What a sign without words means: `<button {...tip("Đóng")}>`. Drawn by Tips, which stands once around all pages. */

export type Side = "top" | "bottom" | "left" | "right";

export interface TipProps {
  readonly "data-tip": string;
  readonly "data-tip-side": Side;
  readonly "data-tip-key"?: string;
}

/** `key` as in lib/shortcuts/keymap, shown behind the words. */
export function tip(label: string, side: Side = "bottom", key?: string): TipProps {
  return { "data-tip": label, "data-tip-side": side, ...(key && { "data-tip-key": key }) };
}
