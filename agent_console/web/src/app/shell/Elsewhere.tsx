/** News of what is not on the screen: an offer while one is on another page, a reply that failed in another conversation,
 * a promise that was broken (mine, or anybody's for who oversees), an escalation that names me, and in the tab's title
 * how many of my conversations have something unread. Draws nothing. */
import { useNavigate, useParams, useRouterState } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { forgetEscalations, useEscalations } from "@/data/escalations";
import { useOutbox } from "@/data/outbox";
import { belongs, useRows } from "@/data/rows";
import { useAgentName, useMe } from "@/data/session";
import { useDue } from "@/data/tasks";
import { useOffers } from "@/features/conversations/offers";
import { phone } from "@/lib/format/text";
import { useNaming } from "@/lib/naming";
import { HOME_VIEW, isWorkspace, paths } from "@/lib/paths";
import { oversees } from "@/lib/permissions";
import { brokenSince } from "@/lib/urgency";
import { notify } from "@/ui/notices";

export function Elsewhere(): null {
  useTitle();
  useOffersElsewhere();
  useFailuresElsewhere();
  useGiven();
  useDueTasks();
  useBreachesElsewhere();
  useEscalationsToMe();
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

/** Mine, and my queues' that are nobody's: each time one falls due. */
function useDueTasks(): void {
  const { t } = useTranslation();
  const me = useMe();
  const open = useOpen();
  const nameOf = useNaming();
  const rows = useRows();
  const due = useDue((state) => state.due);
  const told = useRef(new Set<string>());
  useEffect(() => {
    for (const task of due) {
      const key = `${task.id}:${task.told_at}`;
      if (told.current.has(key)) continue;
      told.current.add(key);
      if (task.agent_id !== null && task.agent_id !== me.agent.id) continue;
      const row = rows.get(task.conversation_id);
      const who = row ? nameOf(row) : task.phone && phone(task.phone);
      const what = [task.note ?? t(`task.kind.${task.kind}`), who].filter(Boolean).join(" · ");
      notify({
        text: t("task.announce", { what }),
        action: { label: t("notice.open"), run: () => open(task.conversation_id) },
      });
    }
  });
}

const GIVEN = new Set(["route.assigned_by", "route.transferred"]);

/** What others put into my hands: a conversation that a supervisor gave me, an opinion I am asked for. What was so when
 * the page came is no news. */
function useGiven(): void {
  const { t } = useTranslation();
  const me = useMe();
  const open = useOpen();
  const nameOf = useNaming();
  const agentName = useAgentName();
  const rows = useRows();
  const known = useRef<ReadonlySet<string> | null>(null);
  useEffect(() => {
    const news = new Map<string, () => string>();
    for (const row of rows.values()) {
      const by = String(row.why?.params.agent ?? "");
      const isGiven = row.status === "assigned" && row.owner_id === me.agent.id && GIVEN.has(row.why?.code ?? "");
      if (isGiven) news.set(`${row.id}:given`, () => t("notice.given", { agent: by, name: nameOf(row) }));
      const agent = agentName(row.owner_id) ?? t("history.somebody");
      const isAsked = row.status !== "closed" && row.consulted.includes(me.agent.id);
      if (isAsked) news.set(`${row.id}:asked`, () => t("notice.asked", { agent, name: nameOf(row) }));
    }
    for (const [key, text] of known.current === null ? [] : news) {
      if (known.current?.has(key)) continue;
      const conversationId = key.split(":")[0] as string;
      notify({ text: text(), action: { label: t("notice.open"), run: () => open(conversationId) } });
    }
    known.current = new Set(news.keys());
  });
}

function useBreachesElsewhere(): void {
  const { t } = useTranslation();
  const open = useOpen();
  const nameOf = useNaming();
  const me = useMe();
  const rows = useRows();
  const openId = useParams({ strict: false }).conversationId;
  const [since] = useState(() => Date.now()); // what was late before is for the list to show
  const told = useRef(new Set<string>());
  useEffect(() => {
    for (const row of rows.values()) {
      if (row.status === "closed" || !(row.owner_id === me.agent.id || oversees(me.agent))) continue;
      for (const clock of brokenSince(row, since)) {
        const key = `${row.id}:${clock.target}:${clock.breached_at}`;
        if (told.current.has(key)) continue;
        told.current.add(key);
        if (row.id === openId) continue; // its clock says it
        notify({
          text: t("promise.breached", { name: nameOf(row), what: t(`promise.late.${clock.target}`) }),
          tone: "bad",
          action: { label: t("notice.open"), run: () => open(row.id) },
        });
      }
    }
  });
}

function useEscalationsToMe(): void {
  const { t } = useTranslation();
  const open = useOpen();
  const nameOf = useNaming();
  const me = useMe();
  const rows = useRows();
  const escalations = useEscalations();
  useEffect(() => {
    for (const one of escalations) {
      const row = rows.get(one.conversationId);
      if (row === undefined || !one.notify.includes(me.agent.id)) continue;
      notify({
        text: t("promise.escalated", { name: nameOf(row), what: t(`promise.target.${one.target}`) }),
        tone: "bad",
        action: { label: t("notice.open"), run: () => open(row.id) },
      });
    }
    if (escalations.length > 0) forgetEscalations(escalations);
  });
}
