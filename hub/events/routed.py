"""What the router of a pool must know to decide. Topic `routing`, keyed by routing pool."""

from typing import ClassVar, Literal

from pydantic import Field

from hub.events.common import AccountId, Channel, PresenceStatus, When
from hub.events.envelope import EventData, register
from hub.ids import AgentId, ConversationId, CustomerId, QueueId

ROUTING = "routing"
DEFAULT_POOL = "main"
IDLE = "_idle"  # reason of being away: no sign of life at the keyboard; no word of plan "work" can be this


class RoutingEvent(EventData):
    TOPIC: ClassVar[str] = ROUTING

    pool: str = Field(default=DEFAULT_POOL, max_length=63)

    def key(self) -> str:
        return self.pool


@register
class WorkArrived(RoutingEvent):
    """A conversation waits for an agent: new, reopened, or given back."""

    TYPE: ClassVar[str] = "hub.work_arrived.v1"

    conversation_id: ConversationId
    customer_id: CustomerId
    queue_id: QueueId
    channel: Channel
    waiting_since: When
    last_agent_id: AgentId | None = None
    given_back_by: AgentId | None = None  # has room again, and is not the first to be asked for it


@register
class WorkGone(RoutingEvent):
    """The conversation needs no agent any more, or is off its agent's hands: `agent_id` has room again."""

    TYPE: ClassVar[str] = "hub.work_gone.v1"

    conversation_id: ConversationId
    agent_id: AgentId | None = None


@register
class PresenceChanged(RoutingEvent):
    """Also when only the reason, or the time after a conversation, is another."""

    TYPE: ClassVar[str] = "hub.presence_changed.v1"

    agent_id: AgentId
    status: PresenceStatus
    since: When
    reason: str | None = Field(default=None, max_length=40)  # of plan "work", or IDLE
    wrap_up_until: When | None = None
    by: Literal["agent", "supervisor", "system"] = "agent"


@register
class OfferAnswered(RoutingEvent):
    """The offer with this deadline was accepted or declined; the conversation row has already moved."""

    TYPE: ClassVar[str] = "hub.offer_answered.v1"

    conversation_id: ConversationId
    agent_id: AgentId
    answer: Literal["accepted", "declined"]


@register
class CallChanged(RoutingEvent):
    """A live call asked whom to ring, and this is what became of it: it waits in line, rings at an agent, is talked,
    or is over. `agent_id`: who is rung, talks, or was rung in vain (state waiting). `until`: so long it rings."""

    TYPE: ClassVar[str] = "hub.call_changed.v1"

    account_id: AccountId
    call_id: str = Field(max_length=200)
    state: Literal["waiting", "ringing", "talking", "over"]
    queue_id: QueueId
    caller: str = Field(max_length=512)
    customer_id: CustomerId | None = None
    customer_name: str | None = Field(default=None, max_length=200)
    conversation_id: ConversationId | None = None
    agent_id: AgentId | None = None
    freed: AgentId | None = None
    asked_at: When
    until: When
