/** The two buttons there are: with words, and with a sign that a tooltip names. */
import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";
import css from "@/ui/Button.module.css";
import { Icon, type IconName } from "@/ui/Icon";
import { Key } from "@/ui/Key";
import { type Side, tip } from "@/ui/tip";

type Native = Omit<ButtonHTMLAttributes<HTMLButtonElement>, "className">;

export interface ButtonProps extends Native {
  kind?: "primary" | "plain" | "quiet" | "danger";
  size?: "s" | "m";
  icon?: IconName;
  shortcut?: string; // shown, not bound: keys are bound in app/shortcuts
  ref?: Ref<HTMLButtonElement>;
  children: ReactNode;
}

export function Button({ kind = "plain", size = "m", icon, shortcut, children, ...rest }: ButtonProps) {
  return (
    <button type="button" {...rest} className={css.button} data-kind={kind} data-size={size}>
      {icon && <Icon name={icon} />}
      <span className={css.words}>{children}</span>
      {shortcut && <Key name={shortcut} />}
    </button>
  );
}

export interface IconButtonProps extends Native {
  icon: IconName;
  label: string;
  shortcut?: string;
  size?: "s" | "m";
  tooltipSide?: Side;
  ref?: Ref<HTMLButtonElement>;
}

export function IconButton({ icon, label, shortcut, size = "m", tooltipSide = "bottom", ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      {...tip(label, tooltipSide, shortcut)}
      className={css.icon}
      data-size={size}
      aria-label={label}
    >
      <Icon name={icon} />
    </button>
  );
}
