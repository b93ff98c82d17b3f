"""How the embedded log is read: from memory where that suffices, else from table `log`; woken by each commit."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.bus.base import READ_BYTES_MAX, Record, fitting
from hub.errors import BusUnavailable, StorageUnavailable
from hub.events import TOPICS
from storage.engine import Database
from storage.recent import Recent
from storage.tables import log

CHUNK_RECORDS = 64  # the first part of a read; the next is sized by it, so that large events do not fill the memory
CLOCK_SET_BACK_MAX = timedelta(minutes=1)  # between two commits

_SINCE = (
    sa.select(log.c.topic, log.c.partition, log.c.offset, log.c.key, log.c.type, log.c.value, log.c.appended_at)
    .where(
        log.c.topic == sa.bindparam("in_topic"),
        log.c.partition == sa.bindparam("in_partition"),
        log.c.offset >= sa.bindparam("start"),
    )
    .order_by(log.c.offset)
    .limit(sa.bindparam("at_most"))
)


class LogReads:
    """Every query on table `log`. Raises BusUnavailable for passing trouble of the database."""

    def __init__(self, database: Database, partitions: int) -> None:
        self.recent = Recent(0)
        self._database = database
        self._partitions = partitions
        self._waiting: dict[tuple[str, int], set[asyncio.Event]] = {}

    def appended(self, records: Sequence[Record]) -> None:
        """What a commit of this process appended."""
        self.recent.add(records)
        for where in {(record.topic, record.partition) for record in records}:
            for bell in self._waiting.get(where, ()):
                bell.set()

    async def look_for_strangers(self) -> None:
        """Finds what another process appended, and wakes everybody if there is something."""
        last = await self.last_offset()
        if last > self.recent.last:
            self.recent.forget(last)
            for bells in self._waiting.values():
                for bell in bells:
                    bell.set()

    @contextmanager
    def woken(self, topic: str, partitions: Iterable[int]) -> Iterator[asyncio.Event]:
        """The event is set by what is appended to these partitions meanwhile."""
        bell = asyncio.Event()
        places = [self._waiting.setdefault((topic, partition), set()) for partition in partitions]
        for bells in places:
            bells.add(bell)
        try:
            yield bell
        finally:
            for bells in places:
                bells.discard(bell)

    async def since(self, topic: str, partition: int, start: int, limit: int) -> tuple[list[Record], int]:
        """(up to `limit` records with offset >= `start`, the offset to go on from)."""
        records = self.recent.since(topic, partition, start, limit)
        known = self.recent.last  # before asking the table: all of it is there by now
        if records is None:
            async with self._reading() as connection:
                records = await _select(connection, topic, partition, start, limit)
        if records:
            return records, records[-1].offset + 1
        return [], max(start, known + 1)

    async def ends(self, topic: str) -> dict[int, int]:
        newest = {
            partition: sa.select(sa.func.max(log.c.offset))
            .where(log.c.topic == topic, log.c.partition == partition)
            .scalar_subquery()
            for partition in range(self._partitions)
        }
        async with self._reading() as connection:
            row = (await connection.execute(sa.select(*newest.values()))).one()
        return {partition: (offset or -1) + 1 for partition, offset in zip(newest, row, strict=True)}

    async def offsets_at(self, topic: str, moment: datetime) -> dict[int, int]:
        """`appended_at` grows with the offset, but for clocks set back: hence the look from a little before."""
        ends = await self.ends(topic)
        async with self._reading() as connection:
            start = await _first_offset_at(connection, moment - CLOCK_SET_BACK_MAX)
            found = {}
            for partition, end in ends.items():
                query = (
                    sa.select(log.c.offset)
                    .where(
                        log.c.topic == topic,
                        log.c.partition == partition,
                        log.c.offset >= start,
                        log.c.appended_at >= moment,
                    )
                    .order_by(log.c.offset)
                    .limit(1)
                )
                found[partition] = (await connection.execute(query)).scalar() or end
        return found

    async def last_offset(self) -> int:
        """The newest ever given; 0 for a log that is still empty."""
        async with self._reading() as connection:
            counter = "SELECT seq FROM sqlite_sequence WHERE name = 'log'"
            return int((await connection.exec_driver_sql(counter)).scalar() or 0)

    async def most_partitions(self) -> int:
        """How many partitions the table was written with, as far as one can see."""
        newest = [
            sa.select(sa.func.max(log.c.partition)).where(log.c.topic == topic).scalar_subquery() for topic in TOPICS
        ]
        async with self._reading() as connection:
            row = (await connection.execute(sa.select(*newest))).one()
        return max(0 if index is None else index + 1 for index in row)

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with self._database.reading() as connection:
                yield connection
        except StorageUnavailable as error:
            raise BusUnavailable(f"the log cannot be read: {error}") from error


class Reader:
    """Implements hub.bus.base.Partition."""

    def __init__(self, reads: LogReads, topic: str, index: int) -> None:
        self.topic = topic
        self.index = index
        self._reads = reads
        self._next = 0

    async def seek(self, offset: int) -> None:
        self._next = offset

    async def read(self, limit: int, *, timeout_s: float) -> Sequence[Record]:
        with self._reads.woken(self.topic, [self.index]) as bell:
            return await _until_some(lambda: self.look(limit), bell, timeout_s)

    async def look(self, limit: int) -> Sequence[Record]:
        """`read` without waiting."""
        records, self._next = await self._reads.since(self.topic, self.index, self._next, limit)
        return records

    async def end(self) -> int:
        return (await self._reads.ends(self.topic))[self.index]


class SqliteTail:
    """Implements hub.bus.base.Tail. The partitions take turns at being first."""

    def __init__(self, reads: LogReads, readers: Sequence[Reader]) -> None:
        self._reads = reads
        self._readers = deque(readers)

    async def read(self, limit: int, *, timeout_s: float) -> Sequence[Record]:
        with self._reads.woken(self._readers[0].topic, [reader.index for reader in self._readers]) as bell:
            return await _until_some(lambda: self._look(limit), bell, timeout_s)

    async def close(self) -> None:
        """Nothing is held between two reads."""

    async def _look(self, limit: int) -> Sequence[Record]:
        for _ in range(len(self._readers)):
            self._readers.rotate(-1)
            if records := await self._readers[-1].look(limit):
                return records
        return ()


async def _until_some(
    look: Callable[[], Awaitable[Sequence[Record]]], bell: asyncio.Event, timeout_s: float
) -> Sequence[Record]:
    """Looks at once and after each ring of the bell, until there is something or the time is up."""
    clock = asyncio.get_running_loop()
    until = clock.time() + timeout_s
    while True:
        bell.clear()  # before looking: what is appended meanwhile rings again
        records = await look()
        if records or clock.time() >= until:
            return records
        try:
            async with asyncio.timeout_at(until):
                await bell.wait()
        except TimeoutError:
            return records


async def _select(connection: AsyncConnection, topic: str, partition: int, start: int, limit: int) -> list[Record]:
    found: list[Record] = []
    chunk = min(limit, CHUNK_RECORDS)
    while True:
        wanted = {"in_topic": topic, "in_partition": partition, "start": start, "at_most": chunk}
        rows = (await connection.execute(_SINCE, wanted)).all()
        found += [Record(*row) for row in rows]
        size = sum(len(record.value) for record in found)
        if len(rows) < chunk or len(found) >= limit or size >= READ_BYTES_MAX:
            return fitting(found, limit)
        start = found[-1].offset + 1
        chunk = max(1, min(limit - len(found), (READ_BYTES_MAX - size) * len(found) // size))


async def _first_offset_at(connection: AsyncConnection, moment: datetime) -> int:
    """Binary search: there is no index by time, and none is worth its cost on every append."""
    low, high = 0, int((await connection.execute(sa.select(sa.func.max(log.c.offset)))).scalar() or 0) + 1
    while low < high:
        middle = (low + high) // 2
        query = sa.select(log.c.offset, log.c.appended_at).where(log.c.offset >= middle)
        row = (await connection.execute(query.order_by(log.c.offset).limit(1))).first()
        if row is None or row.appended_at >= moment:
            high = middle
        else:
            low = row.offset + 1
    return low
