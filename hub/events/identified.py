"""What became of touchpoints and conversations. Topic `conversations`, keyed by conversation.

Every event carries the conversation as it is afterwards (`conversation`) and its place in that conversation's own
sequence (`conversation.seq`), so that a reader that knows seq n and gets n+2 knows what it misses.
"""

from typing import ClassVar, Literal

from pydantic import Field

from hub.events.common import Explanation, When
from hub.events.envelope import EventData, register
from hub.events.state import ConversationState, MergeNote, TaskState, TouchpointState
from hub.ids import AgentId, ConversationId, CustomerId, IdentityId, LedgerEntryId, QueueId, SuggestionId

CONVERSATIONS = "conversations"

OfferEnd = Literal["declined", "expired", "agent_gone", "withdrawn"]
DeclineReason = Literal["busy", "not_my_field", "language", "personal", "other"]
RequeueReason = Literal["agent_gone", "released", "split", "woken"]


class ConversationEvent(EventData):
    TOPIC: ClassVar[str] = CONVERSATIONS

    conversation: ConversationState

    def key(self) -> str:
        return str(self.conversation.id)


@register
class ConversationOpened(ConversationEvent):
    TYPE: ClassVar[str] = "hub.conversation_opened.v1"


@register
class TouchpointAdded(ConversationEvent):
    """A message, a call, or an agent's reply was added to the timeline."""

    TYPE: ClassVar[str] = "hub.touchpoint_added.v1"

    touchpoint: TouchpointState


@register
class TouchpointChanged(ConversationEvent):
    """Delivery moved, a call went on, a recording came, a message was edited. The whole entry as it is now."""

    TYPE: ClassVar[str] = "hub.touchpoint_changed.v1"

    touchpoint: TouchpointState


@register
class ConversationRead(ConversationEvent):
    """An agent looked: nothing is unread up to now."""

    TYPE: ClassVar[str] = "hub.conversation_read.v1"

    agent_id: AgentId


@register
class CustomerMerged(ConversationEvent):
    """Two customers are one from now on. The timeline of `conversation` is to be read anew."""

    TYPE: ClassVar[str] = "hub.customer_merged.v1"

    merge: MergeNote


@register
class CustomerSplit(ConversationEvent):
    """A merge was undone. Sent once for each of the two customers that has a conversation."""

    TYPE: ClassVar[str] = "hub.customer_split.v1"

    merge: MergeNote


@register
class CustomerRegrouped(EventData):
    """`identities` are this customer from now on, with nobody who was it before and is not among them (should they be
    very many, there are several of these events). Of each customer whom a merge or its undoing made, also where no
    conversation is open: for whoever looks at a closed one."""

    TYPE: ClassVar[str] = "hub.customer_regrouped.v1"
    TOPIC: ClassVar[str] = CONVERSATIONS

    customer_id: CustomerId
    identities: tuple[IdentityId, ...]

    def key(self) -> str:
        return str(self.customer_id)


@register
class CustomerChanged(ConversationEvent):
    """Name, numbers or identities of the customer changed: the customer panel is to be read anew."""

    TYPE: ClassVar[str] = "hub.customer_changed.v1"

    customer_id: CustomerId


@register
class SuggestionRaised(ConversationEvent):
    TYPE: ClassVar[str] = "hub.suggestion_raised.v1"

    suggestion_id: SuggestionId
    other_customer_id: CustomerId
    why: Explanation


@register
class SuggestionSettled(ConversationEvent):
    TYPE: ClassVar[str] = "hub.suggestion_settled.v1"

    suggestion_id: SuggestionId
    outcome: Literal["accepted", "rejected", "obsolete"]
    entry_id: LedgerEntryId | None = None


@register
class ConversationPlaced(ConversationEvent):
    """By a rule, or because it waited too long where it was: its queue, priority or steps are others now."""

    TYPE: ClassVar[str] = "hub.conversation_placed.v1"

    before_queue_id: QueueId
    why: Explanation


@register
class ConversationOffered(ConversationEvent):
    TYPE: ClassVar[str] = "hub.conversation_offered.v1"

    agent_id: AgentId
    expires_at: When
    why: Explanation


@register
class OfferEnded(ConversationEvent):
    """The offer was not accepted; the conversation waits again, at its old place."""

    TYPE: ClassVar[str] = "hub.offer_ended.v1"

    agent_id: AgentId
    reason: OfferEnd
    because: DeclineReason | None = None  # of one who declined and said why


@register
class ConversationAssigned(ConversationEvent):
    TYPE: ClassVar[str] = "hub.conversation_assigned.v1"

    agent_id: AgentId
    why: Explanation


@register
class ConversationRequeued(ConversationEvent):
    """Its agent let go of it or vanished: it waits again, ahead of newer work."""

    TYPE: ClassVar[str] = "hub.conversation_requeued.v1"

    agent_id: AgentId | None
    reason: RequeueReason


@register
class ConversationClosed(ConversationEvent):
    TYPE: ClassVar[str] = "hub.conversation_closed.v1"

    by: AgentId | None
    reason: Literal["resolved", "merged"]
    into: ConversationId | None = None
    disposition: str | None = Field(default=None, max_length=40)  # of plan "work"


@register
class ConversationReopened(ConversationEvent):
    TYPE: ClassVar[str] = "hub.conversation_reopened.v1"

    reason: Literal["split", "by_agent", "by_customer"]


@register
class TaskChanged(ConversationEvent):
    """A reminder or a call back was made, changed, done or cancelled (see `change`). The whole task as it is now."""

    TYPE: ClassVar[str] = "hub.task_changed.v1"

    task: TaskState
    change: Literal["made", "changed", "done", "cancelled"]
    by: AgentId | None = None


@register
class TaskDue(ConversationEvent):
    """Its time has come. Said once for each time it was set to."""

    TYPE: ClassVar[str] = "hub.task_due.v1"

    task: TaskState
