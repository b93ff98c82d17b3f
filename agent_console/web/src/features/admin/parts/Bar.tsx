/** The head of a page: what it is for, and what can be done with all of it. */
import type { ReactNode } from "react";
import css from "@/features/admin/Admin.module.css";
import { Button } from "@/ui/Button";

export function Bar({ hint, children }: { hint: string; children?: ReactNode }) {
  return (
    <div className={css.bar}>
      <p className={css.hint}>{hint}</p>
      {children}
    </div>
  );
}

interface Props {
  hint: string;
  add: string;
  disabled?: boolean;
  onAdd: () => void;
}

export function AddBar({ hint, add, disabled = false, onAdd }: Props) {
  return (
    <Bar hint={hint}>
      <Button kind="primary" icon="plus" disabled={disabled} onClick={onAdd}>
        {add}
      </Button>
    </Bar>
  );
}
