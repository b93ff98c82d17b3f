/** What the panel says of the conversation rather than of its customer: its labels, and what is still to be done. */
import { useMe } from "@/data/session";
import { Labels } from "@/features/labels/Labels";
import { Tasks } from "@/features/tasks/Tasks";
import type { ConversationState } from "@/lib/api/types";
import { mayLabel } from "@/lib/permissions";

export default function FollowUp({ row }: { row: ConversationState }) {
  const me = useMe();
  return (
    <>
      <Labels row={row} mayAct={mayLabel(me.agent, row)} />
      <Tasks row={row} />
    </>
  );
}
