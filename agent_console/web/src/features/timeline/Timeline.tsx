/** The thread: everything this customer and we have said, on whatever channel, in one column. */
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Outgoing } from "@/data/outbox";
import type { Timeline as TimelineValue } from "@/data/timeline";
import { Entry } from "@/features/timeline/Entry";
import { HistoryLines } from "@/features/timeline/HistoryLines";
import { buildItems, type Item } from "@/features/timeline/items";
import { MergeLine } from "@/features/timeline/MergeLine";
import { NoteView } from "@/features/timeline/NoteView";
import { OutgoingEntry } from "@/features/timeline/OutgoingEntry";
import css from "@/features/timeline/Timeline.module.css";
import { useAnchoredScroll } from "@/features/timeline/use-anchored-scroll";
import { useWindow } from "@/features/timeline/use-window";
import type { Customer, SettleOutcome, Touchpoint } from "@/lib/api/types";
import { useWords } from "@/lib/i18n/words";
import { useNow } from "@/lib/now";
import { Icon } from "@/ui/Icon";

export interface TimelineActions {
  readonly onSettle: (touchpointId: string, outcome: SettleOutcome) => Promise<void>;
  readonly onResend: (touchpoint: Touchpoint) => void;
  readonly onRetry: (outgoing: Outgoing) => void;
  readonly onDrop: (outgoing: Outgoing) => void;
  readonly onUndo: (entryId: string) => Promise<void>;
  readonly mayAct: boolean; // settle, resend
}

export interface TimelineProps extends TimelineActions {
  conversationId: string;
  timeline: TimelineValue;
  outgoing: readonly Outgoing[];
  customer: Customer | undefined;
  unreadAfter: number | null;
  isTyping: boolean;
  loadOlder: () => Promise<void>;
}

export function Timeline(props: TimelineProps) {
  const { conversationId, timeline, outgoing, customer, unreadAfter, isTyping } = props;
  const { t } = useTranslation();
  const items = useMemo(() => buildItems(timeline, outgoing, unreadAfter), [timeline, outgoing, unreadAfter]);
  const older = useOlder(timeline.before !== null, props.loadOlder);
  const shown = useWindow(items);
  const onNearTop = () => (shown.hasEarlier ? shown.earlier() : older.load());
  const scroll = useAnchoredScroll(conversationId, shown.items, onNearTop);
  const fresh = useFresh(items, scroll.isAtBottom);
  const toNewest = () => {
    shown.newest();
    scroll.toBottom();
  };
  useSending(outgoing, toNewest);

  return (
    <div className={css.frame}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <div className={css.scroller} ref={scroll.scroller} tabIndex={0} role="log" aria-label={t("thread.label")}>
        <div className={css.column} ref={scroll.content}>
          <Beginning
            isComplete={timeline.before === null}
            isLoading={older.isLoading}
            error={older.error}
            onRetry={older.load}
          />
          {shown.items.map((item) => (
            <div key={item.key} data-key={item.key} className={css.item} data-kind={item.kind}>
              <ItemView item={item} customer={customer} actions={props} />
            </div>
          ))}
          {isTyping && !shown.hasLater && <p className={css.typing}>{t("thread.typing")}</p>}
        </div>
      </div>
      {(!scroll.isAtBottom || shown.hasLater) && (
        <button type="button" className={css.pill} data-fresh={fresh > 0 || undefined} onClick={toNewest}>
          <Icon name="arrowDown" size={14} />
          {fresh > 0 ? t("thread.fresh", { count: fresh }) : t("thread.toNewest")}
        </button>
      )}
    </div>
  );
}

function ItemView({
  item,
  customer,
  actions,
}: {
  item: Item;
  customer: Customer | undefined;
  actions: TimelineActions;
}) {
  const { t } = useTranslation();
  switch (item.kind) {
    case "day":
      return <Day at={item.at} />;
    case "unread":
      return <p className={css.unread}>{t("thread.unread")}</p>;
    case "touchpoint":
      return <Entry item={item} customer={customer} actions={actions} />;
    case "history":
      return <HistoryLines entries={item.entries} />;
    case "merge":
      return <MergeLine entry={item.entry} customer={customer} onUndo={actions.onUndo} />;
    case "note":
      return <NoteView entry={item.entry} />;
    case "outgoing":
      return <OutgoingEntry outgoing={item.outgoing} actions={actions} />;
  }
}

function Day({ at }: { at: string }) {
  const words = useWords();
  const now = useNow();
  return (
    <h3 className={css.day}>
      <time dateTime={at}>{words.day(at, now)}</time>
    </h3>
  );
}

interface BeginningProps {
  isComplete: boolean;
  isLoading: boolean;
  error: unknown;
  onRetry: () => void;
}

function Beginning({ isComplete, isLoading, error, onRetry }: BeginningProps) {
  const { t } = useTranslation();
  if (error !== null) {
    return (
      <button type="button" className={css.beginning} onClick={onRetry}>
        {t("thread.olderFailed")}
      </button>
    );
  }
  return (
    <p className={css.beginning}>{isComplete ? t("thread.beginning") : isLoading ? t("thread.older") : "\u00a0"}</p>
  );
}

function useOlder(hasOlder: boolean, loadOlder: () => Promise<void>) {
  const [isLoading, setLoading] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const running = useRef(false);
  const load = () => {
    if (!hasOlder || running.current) return;
    running.current = true;
    setLoading(true);
    setError(null);
    loadOlder()
      .catch(setError)
      .finally(() => {
        running.current = false;
        setLoading(false);
      });
  };
  return { load, isLoading, error };
}

/** Who sends wants to see it, wherever they were reading. */
function useSending(outgoing: readonly Outgoing[], toNewest: () => void): void {
  const last = useRef(outgoing.length);
  useEffect(() => {
    const hasSent = outgoing.length > last.current;
    last.current = outgoing.length;
    if (hasSent) toNewest();
  });
}

/** How many of the customer's entries came in below the fold since the reader left the bottom. */
function useFresh(items: readonly Item[], isAtBottom: boolean): number {
  const newest = items.reduce(
    (most, item) => (item.kind === "touchpoint" ? Math.max(most, item.touchpoint.number) : most),
    0,
  );
  const seen = useRef(newest);
  if (isAtBottom) seen.current = newest;
  return items.filter(
    (item) =>
      item.kind === "touchpoint" && item.touchpoint.number > seen.current && item.touchpoint.author === "customer",
  ).length;
}
