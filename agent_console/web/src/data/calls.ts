/** Live calls: mine, and for supervisors all. Told by the socket; asked for anew whenever the line comes back. */
import { type QueryClient, useQuery } from "@tanstack/react-query";
import { keys } from "@/data/keys";
import { api } from "@/lib/api/client";
import type { LiveCall, PhoneCall } from "@/lib/api/types";

const LOOK_AGAIN_MS = 60_000; // a call whose end nobody told leaves by itself

export function useCalls(): readonly PhoneCall[] {
  const query = useQuery({
    queryKey: keys.calls,
    queryFn: async () => (await api.GET("/api/v1/calls")).items,
    refetchInterval: LOOK_AGAIN_MS,
  });
  return query.data ?? [];
}

/** Most urgent first is the hub's order: a call that changes keeps its place, a new one comes last. */
export function applyCall(client: QueryClient, { call }: LiveCall): void {
  client.setQueryData<readonly PhoneCall[]>(keys.calls, (known = []) => withCall(known, call));
}

export function withCall(known: readonly PhoneCall[], call: PhoneCall): readonly PhoneCall[] {
  const isThis = (one: PhoneCall) => one.account_id === call.account_id && one.call_id === call.call_id;
  if (call.state === "over") return known.filter((one) => !isThis(one));
  return known.some(isThis) ? known.map((one) => (isThis(one) ? call : one)) : [...known, call];
}

export function callsMayHaveChanged(client: QueryClient): void {
  void client.invalidateQueries({ queryKey: keys.calls });
}
