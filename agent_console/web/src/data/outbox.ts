/** Replies on their way: shown in the timeline at once, sent in order per conversation, kept until the hub has them.
 *
 * `clientId` is made once per click, so sending the same again is harmless: the hub answers with the first reply.
 */
import type { QueryClient } from "@tanstack/react-query";
import { create } from "zustand";
import { updateTimeline } from "@/data/detail";
import { foldTouchpoints } from "@/data/timeline";
import { api } from "@/lib/api/client";
import { asProblem, type Problem } from "@/lib/api/problems";
import type { Attachment, Channel } from "@/lib/api/types";

export interface Outgoing {
  readonly clientId: string;
  readonly conversationId: string;
  readonly identityId: string;
  readonly channel: Channel;
  readonly text: string | null;
  readonly attachments: readonly (Pick<Attachment, "kind" | "name" | "mime" | "size_bytes"> & { blob: string })[];
  readonly at: string;
  readonly state: "sending" | "waiting" | "failed"; // waiting: no line; goes by itself once there is one
  readonly problem: Problem | null;
}

const RETRY_MS = [2000, 4000, 8000, 15_000, 30_000];
const GIVE_UP_AFTER_MS = 2 * 60 * 1000; // a reply that leaves unnoticed half an hour later helps nobody

export const useOutbox = create<{ readonly entries: readonly Outgoing[] }>(() => ({ entries: [] }));

const lanes = new Map<string, Promise<void>>(); // one at a time per conversation
const sleeping = new Set<() => void>();

/** Puts a reply on its way. Returns at once. */
export function send(client: QueryClient, reply: Omit<Outgoing, "state" | "problem">): void {
  const entry: Outgoing = { ...reply, state: "sending", problem: null };
  useOutbox.setState(({ entries }) => ({ entries: [...entries.filter((e) => e.clientId !== reply.clientId), entry] }));
  const lane = lanes.get(reply.conversationId) ?? Promise.resolve();
  lanes.set(
    reply.conversationId,
    lane.then(() => deliver(client, entry)),
  );
}

/** A failed reply, the agent says: again. The same clientId, so what did arrive is not sent twice. */
export function sendAgain(client: QueryClient, clientId: string): void {
  const entry = useOutbox.getState().entries.find((candidate) => candidate.clientId === clientId);
  if (entry) send(client, entry);
}

/** The hub has it (or the agent dropped it). */
export function settle(clientId: string): void {
  const { entries } = useOutbox.getState();
  if (entries.some((entry) => entry.clientId === clientId)) {
    useOutbox.setState({ entries: entries.filter((entry) => entry.clientId !== clientId) });
  }
}

/** Somebody else sits here now. What is on its way already arrives or does not; nobody is told. */
export function forgetOutbox(): void {
  useOutbox.setState({ entries: [] });
  retryNow();
}

/** The line is back: what waits goes now. */
export function retryNow(): void {
  for (const wake of [...sleeping]) wake();
}

async function deliver(client: QueryClient, entry: Outgoing): Promise<void> {
  const started = Date.now();
  for (let attempt = 0; isPending(entry.clientId); attempt += 1) {
    try {
      const touchpoint = await post(entry);
      updateTimeline(client, entry.conversationId, (timeline) => ({
        ...timeline,
        touchpoints: foldTouchpoints(timeline.touchpoints, [touchpoint]),
      }));
      settle(entry.clientId);
      return;
    } catch (error) {
      const problem = asProblem(error);
      const isOver = !problem.isPassing || Date.now() - started > GIVE_UP_AFTER_MS;
      update(entry.clientId, { state: isOver ? "failed" : "waiting", problem });
      if (isOver) return;
      await pause(problem.retryAfterS ? problem.retryAfterS * 1000 : (RETRY_MS[attempt] ?? 30_000));
    }
  }
}

function post(entry: Outgoing) {
  return api.POST("/api/v1/conversations/{conversation_id}/reply", {
    params: { path: { conversation_id: entry.conversationId } },
    body: {
      client_id: entry.clientId,
      identity_id: entry.identityId,
      text: entry.text,
      attachments: entry.attachments.map((attachment) => attachment.blob),
    },
  });
}

function isPending(clientId: string): boolean {
  return useOutbox.getState().entries.some((entry) => entry.clientId === clientId);
}

function update(clientId: string, change: Partial<Outgoing>): void {
  useOutbox.setState(({ entries }) => ({
    entries: entries.map((entry) => (entry.clientId === clientId ? { ...entry, ...change } : entry)),
  }));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      sleeping.delete(wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    sleeping.add(wake);
  });
}
