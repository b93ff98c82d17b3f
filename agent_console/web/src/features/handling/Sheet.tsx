/** A button with a key that opens a small sheet beside it. What is in the sheet is loaded when it is asked for. */
import { Popover } from "@mantine/core";
import { type ReactNode, Suspense } from "react";
import { onEscape } from "@/features/handling/keys";
import { type Action, KEYMAP } from "@/lib/shortcuts/keymap";
import { useShortcut } from "@/lib/shortcuts/shortcuts";
import { IconButton } from "@/ui/Button";
import type { IconName } from "@/ui/Icon";
import { Skeleton } from "@/ui/Skeleton";

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
  return (
    <Popover
      opened={isOpen}
      onChange={onOpen}
      position="bottom-end"
      withRoles={false}
      closeOnEscape={false}
      trapFocus
      returnFocus
      withinPortal
      shadow="md"
    >
      <Popover.Target>
        <span>
          <IconButton
            icon={icon}
            label={label}
            shortcut={KEYMAP[action].keys}
            aria-expanded={isOpen}
            onClick={() => onOpen(!isOpen)}
          />
        </span>
      </Popover.Target>
      <Popover.Dropdown aria-label={label} role="dialog" onKeyDownCapture={onEscape(() => onOpen(false))}>
        <Suspense fallback={<Skeleton lines={4} />}>{isOpen && children}</Suspense>
      </Popover.Dropdown>
    </Popover>
  );
}
