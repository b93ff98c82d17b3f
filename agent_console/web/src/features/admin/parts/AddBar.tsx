/** The head of a list: what it is for, and the button that adds to it. */
import css from "@/features/admin/Admin.module.css";
import { Button } from "@/ui/Button";

interface Props {
  hint: string;
  add: string;
  disabled?: boolean;
  onAdd: () => void;
}

export function AddBar({ hint, add, disabled = false, onAdd }: Props) {
  return (
    <div className={css.bar}>
      <p className={css.hint}>{hint}</p>
      <Button kind="primary" icon="plus" disabled={disabled} onClick={onAdd}>
        {add}
      </Button>
    </div>
  );
}
