/** Rows of one height, drawn only where they can be seen: a list of a million scrolls like one of ten. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { View } from "@/data/keys";
import type { Listing } from "@/data/lists";
import { Row } from "@/features/conversations/Row";
import css from "@/features/conversations/Rows.module.css";
import { useShortcut } from "@/lib/shortcuts/shortcuts";

export const ROW_HEIGHT = 60;
const OVERSCAN = 8;
const LOAD_MORE_BEFORE_END = 10;

interface Props {
  listing: Listing;
  view: View;
  openId: string | undefined;
  onOpen: (conversationId: string) => void;
}

export function Rows({ listing, view, openId, onOpen }: Props) {
  const { t } = useTranslation();
  const { rows, hasMore, isLoadingMore, loadMore } = listing;
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
    getItemKey: (index) => rows[index]?.id ?? index,
    initialRect: { width: 320, height: 800 },
  });
  const latest = useRef(onOpen);
  useEffect(() => {
    latest.current = onOpen;
  });
  const open = useCallback((conversationId: string) => latest.current(conversationId), []);
  const items = virtual.getVirtualItems();
  const lastSeen = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && !isLoadingMore && lastSeen >= rows.length - LOAD_MORE_BEFORE_END) loadMore();
  }, [hasMore, isLoadingMore, lastSeen, rows.length, loadMore]);
  useCursor(rows, openId, scroller, (index) => virtual.scrollToIndex(index, { align: "auto" }));

  return (
    <div className={css.scroller} ref={scroller}>
      <ul className={css.rows} style={{ height: virtual.getTotalSize() }} aria-label={t(`view.${view}`)}>
        {items.map((item) => {
          const row = rows[item.index];
          return (
            row && (
              <li
                key={item.key}
                className={css.place}
                style={{ transform: `translateY(${item.start}px)` }}
                aria-setsize={rows.length}
                aria-posinset={item.index + 1}
              >
                <Row row={row} view={view} isOpen={row.id === openId} onOpen={open} />
              </li>
            )
          );
        })}
      </ul>
    </div>
  );
}

/** J and K move the focus from row to row, starting at the open one; Enter is the link's own. */
function useCursor(
  rows: Listing["rows"],
  openId: string | undefined,
  scroller: React.RefObject<HTMLElement | null>,
  show: (index: number) => void,
) {
  const move = (step: 1 | -1) => {
    const focused = scroller.current?.querySelector<HTMLElement>("a:focus")?.dataset.row;
    const from = rows.findIndex((row) => row.id === (focused ?? openId));
    const index = Math.min(rows.length - 1, Math.max(0, from + step));
    show(index);
    requestAnimationFrame(() =>
      scroller.current?.querySelector<HTMLElement>(`a[data-row="${rows[index]?.id}"]`)?.focus({ preventScroll: true }),
    );
  };
  useShortcut("next", () => move(1));
  useShortcut("previous", () => move(-1));
}
