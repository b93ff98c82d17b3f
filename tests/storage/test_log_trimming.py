"""What everybody has settled and nobody keeps any longer leaves the embedded log; nothing else does."""

from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from hub.clock import ManualClock
from hub.events import PresenceChanged, PresenceStatus
from hub.ids import AgentId, new_id
from storage.log_trimming import LogTrimming
from storage.tables import log
from storage.unit_of_work import Units
from tests import databases

DAY_S = 24 * 3600.0


async def _append(units: Units, count: int) -> None:
    async with units.begin() as work:
        for _ in range(count):
            agent_id, now = AgentId(new_id()), units.clock.now()
            work.publish(PresenceChanged(agent_id=agent_id, status=PresenceStatus.AWAY, since=now))
        await work.commit()


async def _offsets(units: Units) -> list[int]:
    async with units.database.reading() as connection:
        return list((await connection.execute(sa.select(log.c.offset).order_by(log.c.offset))).scalars())


async def test_old_events_go_once_every_group_has_settled_them(tmp_path: Path, clock: ManualClock) -> None:
    async with databases.opened(databases.sqlite_url(tmp_path), clock) as units:
        await _append(units, 5)
        clock.advance(8 * DAY_S)
        await _append(units, 2)
        async with units.database.reading() as connection:
            topic, partition = (await connection.execute(sa.select(log.c.topic, log.c.partition))).first() or ("", 0)
        fast = await units.acquire("fast", topic, partition, "me")
        slow = await units.acquire("slow", topic, partition, "me")
        async with units.begin() as work:
            await work.advance(fast, 8)
            await work.advance(slow, 4)
            await work.commit()
        trimming = LogTrimming(units, keep=timedelta(days=7), keep_dead_letters=timedelta(days=90))
        assert await trimming.trim() == 3
        assert await _offsets(units) == [4, 5, 6, 7], "the slow group still needs the fourth"
        async with units.begin() as work:
            await work.advance(slow, 8)
            await work.commit()
        assert await trimming.trim() == 2
        assert await _offsets(units) == [6, 7], "young events stay, settled or not"
        await _append(units, 1)
        assert await _offsets(units) == [6, 7, 8], "an offset is never given twice"
