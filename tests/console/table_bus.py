"""The log of a PostgreSQL test: table `log` read as it stands, for consoles whose events come from units of work."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.bus.base import PUBLISH_DEADLINE_S, PartitionWorker, Record, Tail
from hub.events.envelope import Envelope
from storage.tables import log
from storage.unit_of_work import Units

LOOK_S = 0.02


class TableBus:
    """Implements what the console asks of hub.bus.base.Bus. Fit for one writer at a time, as tests are."""

    def __init__(self, units: Units) -> None:
        self._units = units

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def ping(self) -> None:
        await self._units.database.ping()

    async def publish(self, events: Sequence[Envelope[Any]], *, deadline_s: float = PUBLISH_DEADLINE_S) -> None:
        async with self._units.begin() as work:
            for event in events:
                work.publish(event.data, caused_by=event.causedby)
            await work.commit()

    async def run_group(self, group: str, topics: Sequence[str], worker: PartitionWorker) -> None:
        raise NotImplementedError("the console joins no group")

    async def tail(self, topic: str, *, since: dict[int, int] | None = None) -> Tail:
        return TableTail(self._units, topic, (await self.ends(topic)) | (since or {}))

    async def ends(self, topic: str) -> dict[int, int]:
        async with self._units.database.reading() as connection:
            last = (await connection.execute(sa.select(sa.func.max(log.c.offset)))).scalar() or 0
        return dict.fromkeys(range(self._units.partitions), last + 1)

    async def offsets_at(self, topic: str, moment: datetime) -> dict[int, int]:
        found = await self.ends(topic)
        query = (
            sa.select(log.c.partition, sa.func.min(log.c.offset))
            .where(log.c.topic == topic, log.c.appended_at >= moment)
            .group_by(log.c.partition)
        )
        async with self._units.database.reading() as connection:
            return found | {row[0]: row[1] for row in await connection.execute(query)}


class TableTail:
    def __init__(self, units: Units, topic: str, since: dict[int, int]) -> None:
        self._units = units
        self._topic = topic
        self._since = since

    async def read(self, limit: int, *, timeout_s: float) -> Sequence[Record]:
        until = asyncio.get_running_loop().time() + timeout_s
        while not (records := await self._look(limit)) and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(LOOK_S)
        return records

    async def close(self) -> None: ...

    async def _look(self, limit: int) -> list[Record]:
        mine = sa.or_(*((log.c.partition == p) & (log.c.offset >= offset) for p, offset in self._since.items()))
        query = sa.select(log).where(log.c.topic == self._topic, mine).order_by(log.c.offset).limit(limit)
        async with self._units.database.reading() as connection:
            rows = (await connection.execute(query)).all()
        for row in rows:
            self._since[row.partition] = row.offset + 1
        return [Record(r.topic, r.partition, r.offset, r.key, r.type, r.value, r.appended_at) for r in rows]
