/** A button with a key that opens a small sheet beside it. */
import type { ReactNode } from "react";
import { SheetFrame } from "@/features/handling/SheetFrame";
import { type Action, KEYMAP } from "@/lib/shortcuts/keymap";
import { useShortcut } from "@/lib/shortcuts/shortcuts";
import { IconButton } from "@/ui/Button";
import type { IconName } from "@/ui/Icon";

interface Props {
  action: Action;
  icon: IconName;
  label: string;
  isOpen: boolean;
  onOpen: (isOpen: boolean) => void;
  children: ReactNode;
}

export function Sheet({ action, icon, label, isOpen, onOpen, children }: Props) {
  useShortcut(action, () => onOpen(!isOpen));
  const target = (
    <span>
      <IconButton
        icon={icon}
        label={label}
        shortcut={KEYMAP[action].keys}
        aria-expanded={isOpen}
        onClick={() => onOpen(!isOpen)}
      />
    </span>
  );
  return (
    <SheetFrame label={label} isOpen={isOpen} onOpen={onOpen} target={target}>
      {children}
    </SheetFrame>
  );
}
