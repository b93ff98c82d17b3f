"""What could not be handled. Topic `dead-letters`; inspected and replayed from the console."""

from typing import ClassVar

from pydantic import Field

from hub.events.envelope import EventData, register

DEAD_LETTERS = "dead-letters"
BODY_BYTES_MAX = 256 * 1024  # nothing that we write is larger; what strangers wrote into the log is cut here
KEY_MAX_CHARS = 2000
TYPE_MAX_CHARS = 200
REASON_MAX_CHARS = 2000


@register
class EventRejected(EventData):
    """`body` is the record exactly as it stood in the log, `body_bytes` its length: a longer one was cut."""

    TYPE: ClassVar[str] = "hub.event_rejected.v1"
    TOPIC: ClassVar[str] = DEAD_LETTERS
    BYTES_MAX: ClassVar[int] = 512 * 1024  # base64 makes a body a third longer

    group: str = Field(max_length=100)
    topic: str = Field(max_length=100)
    partition: int
    offset: int
    original_key: str = Field(max_length=KEY_MAX_CHARS)
    original_type: str = Field(max_length=TYPE_MAX_CHARS)
    body: bytes = Field(max_length=BODY_BYTES_MAX)
    body_bytes: int = Field(ge=0)
    reason: str = Field(max_length=REASON_MAX_CHARS)

    def key(self) -> str:
        return self.original_key
