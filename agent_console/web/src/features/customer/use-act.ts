/** One action at a time, its trouble kept where it happened. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { afterIdentityChange } from "@/features/customer/customer";

export interface Act {
  readonly isBusy: boolean;
  readonly error: unknown;
  readonly run: (action: () => Promise<unknown>) => Promise<boolean>;
}

export function useAct(conversationId: string): Act {
  const client = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const run = async (action: () => Promise<unknown>) => {
    setBusy(true);
    setError(null);
    try {
      await action();
      await afterIdentityChange(client, conversationId);
      return true;
    } catch (problem) {
      setError(problem);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, error, run };
}
