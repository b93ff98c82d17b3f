"""What a batch of routing events names. Events are pointers: whatever they name is read anew from the database."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from hub.batch import dead_letter
from hub.bus.base import Record
from hub.errors import Poison
from hub.events import CallChanged, EventRejected, OfferAnswered, PresenceChanged, WorkArrived, WorkGone
from hub.ids import AgentId, ConversationId

GROUP: Final = "router"


@dataclass(slots=True)
class Named:
    """`arrived`: those of `conversations` that rules must look at again. `refusals`: who did not want what just now."""

    conversations: set[ConversationId] = field(default_factory=set)
    agents: set[AgentId] = field(default_factory=set)
    refusals: dict[ConversationId, AgentId] = field(default_factory=dict)
    rejected: list[EventRejected] = field(default_factory=list)
    arrived: set[ConversationId] = field(default_factory=set)


def named_in(records: Iterable[Record]) -> Named:
    named = Named()
    for record in records:
        try:
            data = record.decode().data
        except Poison as error:
            named.rejected.append(dead_letter(record, GROUP, str(error)))
            continue
        if isinstance(data, WorkArrived | WorkGone | OfferAnswered):
            named.conversations.add(data.conversation_id)
        if isinstance(data, WorkGone | OfferAnswered | PresenceChanged) and data.agent_id is not None:
            named.agents.add(data.agent_id)
        if isinstance(data, CallChanged):
            named.agents |= {agent_id for agent_id in (data.agent_id, data.freed) if agent_id is not None}
        if isinstance(data, OfferAnswered) and data.answer == "declined":
            named.refusals[data.conversation_id] = data.agent_id
        if isinstance(data, WorkArrived):
            named.arrived.add(data.conversation_id)
            if data.given_back_by is not None:
                named.refusals[data.conversation_id] = data.given_back_by
                named.agents.add(data.given_back_by)
    return named
