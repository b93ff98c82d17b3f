"""What a conversation is marked with, and by whom. Topic `conversations`."""

from typing import ClassVar

from pydantic import Field

from hub.events.common import Frozen
from hub.events.envelope import register
from hub.events.identified import ConversationEvent
from hub.ids import AgentId


class Labels(Frozen):
    """`lifecycle`: a word of plan "work"."""

    priority: int = Field(default=0, ge=-1, le=2)  # low, normal, high, urgent
    tags: tuple[str, ...] = ()
    lifecycle: str | None = None


class RuleMark(Frozen):
    """The automation rule that did it."""

    id: str = Field(max_length=63)
    name: str = Field(max_length=100)


@register
class ConversationLabelled(ConversationEvent):
    """Urgency, tags or lifecycle were set; at least one of them is another now. `by` None: by `rule`."""

    TYPE: ClassVar[str] = "hub.conversation_labelled.v1"

    by: AgentId | None = None
    rule: RuleMark | None = None
    before: Labels
    after: Labels
