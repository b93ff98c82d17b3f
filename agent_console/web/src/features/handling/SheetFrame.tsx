/** A small sheet beside what opens it. It keeps the keyboard while it is open; what is in it is loaded when asked for. */
import { Popover } from "@mantine/core";
import { type ReactNode, Suspense } from "react";
import { onEscape } from "@/lib/shortcuts/escape";
import { Skeleton } from "@/ui/Skeleton";

interface Props {
  label: string;
  isOpen: boolean;
  onOpen: (isOpen: boolean) => void;
  target: ReactNode; // one element that takes a ref
  children: ReactNode;
}

export function SheetFrame({ label, isOpen, onOpen, target, children }: Props) {
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
      <Popover.Target>{target}</Popover.Target>
      <Popover.Dropdown aria-label={label} role="dialog" onKeyDownCapture={onEscape(() => onOpen(false))}>
        <Suspense fallback={<Coming />}>{isOpen && children}</Suspense>
      </Popover.Dropdown>
    </Popover>
  );
}

/** Holds the keyboard until there is something to hold it. */
function Coming() {
  return (
    <div tabIndex={-1} data-autofocus>
      <Skeleton lines={4} />
    </div>
  );
}
