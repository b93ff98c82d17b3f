"""What became of promises about time (service levels). Topic `conversations`, keyed by conversation.

The clocks themselves stand in `conversation.sla`; they follow from what customers and agents said, never from these.
"""

from typing import ClassVar

from pydantic import Field

from hub.events.common import Name, When
from hub.events.envelope import register
from hub.events.identified import ConversationEvent
from hub.events.state import SlaTarget
from hub.ids import AgentId, QueueId


class SlaEvent(ConversationEvent):
    """`policy`: its id, in plan "sla"; `policy_name`: what people called it then."""

    target: SlaTarget
    policy: str = Field(max_length=63)
    policy_name: Name


@register
class SlaChanged(ConversationEvent):
    """Clocks began, paused, went on or ended."""

    TYPE: ClassVar[str] = "hub.sla_changed.v1"


@register
class SlaWarned(SlaEvent):
    """The promise will be broken at `due_at` unless somebody acts."""

    TYPE: ClassVar[str] = "hub.sla_warned.v1"

    due_at: When


@register
class SlaBreached(SlaEvent):
    """The promise was broken at `due_at`, which may be some time before this was noticed."""

    TYPE: ClassVar[str] = "hub.sla_breached.v1"

    due_at: When


@register
class SlaEscalated(SlaEvent):
    """What the policy says for this case was done: the state has it. `notify`: who must be told."""

    TYPE: ClassVar[str] = "hub.sla_escalated.v1"

    notify: tuple[AgentId, ...] = ()
    from_queue_id: QueueId | None = None  # set when it was moved
