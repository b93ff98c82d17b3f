/** Escalations that live events told of and that nobody was shown yet: who is named in one must hear of it. */
import { create } from "zustand";
import type { LiveEvent } from "@/lib/api/types";
import type { Target } from "@/lib/urgency";

export interface Escalated {
  readonly conversationId: string;
  readonly target: Target;
  readonly notify: readonly string[];
}

const useStore = create<{ readonly untold: readonly Escalated[] }>(() => ({ untold: [] }));

export function useEscalations(): readonly Escalated[] {
  return useStore((state) => state.untold);
}

export function noteEscalations(events: readonly LiveEvent[]): void {
  const found = events.flatMap((live) =>
    live.type === "hub.sla_escalated.v1" && live.event.notify.length > 0
      ? [{ conversationId: live.event.conversation.id, target: live.event.target, notify: live.event.notify }]
      : [],
  );
  if (found.length > 0) useStore.setState(({ untold }) => ({ untold: [...untold, ...found] }));
}

export function forgetEscalations(told: readonly Escalated[]): void {
  useStore.setState(({ untold }) => ({ untold: untold.filter((one) => !told.includes(one)) }));
}
