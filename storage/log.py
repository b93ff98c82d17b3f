"""The embedded log: table `log` of SQLite keeps the promises of hub.bus.base for one process.

Whatever is committed through `Units`, by `publish` here or by any unit of work, is appended in the order of the commits
(SQLite has one writer). Readers are woken by the commit and mostly served from memory (storage.recent); a look at the
table's counter each second finds what another process wrote.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from prometheus_client import Counter

from hub.bus.base import PUBLISH_DEADLINE_S, Entry, PartitionWorker, Tail
from hub.bus.groups import Groups
from hub.clock import Clock
from hub.errors import BusUnavailable, StorageUnavailable
from hub.events.envelope import Envelope
from hub.log import get_logger
from hub.metrics import PUBLISH_REFUSED, PUBLISH_SECONDS, PUBLISHED
from hub.tasks import stop
from storage.engine import Database
from storage.group_commit import GroupCommit
from storage.log_reads import LogReads, Reader, SqliteTail
from storage.unit_of_work import Units

LOOK_EVERY_S = 1.0
FLUSH_S = 5.0  # at `stop`

_logger = get_logger(__name__)


async def partitions_of(database: Database, wanted: int) -> int:
    """How many a log must be opened with: `wanted`, but never fewer than it was written with, or records would lie
    where nobody reads."""
    written = await LogReads(database, wanted).most_partitions()
    if written > wanted:
        _logger.warning("partitions_cannot_shrink", has=written, wanted=wanted)
    return max(written, wanted)


class SqliteLog:
    """Implements hub.bus.base.Bus."""

    def __init__(self, database: Database, units: Units, clock: Clock, partitions: int = 6) -> None:
        if partitions != units.partitions:
            raise ValueError("the log and its units of work must agree on the number of partitions")
        self._database = database
        self._units = units
        self._clock = clock
        self._partitions = partitions
        self._reads = LogReads(database, partitions)
        self._groups = Groups(partitions, lambda topic, index: Reader(self._reads, topic, index))
        self._commits = GroupCommit(units)
        self._writer: asyncio.Task[None] | None = None
        self._looker: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Raises ValueError when the log was written with more partitions: see `partitions_of`."""
        written = await self._reads.most_partitions()
        if written > self._partitions:
            raise ValueError(f"the log has {written} partitions, the settings say {self._partitions}: it cannot shrink")
        await self._reads.look_for_strangers()
        self._units.on_commit.append(self._reads.appended)
        self._writer = asyncio.create_task(self._commits.run(), name="log writer")
        self._looker = asyncio.create_task(self._look(), name="log looker")

    async def stop(self) -> None:
        """What waits to be written is written, for FLUSH_S at most; nothing more is taken."""
        self._commits.close()
        if self._writer is None or self._looker is None:
            return
        await asyncio.wait([self._writer], timeout=FLUSH_S)
        await stop([self._writer, self._looker])
        self._units.on_commit.remove(self._reads.appended)
        self._writer = self._looker = None

    async def ping(self) -> None:
        try:
            await self._database.ping()
        except StorageUnavailable as error:
            raise BusUnavailable(str(error)) from error
        if self._writer is None or self._looker is None:
            raise BusUnavailable("the log was not started")
        if self._writer.done() or self._looker.done():
            raise BusUnavailable("a task of the log has failed")

    async def publish(self, events: Sequence[Envelope[Any]], *, deadline_s: float = PUBLISH_DEADLINE_S) -> None:
        if not events:
            return
        entries = [Entry.of(event, self._partitions) for event in events]
        began = self._clock.monotonic()
        try:
            await self._commits.append(entries, deadline_s=deadline_s)
        except BusUnavailable as error:
            PUBLISH_REFUSED.labels(reason="deadline" if isinstance(error.__cause__, TimeoutError) else "refused").inc()
            raise
        PUBLISH_SECONDS.observe(self._clock.monotonic() - began)
        for entry in entries:
            _published(entry.topic).inc()

    async def run_group(self, group: str, topics: Sequence[str], worker: PartitionWorker) -> None:
        if self._writer is None:
            raise RuntimeError("start the log first")
        await self._groups.run(group, topics, worker)

    async def tail(self, topic: str, *, since: dict[int, int] | None = None) -> Tail:
        starts = {**await self.ends(topic), **(since or {})}
        readers = [Reader(self._reads, topic, index) for index in range(self._partitions)]
        for reader in readers:
            await reader.seek(starts[reader.index])
        return SqliteTail(self._reads, readers)

    async def ends(self, topic: str) -> dict[int, int]:
        return await self._reads.ends(topic)

    async def offsets_at(self, topic: str, moment: datetime) -> dict[int, int]:
        return await self._reads.offsets_at(topic, moment)

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                await self._reads.look_for_strangers()
            except BusUnavailable as error:
                _logger.warning("log_not_looked_at", reason=str(error))


@cache
def _published(topic: str) -> Counter:
    """Finding a counter by its labels costs more than counting, and this is done for every event."""
    return PUBLISHED.labels(topic=topic)
