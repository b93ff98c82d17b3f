"""What could not be handled. Topic `dead-letters`; inspected and replayed from the console."""

from typing import ClassVar

from pydantic import Field

from hub.events.envelope import EventData, register

DEAD_LETTERS = "dead-letters"


@register
class EventRejected(EventData):
    """`body` is the record exactly as it stood in the log."""

    TYPE: ClassVar[str] = "hub.event_rejected.v1"
    TOPIC: ClassVar[str] = DEAD_LETTERS

    group: str = Field(max_length=100)
    topic: str = Field(max_length=100)
    partition: int
    offset: int
    original_key: str
    original_type: str
    body: bytes
    reason: str = Field(max_length=2000)

    def key(self) -> str:
        return self.original_key
