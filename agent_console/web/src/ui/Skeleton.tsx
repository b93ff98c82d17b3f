/** The shape of what comes. Invisible for the first 150 ms, so that what is fast does not flicker. */
import css from "@/ui/Skeleton.module.css";

export function Skeleton({ lines, tall = false }: { lines: number; tall?: boolean }) {
  return (
    <div className={css.skeleton} aria-hidden data-tall={tall || undefined}>
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines without identity
        <div key={line} className={css.line}>
          <span className={css.bar} style={{ width: `${38 + ((line * 29) % 40)}%` }} />
          <span className={css.bar} style={{ width: `${60 + ((line * 17) % 34)}%` }} />
        </div>
      ))}
    </div>
  );
}
