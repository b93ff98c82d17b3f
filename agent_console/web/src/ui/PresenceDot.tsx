/** Told apart by shape as well as colour: full, barred, half, ring. */
import type { PresenceStatus } from "@/lib/api/types";
import css from "@/ui/PresenceDot.module.css";

export function PresenceDot({ status }: { status: PresenceStatus }) {
  return <span className={css.dot} data-status={status} />;
}
