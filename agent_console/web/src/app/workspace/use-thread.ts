/** All that the open conversation needs, in one place: its values, what is missing of them, and what can be done. */
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { useShallow } from "zustand/react/shallow";
import { markRead } from "@/data/commands";
import { loadOlder, type Panel, updateTimeline, usePanel, useTimeline } from "@/data/detail";
import { keys } from "@/data/keys";
import { type Outgoing, send, sendAgain, settle, useOutbox } from "@/data/outbox";
import { useRow } from "@/data/rows";
import { useMe } from "@/data/session";
import { foldTouchpoints, type Timeline } from "@/data/timeline";
import { undoEntry } from "@/features/customer/customer";
import type { TimelineActions } from "@/features/timeline/Timeline";
import { api } from "@/lib/api/client";
import type { ConversationState, SettleOutcome, Touchpoint } from "@/lib/api/types";
import { mayReply } from "@/lib/permissions";
import { useLive } from "@/live/context";
import { useStatus } from "@/live/status";

const READ_AFTER_MS = 400; // passing by is not reading

export interface Thread {
  readonly row: ConversationState | undefined;
  readonly timeline: Timeline | undefined;
  readonly panel: Panel | undefined;
  readonly outgoing: readonly Outgoing[];
  readonly unreadAfter: number | null;
  readonly isTyping: boolean;
  readonly error: unknown;
  readonly retry: () => void;
  readonly loadOlder: () => Promise<void>;
  readonly actions: TimelineActions;
}

export function useThread(conversationId: string): Thread {
  const client = useQueryClient();
  const live = useLive();
  const me = useMe();
  const row = useRow(conversationId);
  const panel = usePanel(conversationId);
  const timeline = useTimeline(conversationId);
  const outgoing = useOutbox(
    useShallow((box) => box.entries.filter((entry) => entry.conversationId === conversationId)),
  );
  const isTyping = useStatus((status) =>
    [...status.typing.values()].some((news) => news.conversation_id === conversationId && news.identity_id !== null),
  );
  const isLoaded = timeline !== undefined;
  useEffect(() => {
    if (!isLoaded) return undefined;
    live.watch(conversationId);
    return () => live.unwatch(conversationId);
  }, [live, conversationId, isLoaded]);
  useReading(client, row, timeline, me.agent.id);
  const mayAct = row !== undefined && mayReply(me.agent, row);
  return {
    row,
    timeline,
    panel: panel.data,
    outgoing,
    unreadAfter: useUnreadAfter(row, timeline),
    isTyping,
    error: panel.error,
    retry: () => void panel.refetch(),
    loadOlder: () => loadOlder(client, conversationId),
    actions: useMemo(() => makeActions(client, conversationId, mayAct), [client, conversationId, mayAct]),
  };
}

function makeActions(client: QueryClient, conversationId: string, mayAct: boolean): TimelineActions {
  return {
    mayAct,
    onRetry: (outgoing) => sendAgain(client, outgoing.clientId),
    onDrop: (outgoing) => settle(outgoing.clientId),
    onResend: (touchpoint) => resend(client, conversationId, touchpoint),
    onSettle: (touchpointId, outcome) => settleUnknown(client, conversationId, touchpointId, outcome),
    onUndo: async (entryId) => {
      await undoEntry(entryId);
      await client.invalidateQueries({ queryKey: keys.detail(conversationId) });
    },
  };
}

/** A reply that failed for good, once more: a new reply with the same words. */
function resend(client: QueryClient, conversationId: string, touchpoint: Touchpoint): void {
  send(client, {
    clientId: crypto.randomUUID(),
    conversationId,
    identityId: touchpoint.identity_id,
    channel: touchpoint.channel,
    text: touchpoint.text,
    attachments: touchpoint.attachments.flatMap((attachment) =>
      attachment.blob === null ? [] : { ...attachment, blob: attachment.blob },
    ),
    at: new Date().toISOString(),
  });
}

async function settleUnknown(
  client: QueryClient,
  conversationId: string,
  touchpointId: string,
  outcome: SettleOutcome,
): Promise<void> {
  const settled = await api.POST("/api/v1/touchpoints/{touchpoint_id}/settle", {
    params: { path: { touchpoint_id: touchpointId } },
    body: { outcome },
  });
  updateTimeline(client, conversationId, (timeline) => ({
    ...timeline,
    touchpoints: foldTouchpoints(timeline.touchpoints, [settled]),
  }));
}

/** Its owner has it on the screen, in a window that can be seen: then it is read. A supervisor's look is no reading. */
function useReading(
  client: QueryClient,
  row: ConversationState | undefined,
  timeline: Timeline | undefined,
  agentId: string,
): void {
  const isVisible = usePageVisible();
  const isShown = row !== undefined && timeline !== undefined && timeline.seq >= row.seq;
  const wanted = isVisible && isShown && row.unread > 0 && row.owner_id === agentId ? row.seq : null;
  const id = row?.id;
  useEffect(() => {
    if (wanted === null || id === undefined) return undefined;
    const timer = setTimeout(() => {
      markRead(client, id, wanted).catch(() => console.warn(`thread: ${id} could not be marked as read`));
    }, READ_AFTER_MS);
    return () => clearTimeout(timer);
  }, [client, id, wanted]);
}

function usePageVisible(): boolean {
  const [isVisible, setVisible] = useState(document.visibilityState === "visible");
  useEffect(() => {
    const look = () => setVisible(document.visibilityState === "visible");
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);
  return isVisible;
}

/** Where the unread part began when the agent came; it stays there while they read. */
function useUnreadAfter(row: ConversationState | undefined, timeline: Timeline | undefined): number | null {
  const [mark, setMark] = useState<number | null | undefined>(undefined);
  if (mark === undefined && row !== undefined && timeline !== undefined) {
    const found = firstUnread(timeline.touchpoints, row.unread);
    setMark(found);
    return found;
  }
  return mark ?? null;
}

export function firstUnread(touchpoints: readonly Touchpoint[], unread: number): number | null {
  if (unread === 0) return null;
  const first = touchpoints.filter((touchpoint) => touchpoint.author === "customer").at(-unread);
  return first ? first.number - 1 : null;
}
