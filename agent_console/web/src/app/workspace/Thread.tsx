/** One open conversation: head, timeline, and the place to answer; the customer beside it. */
import { lazy, memo, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { togglePanel, useLayout } from "@/app/layout";
import { Foot } from "@/app/workspace/Foot";
import css from "@/app/workspace/Thread.module.css";
import { ThreadHead } from "@/app/workspace/ThreadHead";
import { useThread } from "@/app/workspace/use-thread";
import type { View } from "@/data/keys";
import { Timeline } from "@/features/timeline/Timeline";
import { asProblem } from "@/lib/api/problems";
import { useShortcut } from "@/lib/shortcuts/shortcuts";
import { IconButton } from "@/ui/Button";
import { Empty } from "@/ui/Empty";
import { Fault } from "@/ui/Fault";
import { Skeleton } from "@/ui/Skeleton";

const CustomerSide = lazy(() => import("@/app/workspace/CustomerSide")); // the list and the thread come first

interface Props {
  conversationId: string;
  view: View;
}

export default memo(function Thread({ conversationId, view }: Props) {
  const { t } = useTranslation();
  const thread = useThread(conversationId);
  const isPanelOpen = useLayout((layout) => layout.isPanelOpen);
  useShortcut("customer", () => togglePanel());

  if (thread.error !== null && thread.timeline === undefined) {
    return (
      <main className={css.thread}>
        <Unavailable error={thread.error} onRetry={thread.retry} />
      </main>
    );
  }
  return (
    <>
      <main className={css.thread} aria-label={t("thread.main")}>
        {thread.row && <ThreadHead row={thread.row} view={view} />}
        {thread.timeline ? (
          <Timeline
            conversationId={conversationId}
            timeline={thread.timeline}
            outgoing={thread.outgoing}
            customer={thread.panel?.customer}
            unreadAfter={thread.unreadAfter}
            isTyping={thread.isTyping}
            loadOlder={thread.loadOlder}
            {...thread.actions}
          />
        ) : (
          <div className={css.loading}>
            <Skeleton lines={6} tall />
          </div>
        )}
        {thread.row && <Foot row={thread.row} panel={thread.panel} view={view} />}
      </main>
      {isPanelOpen && (
        <button type="button" className={css.scrim} aria-label={t("action.close")} onClick={() => togglePanel(false)} />
      )}
      <aside className={css.panel} data-open={isPanelOpen || undefined} aria-label={t("customer.panel")}>
        <div className={css.panelClose}>
          <IconButton icon="close" label={t("action.close")} onClick={() => togglePanel(false)} />
        </div>
        {thread.panel ? (
          <Suspense fallback={<Skeleton lines={5} />}>
            <CustomerSide conversationId={conversationId} view={view} panel={thread.panel} row={thread.row} />
          </Suspense>
        ) : (
          <Skeleton lines={5} />
        )}
      </aside>
    </>
  );
});

function Unavailable({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const { t } = useTranslation();
  if (asProblem(error).status === 404) return <Empty title={t("thread.gone.title")} hint={t("thread.gone.hint")} />;
  return (
    <div className={css.fault}>
      <Fault error={error} onRetry={onRetry} />
    </div>
  );
}
