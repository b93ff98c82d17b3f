"""The embedded log does not grow for ever: events that everybody has settled and that are older than the shop wants to
keep are removed, a few at a time so that nobody waits long for the writer.

Kafka does this by itself; there the outbox is emptied by the relay.
"""

import asyncio
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import Transient
from hub.events import DEAD_LETTERS
from hub.log import get_logger
from hub.metrics import TRIMMED
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
        last = await self._last_to_go(topic, partition)
        if last is None:
            return 0
        gone = sa.delete(log).where(log.c.topic == topic, log.c.partition == partition, log.c.offset <= last)
        async with self._units.begin() as work:
            removed = (await work.connection.execute(gone)).rowcount
            await work.commit()
        TRIMMED.labels(topic=topic).inc(removed)
        return removed

    async def _last_to_go(self, topic: str, partition: int) -> int | None:
        """The newest of the oldest ROWS_A_STEP that may go. Looked up beside the writer, for who writes waits for it,
        and by offset alone: there is no index by time, but time grows with the offset."""
        before = self._units.clock.now() - (self._keep_dead_letters if topic == DEAD_LETTERS else self._keep)
        oldest = (
            sa.select(log.c.offset, log.c.appended_at)
            .where(log.c.topic == topic, log.c.partition == partition)
            .order_by(log.c.offset)
            .limit(ROWS_A_STEP)
        )
        async with self._units.database.reading() as connection:
            settled = await _settled(connection, topic, partition)
            last = None
            for offset, appended_at in (await connection.execute(oldest)).all():
                if appended_at >= before or (settled is not None and offset >= settled):
                    break
                last = offset
        return last


async def _settled(connection: AsyncConnection, topic: str, partition: int) -> int | None:
    """The offset below which every group that ever read here is done; None when no group did."""
    query = sa.select(sa.func.min(positions.c.next_offset)).where(
        positions.c.topic == topic, positions.c.partition == partition
    )
    settled: int | None = (await connection.execute(query)).scalar_one()
    return settled
