"""The newest records of the embedded log, in memory: whoever keeps up reads them without asking SQLite.

It holds every record above `floor`, of all topics. Offsets of table `log` grow by one with each row of each commit, so
a row that another process wrote (a command line beside a running hub) shows as a gap: then everything here is
forgotten, and readers ask the table until they have caught up. Bounded by count and bytes, whoever reads or not.
"""

from collections import deque
from collections.abc import Sequence

from hub.bus.base import Record, fitting

RECORDS_MAX = 4096
BYTES_MAX = 16 * 1024 * 1024


class Recent:
    """Offsets are those of table `log`."""

    def __init__(self, last: int) -> None:
        """`last`: the newest offset in the table."""
        self.last = last
        self.floor = last
        self._all: deque[Record] = deque()
        self._by_partition: dict[tuple[str, int], deque[Record]] = {}
        self._bytes = 0

    def add(self, records: Sequence[Record]) -> None:
        """What one commit appended, in order."""
        fresh = [record for record in records if record.offset > self.last]
        if not fresh:
            return
        if fresh[0].offset != self.last + 1:
            self.forget(fresh[0].offset - 1)
        for record in fresh:
            self._all.append(record)
            self._by_partition.setdefault((record.topic, record.partition), deque()).append(record)
            self._bytes += len(record.value)
        self.last = fresh[-1].offset
        while len(self._all) > RECORDS_MAX or self._bytes > BYTES_MAX:
            self._drop_oldest()

    def forget(self, last: int) -> None:
        """The table holds rows up to `last` that did not come by here."""
        self._all.clear()
        self._by_partition.clear()
        self._bytes = 0
        self.last = self.floor = last

    def since(self, topic: str, partition: int, start: int, limit: int) -> list[Record] | None:
        """Up to `limit` records with offset >= `start`; None when the table must be asked, for not all are here."""
        if start <= self.floor:
            return None
        found: deque[Record] = deque()
        for record in reversed(self._by_partition.get((topic, partition), ())):
            if record.offset < start:
                break
            found.appendleft(record)
        return fitting(found, limit)

    def _drop_oldest(self) -> None:
        record = self._all.popleft()
        self._by_partition[record.topic, record.partition].popleft()
        self._bytes -= len(record.value)
        self.floor = record.offset
