/** An item of a list: a line that says it, and its form when opened. */
import { type ReactNode, useState } from "react";
import css from "@/features/admin/Admin.module.css";
import { Icon } from "@/ui/Icon";

interface Props {
  mark?: ReactNode;
  name: string;
  about: string;
  badge?: ReactNode;
  alarm?: string | null;
  children: (close: () => void) => ReactNode;
}

export function OpenItem({ mark, name, about, badge, alarm, children }: Props) {
  const [isOpen, setOpen] = useState(false);
  return (
    <li className={css.item}>
      <button type="button" className={css.itemHead} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {mark}
        <span className={css.words}>
          <span className={css.name}>{name}</span>
          <br />
          <span className={css.meta}>{about}</span>
        </span>
        {badge}
        <Icon name={isOpen ? "down" : "right"} />
      </button>
      {alarm && (
        <p className={css.alarm} role="alert">
          {alarm}
        </p>
      )}
      {isOpen && children(() => setOpen(false))}
    </li>
  );
}
