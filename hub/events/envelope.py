"""The envelope every event travels in: CloudEvents 1.0 attribute names around frozen data.

A published type never changes. A fact that must say something else gets a new version (`…v2`) and a new class; the
old class stays so that old log entries can be read. `extra="forbid"` in both directions makes a typo an error at the
writer, and an unknown field a dead letter at the reader, never silence.
"""

from typing import Any, ClassVar, Generic, Literal, TypeVar, cast

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from hub.clock import Clock
from hub.errors import Poison
from hub.events.common import Frozen, When
from hub.ids import EventId, new_id

SOURCE = "/onethread"
EVENT_BYTES_MAX = 256 * 1024  # larger bodies and all files go to the blob store; the event carries the reference


class EventData(Frozen):
    """Base of every fact. Subclasses name their published type and topic, and know their key."""

    TYPE: ClassVar[str]
    TOPIC: ClassVar[str]
    BYTES_MAX: ClassVar[int] = EVENT_BYTES_MAX

    def key(self) -> str:
        """Events of one key keep their order; keys spread over partitions."""
        raise NotImplementedError(type(self).__name__)


D = TypeVar("D", bound=EventData)


class Envelope(Frozen, Generic[D]):
    """`causedby` is the id of the event this one follows from (CloudEvents extension, hence no underscore)."""

    model_config = ConfigDict(title="Envelope")

    specversion: Literal["1.0"] = "1.0"
    id: EventId = Field(default_factory=lambda: EventId(new_id()))
    source: str = SOURCE
    type: str
    time: When
    causedby: EventId | None = None
    data: D

    @property
    def topic(self) -> str:
        return self.data.TOPIC

    @property
    def key(self) -> str:
        return self.data.key()


_REGISTRY: dict[str, type[EventData]] = {}
_ADAPTERS: dict[str, TypeAdapter[Envelope[EventData]]] = {}


def register(cls: type[D]) -> type[D]:
    """Class decorator: makes `cls` a published event type. Two classes of one type are a programming error."""
    if cls.TYPE in _REGISTRY:
        raise RuntimeError(f"event type {cls.TYPE} registered twice")
    _REGISTRY[cls.TYPE] = cls
    return cls


def registry() -> dict[str, type[EventData]]:
    """Every published type, for the generators of JSON Schema and AsyncAPI."""
    return dict(_REGISTRY)


def wrap(data: D, clock: Clock, *, caused_by: EventId | None = None) -> Envelope[D]:
    """A new event saying that `data` is a fact, now."""
    return Envelope(type=data.TYPE, time=clock.now(), causedby=caused_by, data=data)


def _adapter(type_: str) -> TypeAdapter[Envelope[EventData]]:
    adapter = _ADAPTERS.get(type_)
    if adapter is None:
        cls = _REGISTRY.get(type_)
        if cls is None:
            raise Poison(f"unknown event type {type_!r}")
        adapter = cast("TypeAdapter[Envelope[EventData]]", TypeAdapter(cast(Any, Envelope)[cls]))
        _ADAPTERS[type_] = adapter
    return adapter


def encode(event: Envelope[Any]) -> bytes:
    """JSON, UTF-8. Raises ValueError above the type's BYTES_MAX: the writer must use the blob store."""
    raw = _adapter(event.type).dump_json(event, exclude_defaults=False)
    if len(raw) > event.data.BYTES_MAX:
        raise ValueError(f"{event.type} is {len(raw)} bytes, {event.data.BYTES_MAX} allowed")
    return raw


def decode(type_: str, raw: bytes) -> Envelope[EventData]:
    """The event in `raw`. `type_` comes from the record's metadata. Raises Poison for anything unreadable."""
    try:
        event = _adapter(type_).validate_json(raw)
    except ValidationError as error:
        raise Poison(f"{type_}: {error.error_count()} invalid fields: {_where(error)}") from error
    if event.type != type_:
        raise Poison(f"record says {type_!r}, its body says {event.type!r}")
    return event


def _where(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:5])
