"""What people do with a conversation besides answering: hand it on, ask a colleague, put it off. Topic `conversations`.

Notes are events and nothing else: no channel, no visitor and no reply ever reads them.
"""

from typing import ClassVar, Literal

from pydantic import Field

from hub.events.common import When
from hub.events.envelope import register
from hub.events.identified import ConversationEvent
from hub.ids import AgentId, NoteId, QueueId

NOTE_MAX_CHARS = 4000

WakeReason = Literal["time", "answer", "by_agent"]


@register
class NoteAdded(ConversationEvent):
    """Staff wrote to staff. `asked`: whose opinion is wanted; they see the conversation from now on."""

    TYPE: ClassVar[str] = "hub.note_added.v1"

    note_id: NoteId
    agent_id: AgentId | None  # None: an automation rule
    text: str = Field(min_length=1, max_length=NOTE_MAX_CHARS)
    asked: tuple[AgentId, ...] = ()


@register
class ConsultEnded(ConversationEvent):
    """`agent_id` is asked no more; `by` said so."""

    TYPE: ClassVar[str] = "hub.consult_ended.v1"

    agent_id: AgentId
    by: AgentId


@register
class ConversationTransferred(ConversationEvent):
    """`by` handed it on to a queue or an agent. `agent_id` had it until now. What comes of it follows as an offer or an
    assignment; without one it waits."""

    TYPE: ClassVar[str] = "hub.conversation_transferred.v1"

    agent_id: AgentId | None
    by: AgentId | None
    to_queue: QueueId | None = None
    to_agent: AgentId | None = None


@register
class ConversationSnoozed(ConversationEvent):
    """Nobody works on it until `until`, or until the customer writes."""

    TYPE: ClassVar[str] = "hub.conversation_snoozed.v1"

    by: AgentId | None
    until: When


@register
class ConversationWoken(ConversationEvent):
    """It is work again. Where its owner had no room, it waits: then hub.conversation_requeued.v1 stands instead."""

    TYPE: ClassVar[str] = "hub.conversation_woken.v1"

    agent_id: AgentId | None
    reason: WakeReason
