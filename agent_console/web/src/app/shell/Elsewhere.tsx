/** News of what is not on the screen: an offer while one is on another page, a reply that failed in another conversation,
 * and in the tab's title how many of my conversations have something unread. Draws nothing. */
import { useNavigate, useParams, useRouterState } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useOutbox } from "@/data/outbox";
import { belongs, useRows } from "@/data/rows";
import { useMe } from "@/data/session";
import { useOffers } from "@/features/conversations/offers";
import { useNaming } from "@/lib/naming";
import { HOME_VIEW, isWorkspace, paths } from "@/lib/paths";
import { notify } from "@/ui/notices";

export function Elsewhere(): null {
  useTitle();
  useOffersElsewhere();
  useFailuresElsewhere();
  return null;
}

function useOpen(): (conversationId: string) => void {
  const navigate = useNavigate();
  return (conversationId) => void navigate({ to: paths.conversation, params: { view: HOME_VIEW, conversationId } });
}

function useTitle(): void {
  const me = useMe();
  const rows = useRows();
  const unread = [...rows.values()].filter((row) => row.unread > 0 && belongs(row, "mine", me.agent.id, null)).length;
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) OneThread` : "OneThread";
  }, [unread]);
}

function useOffersElsewhere(): void {
  const { t } = useTranslation();
  const nameOf = useNaming();
  const open = useOpen();
  const offers = useOffers();
  const isElsewhere = useRouterState({ select: (state) => !isWorkspace(state.location.pathname) });
  const told = useRef(new Set<string>());
  useEffect(() => {
    for (const row of offers) {
      const key = `${row.id}:${row.offer_expires_at}`;
      if (told.current.has(key)) continue;
      told.current.add(key);
      if (!isElsewhere) continue; // the card says it
      notify({
        text: t("offer.announce", { name: nameOf(row) }),
        action: { label: t("notice.open"), run: () => open(row.id) },
      });
    }
  });
}

function useFailuresElsewhere(): void {
  const { t } = useTranslation();
  const open = useOpen();
  const nameOf = useNaming();
  const rows = useRows();
  const openId = useParams({ strict: false }).conversationId;
  const failed = useOutbox((box) => box.entries).filter((entry) => entry.state === "failed");
  const told = useRef(new Set<string>());
  useEffect(() => {
    for (const { clientId, conversationId } of failed) {
      if (told.current.has(clientId)) continue;
      told.current.add(clientId);
      const row = rows.get(conversationId);
      if (conversationId === openId || row === undefined) continue; // it stands where it happened
      notify({
        text: t("notice.replyFailed", { name: nameOf(row) }),
        tone: "bad",
        action: { label: t("notice.open"), run: () => open(conversationId) },
      });
    }
  });
}
