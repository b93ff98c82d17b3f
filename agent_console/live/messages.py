"""What travels on the socket (Socket.IO, namespace /agent), as models: the generated TypeScript client has them too.

From the hub:  event (LiveEvent), row (LiveRow), bundle (LiveBundle), reread (LiveReread), sync (LiveSync),
               reload (LiveReload), presence (LivePresence), call (LiveCall), agents (LiveAgents), queues (LiveQueues),
               typing (LiveTyping), kick (LiveKick)
To the hub:    watch, unwatch (WatchIn), typing (TypingIn), active (ActiveIn); each is acknowledged with Ack
On connecting: auth = ConnectAuth
"""

from typing import Annotated, Any, Literal, Union

from pydantic import Field, RootModel, create_model

from agent_console.call_views import CallView
from agent_console.views import AgentCard, QueueView
from hub.events import ConversationEvent, ConversationState, EventData, PresenceStatus, registry
from hub.events.common import Frozen, When
from hub.ids import AgentId, ConversationId, IdentityId

NAMESPACE = "/agent"


class LiveEnvelope(Frozen):
    """`cursor` is where to go on after this one."""

    cursor: str
    at: When


def _live_model(event: type[EventData]) -> type[LiveEnvelope]:
    """{cursor, at, type, event} for one published type."""
    fields: dict[str, Any] = {"type": (Literal[event.TYPE], ...), "event": (event, ...)}
    return create_model(f"Live{event.__name__}", __base__=LiveEnvelope, **fields)


LIVE_EVENTS: dict[str, type[LiveEnvelope]] = {
    name: _live_model(event) for name, event in sorted(registry().items()) if issubclass(event, ConversationEvent)
}
_ANY_EVENT: Any = Union[tuple(LIVE_EVENTS.values())]  # noqa: UP007  # its members are known at run time only


class LiveEvent(RootModel[Annotated[_ANY_EVENT, Field(discriminator="type")]]):
    """For those who watch the conversation, its owner, and the one it is offered to: all there is to know."""


class LiveRow(LiveEnvelope):
    """For everybody else whose lists show the conversation: how its row looks now."""

    conversation: ConversationState


class LiveBundle(Frozen):
    """Several at once, in order: an event has a `type`, a row has not."""

    messages: tuple[LiveEvent | LiveRow, ...]


class LiveReread(Frozen):
    """Of a conversation that you watch: others are its customer now, or something happened in another conversation of
    theirs. Read its timeline and its customer anew."""

    conversation_id: ConversationId


class LiveSync(Frozen):
    """Everything up to `cursor` has been sent."""

    cursor: str


class LiveReload(Frozen):
    """Take the snapshot anew: too much was missed, or what may be seen has changed. The socket stays: what it says from
    now on is newer than that snapshot or repeats it."""

    reason: Literal["too_old", "unknown_cursor", "fell_behind", "rights_changed"]


class LivePresence(Frozen):
    agent_id: AgentId
    status: PresenceStatus
    reason: str | None = None
    since: When
    wrap_up_until: When | None = None


class LiveCall(Frozen):
    """For who is rung or talks, for who was rung in vain, and for supervisors: how a live call stands."""

    call: CallView


class LiveAgents(Frozen):
    """Colleagues whose card changed; the first one after connecting has everybody. At most once a second."""

    agents: tuple[AgentCard, ...]


class LiveQueues(Frozen):
    """All queues of the one who reads it. At most once a second, and only when something changed."""

    queues: tuple[QueueView, ...]


class LiveTyping(Frozen):
    """Somebody writes. `identity_id` is set for the customer, `agent_id` for a colleague. Forget it after 6 s."""

    conversation_id: ConversationId
    on: bool
    identity_id: IdentityId | None = None
    agent_id: AgentId | None = None


class LiveKick(Frozen):
    """The socket is about to be closed, and connecting again with the same sign-in is pointless."""

    reason: Literal["signed_out", "expired", "disabled"]


class ConnectAuth(Frozen):
    """`csrf` as in Me, `cursor` as in Snapshot or the last one seen. Without a cursor: from now on."""

    csrf: str = Field(max_length=200)
    cursor: str | None = Field(default=None, max_length=2000)


class WatchIn(Frozen):
    conversation_id: ConversationId


class TypingIn(Frozen):
    """`identity_id`: the way of answering that is chosen, so that only that side is told; None: the preferred one."""

    conversation_id: ConversationId
    on: bool
    identity_id: IdentityId | None = None


class ActiveIn(Frozen):
    """Somebody is at the keyboard."""


class Ack(Frozen):
    """`seq`: the conversation's seq, from watch; a console that knows less asks for the changes. `code` when not ok."""

    ok: bool
    seq: int | None = None
    code: str | None = None


MESSAGES: tuple[type[Any], ...] = (
    LiveEvent,
    LiveRow,
    LiveBundle,
    LiveReread,
    LiveSync,
    LiveReload,
    LivePresence,
    LiveCall,
    LiveAgents,
    LiveQueues,
    LiveTyping,
    LiveKick,
    Ack,
)
TAKEN: tuple[type[Any], ...] = (ConnectAuth, WatchIn, TypingIn, ActiveIn)
