"""The newest events of the log, in memory, for consoles that come back after a short absence.

It holds every entry from `floor` on, bounded by count and bytes. Whoever missed more takes a new snapshot.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Generic, Protocol, TypeVar

ENTRIES_MAX = 50_000
BYTES_MAX = 32 * 1024 * 1024


class Placed(Protocol):
    """What a ring can hold."""

    @property
    def partition(self) -> int: ...

    @property
    def offset(self) -> int: ...

    @property
    def size_bytes(self) -> int: ...


E = TypeVar("E", bound=Placed)


@dataclass(slots=True)
class _Track:
    """Of one partition: the offsets held, each with the entry's number. Oldest first."""

    offsets: deque[int] = field(default_factory=deque)
    numbers: deque[int] = field(default_factory=deque)


class Ring(Generic[E]):
    """Entries are numbered from 0 in the order of `add`."""

    def __init__(self, start: Mapping[int, int], *, entries_max: int = ENTRIES_MAX, bytes_max: int = BYTES_MAX) -> None:
        """`start`: partition -> the first offset that will be added."""
        self.floor = dict(start)
        self.positions = dict(start)
        self._entries: deque[E] = deque()
        self._tracks = {partition: _Track() for partition in start}
        self._first = 0
        self._bytes = 0
        self._entries_max = entries_max
        self._bytes_max = bytes_max

    @property
    def next_number(self) -> int:
        """Of the entry that will be added next."""
        return self._first + len(self._entries)

    def skip(self, partition: int, offset: int) -> bool:
        """A record was seen. False: it was seen before, or its partition appeared while we were running."""
        if partition not in self.positions:
            self.floor[partition] = self.positions[partition] = offset
            self._tracks[partition] = _Track()
        if offset < self.positions[partition]:
            return False
        self.positions[partition] = offset + 1
        return True

    def add(self, entry: E) -> None:
        """After `skip` said that it is new."""
        track = self._tracks[entry.partition]
        track.offsets.append(entry.offset)
        track.numbers.append(self.next_number)
        self._entries.append(entry)
        self._bytes += entry.size_bytes
        while len(self._entries) > self._entries_max or self._bytes > self._bytes_max:
            self._forget()

    def number_at(self, cursor: Mapping[int, int]) -> int | None:
        """From which number on somebody at `cursor` must read. None: what they miss is forgotten, or was never here."""
        if cursor.keys() != self.floor.keys() or any(cursor[p] < low for p, low in self.floor.items()):
            return None
        numbers = [self._number(partition, offset) for partition, offset in cursor.items()]
        return min(numbers, default=self.next_number)

    def since(self, number: int) -> Iterator[E] | None:
        """Entries from `number` on; None when it is forgotten. Read it before anything is added."""
        return islice(self._entries, number - self._first, None) if number >= self._first else None

    def _number(self, partition: int, offset: int) -> int:
        track = self._tracks[partition]
        index = bisect_left(track.offsets, offset)
        return track.numbers[index] if index < len(track.numbers) else self.next_number

    def _forget(self) -> None:
        oldest = self._entries.popleft()
        self._first += 1
        self._bytes -= oldest.size_bytes
        track = self._tracks[oldest.partition]
        track.offsets.popleft()
        track.numbers.popleft()
        self.floor[oldest.partition] = oldest.offset + 1
