/** Beside the thread: who the customer is, and what is to be done for them. Loaded with the first conversation. */
import FollowUp from "@/app/workspace/FollowUp";
import type { Panel } from "@/data/detail";
import type { View } from "@/data/keys";
import { CustomerPanel } from "@/features/customer/CustomerPanel";
import type { ConversationState } from "@/lib/api/types";

interface Props {
  conversationId: string;
  view: View;
  panel: Panel;
  row: ConversationState | undefined;
}

export default function CustomerSide({ conversationId, view, panel, row }: Props) {
  return (
    <CustomerPanel conversationId={conversationId} view={view} panel={panel}>
      {row && <FollowUp key={conversationId} row={row} />}
    </CustomerPanel>
  );
}
