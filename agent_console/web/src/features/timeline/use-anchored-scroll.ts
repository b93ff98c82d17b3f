/** A column that grows at both ends and never jumps.
 *
 * At the bottom it stays at the bottom. Anywhere else the entry that the reader looks at stays where it is, whatever
 * comes in above or below it: its offset is remembered at every scroll and put back after every change of height.
 */
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

const BOTTOM_WITHIN_PX = 48;
const TOP_WITHIN_PX = 600;

export interface Place {
  readonly atBottom: boolean;
  readonly key: string | null; // the first entry on the screen
  readonly offset: number; // of its top from the top of the screen, px
}

const AT_BOTTOM: Place = { atBottom: true, key: null, offset: 0 };
const places = new Map<string, Place>(); // by conversation: kept while the tab lives

export interface AnchoredScroll {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly content: RefObject<HTMLDivElement | null>;
  readonly isAtBottom: boolean;
  readonly toBottom: () => void;
}

/** `onNearTop` is called when older entries should be fetched. `marker` changes whenever entries do. */
export function useAnchoredScroll(id: string, marker: unknown, onNearTop: () => void): AnchoredScroll {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const place = useRef<Place>(places.get(id) ?? AT_BOTTOM);
  const [isAtBottom, setAtBottom] = useState(place.current.atBottom);
  const nearTop = useRef(onNearTop);
  useEffect(() => {
    nearTop.current = onNearTop;
  });

  const restore = useCallback(() => {
    if (scroller.current && content.current) putBack(scroller.current, content.current, place.current);
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `marker` says that the entries changed
  useLayoutEffect(restore, [restore, marker]);

  useEffect(() => {
    const [view, column] = [scroller.current, content.current];
    if (!view || !column) return undefined;
    const onScroll = () => {
      place.current = look(view, column);
      places.set(id, place.current);
      setAtBottom(place.current.atBottom);
      if (view.scrollTop < TOP_WITHIN_PX) nearTop.current();
    };
    view.addEventListener("scroll", onScroll, { passive: true });
    const heights = new ResizeObserver(restore); // pictures arriving, the composer growing
    heights.observe(column);
    heights.observe(view);
    return () => {
      view.removeEventListener("scroll", onScroll);
      heights.disconnect();
    };
  }, [id, restore]);

  const toBottom = useCallback(() => {
    place.current = AT_BOTTOM;
    places.set(id, AT_BOTTOM);
    setAtBottom(true);
    restore();
  }, [id, restore]);

  return { scroller, content, isAtBottom, toBottom };
}

function look(view: HTMLElement, column: HTMLElement): Place {
  const atBottom = view.scrollHeight - view.scrollTop - view.clientHeight < BOTTOM_WITHIN_PX;
  const first = firstVisible(view, column);
  return { atBottom, key: first?.dataset.key ?? null, offset: first ? first.offsetTop - view.scrollTop : 0 };
}

/** Entries stand in order, so their bottoms do: the first one below the upper edge, by halving. */
function firstVisible(view: HTMLElement, column: HTMLElement): HTMLElement | undefined {
  const entries = column.children as HTMLCollectionOf<HTMLElement>;
  let low = 0;
  let high = entries.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    const entry = entries[middle] as HTMLElement;
    if (entry.offsetTop + entry.offsetHeight <= view.scrollTop) low = middle + 1;
    else high = middle;
  }
  return entries[low];
}

function putBack(view: HTMLElement, column: HTMLElement, place: Place): void {
  if (place.atBottom || place.key === null) {
    view.scrollTop = view.scrollHeight;
    return;
  }
  const entry = column.querySelector<HTMLElement>(`:scope > [data-key="${CSS.escape(place.key)}"]`);
  if (entry) view.scrollTop = entry.offsetTop - place.offset;
}
