import { createContext, useContext } from "react";
import type { Live } from "@/live/live";

/** The one live connection of the page; made in main.tsx, outside React. */
export const LiveContext = createContext<Live | null>(null);

export function useLive(): Live {
  const live = useContext(LiveContext);
  if (live === null) throw new Error("no live connection was provided");
  return live;
}
