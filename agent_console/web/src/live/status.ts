/** How the line to the hub is, for the banner, and who is writing at the moment. */
import { create } from "zustand";
import type { LiveTyping } from "@/lib/api/types";

export type LineState = "connecting" | "live" | "offline";

export const TYPING_FORGET_MS = 6000;

interface Status {
  readonly line: LineState;
  readonly typing: ReadonlyMap<string, LiveTyping>; // by conversation and writer
}

export const useStatus = create<Status>(() => ({ line: "connecting", typing: new Map() }));

export function setLine(line: LineState): void {
  useStatus.setState({ line });
}

const forget = new Map<string, ReturnType<typeof setTimeout>>();

export function noteTyping(news: LiveTyping): void {
  const writer = `${news.conversation_id}:${news.identity_id ?? news.agent_id ?? ""}`;
  clearTimeout(forget.get(writer));
  setTyping(writer, news.on ? news : null);
  if (news.on)
    forget.set(
      writer,
      setTimeout(() => setTyping(writer, null), TYPING_FORGET_MS),
    );
}

function setTyping(writer: string, news: LiveTyping | null): void {
  useStatus.setState(({ typing }) => {
    const next = new Map(typing);
    if (news === null) next.delete(writer);
    else next.set(writer, news);
    return { typing: next };
  });
}
