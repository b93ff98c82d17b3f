"""Who may do what. Pure: decided from the caller and the conversation alone.

An agent sees the conversations of their queues, and those they own, are offered or were asked about. A supervisor and
an administrator see all. What may not be seen does not exist: the answer is 404, never 403. Whoever may see a
conversation sees its customer; there is no other way to a customer.
"""

from dataclasses import dataclass
from enum import StrEnum

from agent_console.views import Role
from hub.events import ConversationState
from hub.ids import AgentId, QueueId


class Access(StrEnum):
    """Whom a route or a socket event is for. Each includes those after it, but for PROGRAM: other systems with a key,
    and nobody who signs in."""

    PROGRAM = "program"
    PUBLIC = "public"
    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking, as the database says at this moment."""

    agent_id: AgentId
    role: Role
    queue_ids: frozenset[QueueId]

    @property
    def sees_all(self) -> bool:
        return self.role in {"supervisor", "admin"}


_ALLOWED: dict[Access, frozenset[Role]] = {
    Access.PROGRAM: frozenset(),
    Access.AGENT: frozenset({"agent", "supervisor", "admin"}),
    Access.SUPERVISOR: frozenset({"supervisor", "admin"}),
    Access.ADMIN: frozenset({"admin"}),
}


def admits(access: Access, role: Role | None) -> bool:
    """`role` None: nobody is signed in."""
    return access is Access.PUBLIC or role in _ALLOWED[access]


def may_see(caller: Caller, conversation: ConversationState) -> bool:
    return (
        caller.sees_all
        or conversation.queue_id in caller.queue_ids
        or caller.agent_id in {conversation.owner_id, conversation.offered_to, *conversation.consulted}
    )
