/** Fewer rows: a button with its sheet, and what narrows the list now, each to be taken off with a click. */
import { lazy, useState } from "react";
import { useTranslation } from "react-i18next";
import type { View } from "@/data/keys";
import { PRIORITY_NAMES } from "@/data/labels";
import { useQueues } from "@/data/session";
import { useLabelOf } from "@/data/work-words";
import css from "@/features/conversations/Narrow.module.css";
import { type Change, isNarrowed, type Narrowing } from "@/features/conversations/narrowing";
import { SheetFrame } from "@/features/handling/SheetFrame";
import { useWords } from "@/lib/i18n/words";
import { KEYMAP } from "@/lib/shortcuts/keymap";
import { useShortcut } from "@/lib/shortcuts/shortcuts";
import { Icon } from "@/ui/Icon";

const NarrowSheet = lazy(() => import("@/features/conversations/NarrowSheet"));

export interface NarrowProps {
  view: View;
  narrowing: Narrowing;
  onChange: (change: Change) => void;
}

export function Narrow(props: NarrowProps) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const toggle = () => setOpen(!isOpen);
  useShortcut("narrow", toggle);
  return (
    <SheetFrame
      label={t("narrow.title")}
      isOpen={isOpen}
      onOpen={setOpen}
      target={
        <button
          type="button"
          className={css.filter}
          data-on={isNarrowed(props.narrowing) || undefined}
          aria-expanded={isOpen}
          aria-label={t("narrow.title")}
          title={`${t("narrow.title")} (${KEYMAP.narrow.keys.toUpperCase()})`}
          onClick={toggle}
        >
          <Icon name="funnel" />
        </button>
      }
    >
      <NarrowSheet {...props} onDone={() => setOpen(false)} />
    </SheetFrame>
  );
}

export function Chips({ narrowing, onChange }: Omit<NarrowProps, "view">) {
  const { t } = useTranslation();
  const words = useWords();
  const labelOf = useLabelOf();
  const queues = useQueues();
  const { tag, lifecycle, priority, queue, silent } = narrowing;
  const chips: readonly (readonly [string, Change] | false)[] = [
    tag !== undefined && [tag, { tag: undefined }],
    lifecycle !== undefined && [labelOf("lifecycle", lifecycle), { lifecycle: undefined }],
    priority !== undefined && [
      t("narrow.urgency", { level: t(`labels.priorities.${PRIORITY_NAMES[priority]}`) }),
      { priority: undefined },
    ],
    queue !== undefined && [
      queues.find((one) => one.id === queue)?.name ?? t("narrow.otherQueue"),
      { queue: undefined },
    ],
    silent !== undefined && [t("silent.since", { span: words.span(silent) }), { silent: undefined }],
  ];
  if (!isNarrowed(narrowing)) return null;
  return (
    <ul className={css.chips} aria-label={t("narrow.by")}>
      {chips.map(
        (chip) =>
          chip && (
            <li key={Object.keys(chip[1])[0]}>
              <button
                type="button"
                className={css.chip}
                aria-label={t("narrow.remove", { what: chip[0] })}
                onClick={() => onChange(chip[1])}
              >
                <span className={css.name}>{chip[0]}</span>
                <Icon name="close" size={12} />
              </button>
            </li>
          ),
      )}
    </ul>
  );
}

export const NOT_NARROWED: Change = {
  tag: undefined,
  lifecycle: undefined,
  priority: undefined,
  queue: undefined,
  silent: undefined,
};
