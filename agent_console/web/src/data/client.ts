/** The one query cache. Events keep it fresh, so nothing is fetched again by age, focus or reconnect alone. */
import { QueryClient } from "@tanstack/react-query";
import { asProblem } from "@/lib/api/problems";

const RETRIES = 2;

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: Number.POSITIVE_INFINITY,
        gcTime: 30 * 60 * 1000,
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
        networkMode: "always", // the browser's idea of being online is no fact
        retry: (failures, error) => failures < RETRIES && asProblem(error).isPassing,
      },
      mutations: { networkMode: "always", retry: false },
    },
  });
}
