/** Nothing here: says why, and what to do next. */
import type { ReactNode } from "react";
import css from "@/ui/Empty.module.css";

export function Empty({ title, hint, children }: { title: string; hint?: string; children?: ReactNode }) {
  return (
    <div className={css.empty}>
      <p className={css.title}>{title}</p>
      {hint && <p className={css.hint}>{hint}</p>}
      {children}
    </div>
  );
}
