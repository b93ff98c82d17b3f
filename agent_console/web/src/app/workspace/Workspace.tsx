/** The agent's place: list, thread, customer. Three columns where there is room, two with a drawer, one on a phone. */
import { useNavigate, useParams } from "@tanstack/react-router";
import { lazy, Suspense, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { LIST, PANEL, togglePanel, useLayout } from "@/app/layout";
import { OfferKeys } from "@/app/workspace/OfferKeys";
import { Resizer } from "@/app/workspace/Resizer";
import css from "@/app/workspace/Workspace.module.css";
import { VIEWS, type View } from "@/data/keys";
import { ConversationList } from "@/features/conversations/ConversationList";
import { HOME_VIEW, paths } from "@/lib/paths";
import { useShortcut } from "@/lib/shortcuts/shortcuts";
import { Empty } from "@/ui/Empty";
import { Skeleton } from "@/ui/Skeleton";

// The list is drawn first; what opens a conversation is fetched at once, and waited for by nobody else.
const loadThread = () => import("@/app/workspace/Thread");
const Thread = lazy(loadThread);

export function Workspace() {
  const { t } = useTranslation();
  const params = useParams({ strict: false });
  const view = VIEWS.find((candidate) => candidate === params.view) ?? HOME_VIEW;
  const openId = params.conversationId;
  const { list, panel } = useLayout();
  const navigate = useNavigate();
  const open = (conversationId: string) => void navigate({ to: paths.conversation, params: { view, conversationId } });
  useShortcut("leave", () => leave(openId, () => void navigate({ to: paths.list, params: { view } })));
  useEffect(() => void loadThread().catch(() => undefined), []); // offline: when a conversation is opened
  useEffect(() => {
    if (openId === undefined) togglePanel(false);
  }, [openId]);

  return (
    <div
      className={css.workspace}
      data-open={openId !== undefined || undefined}
      style={{ "--list-width": `${list}px`, "--panel-width": `${panel}px` } as React.CSSProperties}
    >
      <OfferKeys openId={openId} onOpen={open} />
      <div className={css.list}>
        <ConversationList view={view} openId={openId} onOpen={open} />
      </div>
      <Resizer column="list" limits={LIST} side="left" label={t("layout.resizeList")} />
      {openId === undefined ? (
        <NoThread view={view} />
      ) : (
        <Suspense fallback={<Coming />}>
          <Thread key={openId} conversationId={openId} view={view} />
        </Suspense>
      )}
      {openId !== undefined && <Resizer column="panel" limits={PANEL} side="right" label={t("layout.resizePanel")} />}
    </div>
  );
}

/** Escape closes the drawer first; on a phone it goes back to the list. */
function leave(openId: string | undefined, toList: () => void): void {
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  if (useLayout.getState().isPanelOpen) togglePanel(false);
  else if (openId !== undefined && matchMedia("(max-width: 767px)").matches) toList();
}

function Coming() {
  return (
    <main className={css.coming}>
      <Skeleton lines={6} tall />
    </main>
  );
}

function NoThread({ view }: { view: View }) {
  const { t } = useTranslation();
  return (
    <main className={css.nothing}>
      <Empty title={t("thread.none.title")} hint={t(view === "mine" ? "thread.none.mine" : "thread.none.hint")} />
    </main>
  );
}
