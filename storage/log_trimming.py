"""The embedded log does not grow for ever: events that everybody has settled and that are older than the shop wants to
keep are removed, a few at a time so that nobody waits long for the writer.

Kafka does this by itself; there the outbox is emptied by the relay.
"""

import asyncio
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import Transient
from hub.events import DEAD_LETTERS
from hub.log import get_logger
from storage.tables import log, positions
from storage.unit_of_work import Units

ROWS_A_STEP = 2000
PAUSE_S = 0.05  # between steps: the writer is for others, too
LOOK_EVERY_S = 600.0

_logger = get_logger(__name__)


class LogTrimming:
    """One long task of an embedded hub."""

    def __init__(self, units: Units, *, keep: timedelta, keep_dead_letters: timedelta) -> None:
        self._units = units
        self._keep = keep
        self._keep_dead_letters = keep_dead_letters

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                removed = await self.trim()
                if removed:
                    _logger.info("log_trimmed", events=removed)
            except Transient as error:
                _logger.warning("log_trimming_put_off", reason=str(error))
            await asyncio.sleep(LOOK_EVERY_S)

    async def trim(self) -> int:
        """Removes what may go now; returns how many events that were. Raises Transient."""
        async with self._units.database.reading() as connection:
            places = (await connection.execute(sa.select(log.c.topic, log.c.partition).distinct())).all()
        removed = 0
        for topic, partition in places:
            while step := await self._step(topic, partition):
                removed += step
                await asyncio.sleep(PAUSE_S)
        return removed

    async def _step(self, topic: str, partition: int) -> int:
        keep = self._keep_dead_letters if topic == DEAD_LETTERS else self._keep
        async with self._units.begin() as work:
            settled = await _settled(work.connection, topic, partition)
            removed = await _remove(work.connection, topic, partition, self._units.clock.now() - keep, settled)
            await work.commit()
        return removed


async def _settled(connection: AsyncConnection, topic: str, partition: int) -> int | None:
    """The offset below which every group that ever read here is done; None when no group did."""
    query = sa.select(sa.func.min(positions.c.next_offset)).where(
        positions.c.topic == topic, positions.c.partition == partition
    )
    settled: int | None = (await connection.execute(query)).scalar_one()
    return settled


async def _remove(
    connection: AsyncConnection, topic: str, partition: int, before: datetime, settled: int | None
) -> int:
    old = sa.select(log.c.offset).where(log.c.topic == topic, log.c.partition == partition, log.c.appended_at < before)
    if settled is not None:
        old = old.where(log.c.offset < settled)
    oldest = old.order_by(log.c.offset).limit(ROWS_A_STEP).scalar_subquery()
    return (await connection.execute(sa.delete(log).where(log.c.offset.in_(oldest)))).rowcount
