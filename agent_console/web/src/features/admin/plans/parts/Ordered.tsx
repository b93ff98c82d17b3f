/** A list whose order means something: dragged by its handle, or moved by the arrow keys while the handle has focus. */
import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { moved, type Named, nameOf } from "@/features/admin/plans/draft";
import own from "@/features/admin/plans/parts/Parts.module.css";
import { Icon } from "@/ui/Icon";

interface Props<T extends Named> {
  items: readonly T[];
  onChange: (items: readonly T[]) => void;
  label: string;
  draw: (item: T, at: number, handle: ReactNode) => ReactNode;
}

export function Ordered<T extends Named>({ items, onChange, label, draw }: Props<T>) {
  const { t } = useTranslation();
  const list = useRef<HTMLOListElement>(null);
  const [dragged, setDragged] = useState<string | null>(null);
  const [told, setTold] = useState("");
  const move = (from: number, to: number) => {
    if (to < 0 || to >= items.length || from === to) return;
    onChange(moved(items, from, to));
    setTold(t("plan.moved", { name: nameOf(items[from]), place: to + 1, count: items.length }));
  };
  const onKey = (event: KeyboardEvent, at: number) => {
    const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: items.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const handle = event.currentTarget as HTMLElement;
    move(at, to);
    requestAnimationFrame(() => handle.focus()); // it moved along with its item
  };
  const onDrag = (event: PointerEvent) => {
    if (dragged === null || list.current === null) return;
    const from = items.findIndex((item) => item.id === dragged);
    const to = [...list.current.children].findIndex((child) => {
      const box = child.getBoundingClientRect();
      return event.clientY >= box.top && event.clientY <= box.bottom;
    });
    if (to >= 0) move(from, to);
  };
  return (
    <>
      <ol ref={list} className={own.ordered} aria-label={label}>
        {items.map((item, at) => (
          <li key={item.id} className={own.card} data-dragged={dragged === item.id || undefined}>
            {draw(
              item,
              at,
              <button
                type="button"
                className={own.handle}
                aria-label={t("plan.move", { name: nameOf(item), place: at + 1 })}
                title={t("plan.moveHint")}
                onKeyDown={(event) => onKey(event, at)}
                onPointerDown={(event) => {
                  event.currentTarget.setPointerCapture(event.pointerId);
                  setDragged(item.id);
                }}
                onPointerMove={onDrag}
                onPointerUp={() => setDragged(null)}
                onPointerCancel={() => setDragged(null)}
              >
                <Icon name="grip" />
              </button>,
            )}
          </li>
        ))}
      </ol>
      <span className={own.unseen} role="status">
        {told}
      </span>
    </>
  );
}
