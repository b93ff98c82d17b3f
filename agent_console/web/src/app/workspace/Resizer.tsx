/** The line between two columns: drag it, or move it with the arrow keys; a double click puts it back. */
import { type KeyboardEvent, type PointerEvent, useRef } from "react";
import { setWidth, useLayout } from "@/app/layout";
import css from "@/app/workspace/Resizer.module.css";

const STEP_PX = 16;

interface Props {
  column: "list" | "panel";
  side: "left" | "right"; // of the line the column is on
  limits: { min: number; max: number; start: number };
  label: string;
}

export function Resizer({ column, side, limits, label }: Props) {
  const width = useLayout((layout) => layout[column]);
  const start = useRef<{ x: number; width: number } | null>(null);
  const sign = side === "left" ? 1 : -1;
  const onMove = (event: PointerEvent) => {
    if (start.current) setWidth(column, start.current.width + sign * (event.clientX - start.current.x));
  };
  const onKey = (event: KeyboardEvent) => {
    const step = event.key === "ArrowRight" ? STEP_PX : event.key === "ArrowLeft" ? -STEP_PX : 0;
    if (step !== 0) setWidth(column, width + sign * step);
  };
  return (
    <div
      className={css.resizer}
      data-column={column}
      role="separator"
      aria-orientation="vertical"
      aria-label={label}
      aria-valuenow={width}
      aria-valuemin={limits.min}
      aria-valuemax={limits.max}
      tabIndex={0}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        start.current = { x: event.clientX, width };
      }}
      onPointerMove={onMove}
      onPointerUp={() => {
        start.current = null;
      }}
      onDoubleClick={() => setWidth(column, limits.start)}
      onKeyDown={onKey}
    />
  );
}
