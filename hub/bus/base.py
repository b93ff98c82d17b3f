"""What the log promises, whichever log it is. `hub/bus/kafka.py` and `storage/log.py` (SQLite: every line of SQL
lives in storage) keep the same promises; one suite (tests/contract/test_bus.py) holds both to them.

1. `publish` returns after the events are durable, or raises BusUnavailable by its deadline. An event of a failed
   publish may still appear later, once or more: consumers deduplicate.
2. Events of one key stand in one partition, in the order of their publish calls.
3. `run_group` gives every partition of its topics to exactly one worker of the group at a time, as far as anyone can
   know; a worker that lost its partition is cancelled. One that was paused meanwhile and goes on is fenced: the
   position it stores with its effect is refused (Positions.advance raises LeaseLost).
4. The bus stores no positions. The consumer's position is committed with the effect, in the same database
   transaction, so a crash at any instant repeats a batch as a whole or not at all.
5. `read` never returns more than asked; a slow worker makes nobody's memory grow.
"""

import zlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from hub.events.envelope import Envelope, EventData, decode, encode

PUBLISH_DEADLINE_S = 2.0  # Zalo gives a webhook 2 s in all; callers with less time pass their own
READ_BYTES_MAX = 4 * 1024 * 1024  # of one `read`, whatever its limit


@dataclass(frozen=True, slots=True)
class Record:
    """One entry of the log, undecoded. `offset` grows within a partition; holes are normal.

    `type` is "" when the log does not say it.
    """

    topic: str
    partition: int
    offset: int
    key: str
    type: str
    value: bytes
    appended_at: datetime
    _event: Envelope[EventData] | None = field(default=None, init=False, compare=False, repr=False)

    def decode(self) -> Envelope[EventData]:
        """Raises Poison when the value is not a valid event of `type`. Validates once: embedded, one Record object
        is handed to every group and every console."""
        event = self._event
        if event is None:
            event = decode(self.type, self.value)
            object.__setattr__(self, "_event", event)  # a memo of an immutable value, not a change
        return event


@dataclass(frozen=True, slots=True)
class Entry:
    """An event ready to be appended: encoded, and its partition known."""

    topic: str
    partition: int
    key: str
    type: str
    value: bytes

    @classmethod
    def of(cls, event: Envelope[Any], partitions: int) -> "Entry":
        """Raises ValueError when the event is too large."""
        return cls(event.topic, partition_of(event.key, partitions), event.key, event.type, encode(event))


class Partition(Protocol):
    """One partition, handed to one worker."""

    topic: str
    index: int

    async def seek(self, offset: int) -> None:
        """The next `read` starts at the first record with an offset >= `offset`. -1 means the oldest kept."""
        ...

    async def read(self, limit: int, *, timeout_s: float) -> Sequence[Record]:
        """Up to `limit` records in order, as soon as there is at least one; empty after `timeout_s`.

        Fewer when they would exceed READ_BYTES_MAX together, but at least one. Each call goes on after the last record
        returned. Raises BusUnavailable while the log cannot be reached.
        """
        ...

    async def end(self) -> int:
        """The offset the next record appended here will have at least: whoever is there has read everything.
        Raises BusUnavailable."""
        ...


PartitionWorker = Callable[[Partition], Awaitable[None]]


class Bus(Protocol):
    """The log. Build one per process; `start` before use; `stop` flushes and closes."""

    async def start(self) -> None:
        """Raises BusUnavailable when the log cannot be reached."""
        ...

    async def stop(self) -> None: ...

    async def ping(self) -> None:
        """Raises BusUnavailable when the log does not answer within 2 s. For /readyz."""
        ...

    async def publish(self, events: Sequence[Envelope[Any]], *, deadline_s: float = PUBLISH_DEADLINE_S) -> None:
        """Durable when it returns. Raises BusUnavailable. An empty sequence is a no-op."""
        ...

    async def run_group(self, group: str, topics: Sequence[str], worker: PartitionWorker) -> None:
        """Runs `worker(partition)` for each partition this member is given, until cancelled. A worker that raises
        ends the whole call with that error; one that is revoked is cancelled and awaited first; one that returns is
        not started again before the partitions are dealt anew."""
        ...

    async def tail(self, topic: str, *, since: dict[int, int] | None = None) -> "Tail":
        """Every partition of `topic`, outside any group: each process that must see all events has its own.

        `since` maps partition -> first offset wanted; a partition not named starts at its end.
        """
        ...

    async def ends(self, topic: str) -> dict[int, int]:
        """Partition -> end offset, as in Partition.end. Lag = end - position."""
        ...

    async def offsets_at(self, topic: str, moment: datetime) -> dict[int, int]:
        """Partition -> first offset appended at or after `moment` (the end where there is none). For replays."""
        ...


class Tail(Protocol):
    """A bounded live reader over all partitions of a topic: in order within each, none starves another."""

    async def read(self, limit: int, *, timeout_s: float) -> Sequence[Record]:
        """As Partition.read."""
        ...

    async def close(self) -> None: ...


def partition_of(key: str, partitions: int) -> int:
    """The partition of `key`. CRC-32 is stable over releases, machines and both logs."""
    return zlib.crc32(key.encode()) % partitions


def fitting(records: Iterable[Record], limit: int) -> list[Record]:
    """The first of `records`: at most `limit`, and at most READ_BYTES_MAX together unless the first is larger."""
    chosen: list[Record] = []
    size = 0
    for record in records:
        size += len(record.value)
        if len(chosen) == limit or (chosen and size > READ_BYTES_MAX):
            break
        chosen.append(record)
    return chosen
