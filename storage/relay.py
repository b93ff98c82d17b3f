"""Outbox -> Kafka. In a cluster, events committed with a state wait in table `log`; the relay carries them on.

One process at a time does it (storage.leases). Per partition one window of rows is under way: appended in order,
deleted once the brokers have them all, and only then the next. A crash in between repeats the window: allowed, since
consumers take an event twice. A partition whose brokers are away holds up nobody else.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

import asyncpg
import sqlalchemy as sa
from asyncpg.exceptions import InterfaceError, PostgresError

from hub.batch import Pace, describe, pause
from hub.bus.base import Entry
from hub.errors import BusUnavailable, StorageUnavailable
from hub.log import get_logger
from hub.metrics import OUTBOX_ROWS, RELAY_ACTIVE, RELAYED
from hub.tasks import heed_cancellation, stop, together
from storage.engine import Database
from storage.leases import Office, Offices
from storage.tables import log as outbox
from storage.unit_of_work import OUTBOX_CHANNEL, Units

OFFICE = "relay"
ROWS_MAX = 2000  # of one look
LOOK_EVERY_S = 1.0  # when no notice comes
APPEND_S = 30.0
NOTICE_RECONNECT_S = 2.0
COUNT_EVERY_S = 5.0
COUNT_MAX = 10_000
STUCK_AFTER_S = 5.0  # then /readyz says so

T = TypeVar("T")
Where = tuple[str, int]
log = get_logger(__name__)


class Sink(Protocol):
    """Where rows go: hub.bus.kafka.KafkaBus."""

    async def append(self, entries: Sequence[Entry], *, deadline_s: float) -> None:
        """In order per key. Durable when it returns. Raises BusUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Row:
    offset: int
    entry: Entry


class Relay:
    """`run` is one long task of every process of a cluster; one of them is active."""

    def __init__(self, units: Units, sink: Sink, owner: str, *, offices: Offices | None = None) -> None:
        self._units = units
        self._sink = sink
        self._owner = owner
        self._offices = offices or Offices(units)
        self._bell = asyncio.Event()
        self._trouble: dict[Where | None, tuple[str, float]] = {}  # -> reason, since; None: the outbox itself

    async def run(self) -> None:
        """Until cancelled."""
        await self._offices.hold(OFFICE, self._owner, self._on_duty)

    def problems(self) -> list[str]:
        now = time.monotonic()
        return [f"relay: {reason}" for reason, since in self._trouble.values() if now - since > STUCK_AFTER_S]

    async def _on_duty(self, _office: Office) -> None:
        RELAY_ACTIVE.set(1)
        try:
            await together(self._carry(), self._hear_notices(), self._count())
        finally:
            RELAY_ACTIVE.set(0)
            self._trouble.clear()

    async def _carry(self) -> None:
        """Looks for rows of partitions not under way; a notice, or a window that is done, makes it look again."""
        under_way: dict[Where, asyncio.Task[None]] = {}
        try:
            while True:
                self._bell.clear()
                for where in [where for where, task in under_way.items() if task.done()]:
                    under_way.pop(where).result()
                for where, rows in (await self._waiting(list(under_way))).items():
                    under_way[where] = asyncio.create_task(self._carry_window(where, rows))
                await self._next_occasion()
        finally:
            await stop(under_way.values())

    async def _carry_window(self, where: Where, rows: Sequence[Row]) -> None:
        """Returns when Kafka has the rows and the outbox has them no more."""
        try:
            await self._insist(where, lambda: self._sink.append([row.entry for row in rows], deadline_s=APPEND_S))
            await self._insist(where, lambda: self._delete([row.offset for row in rows]))
            RELAYED.labels(topic=where[0]).inc(len(rows))
        finally:
            self._bell.set()

    async def _insist(self, where: Where | None, step: Callable[[], Awaitable[T]]) -> T:
        """Repeats it until it meets no trouble that may pass."""
        attempt = 0
        while True:
            heed_cancellation()
            try:
                result = await step()
            except (BusUnavailable, StorageUnavailable) as error:
                attempt += 1
                if where not in self._trouble:
                    log.warning("relay_waits", partition=where, reason=describe(error))
                self._trouble[where] = (describe(error), self._trouble.get(where, ("", time.monotonic()))[1])
                await asyncio.sleep(pause(attempt, Pace()))
            else:
                self._trouble.pop(where, None)
                return result

    async def _waiting(self, under_way: Sequence[Where]) -> dict[Where, list[Row]]:
        """The oldest rows of all partitions but those, in order."""
        query = sa.select(
            outbox.c.offset, outbox.c.topic, outbox.c.partition, outbox.c.key, outbox.c.type, outbox.c.value
        )
        for topic, partition in under_way:
            query = query.where(sa.not_(sa.and_(outbox.c.topic == topic, outbox.c.partition == partition)))
        query = query.order_by(outbox.c.offset).limit(ROWS_MAX)

        async def look() -> dict[Where, list[Row]]:
            found: dict[Where, list[Row]] = defaultdict(list)
            async with self._units.database.reading() as connection:
                for offset, *of_entry in (await connection.execute(query)).all():
                    entry = Entry(*of_entry)
                    found[entry.topic, entry.partition].append(Row(offset, entry))
            return found

        return await self._insist(None, look)

    async def _delete(self, offsets: Sequence[int]) -> None:
        async with self._units.begin() as work:
            await work.connection.execute(sa.delete(outbox).where(outbox.c.offset.in_(offsets)))
            await work.commit()

    async def _next_occasion(self) -> None:
        try:
            async with asyncio.timeout(LOOK_EVERY_S):
                await self._bell.wait()
        except TimeoutError:
            return

    async def _hear_notices(self) -> None:
        """Rings the bell at each commit that left something in the outbox. Without it LOOK_EVERY_S is the delay."""
        while True:
            try:
                async with _listening(self._units.database, OUTBOX_CHANNEL, self._bell.set) as ended:
                    await ended.wait()
            except (OSError, TimeoutError, PostgresError, InterfaceError) as error:
                log.warning("relay_hears_no_notices", reason=describe(error))
            await asyncio.sleep(NOTICE_RECONNECT_S)

    async def _count(self) -> None:
        """How much waits, for whoever watches."""
        some = sa.select(outbox.c.offset).limit(COUNT_MAX).subquery()
        while True:
            try:
                async with self._units.database.reading() as connection:
                    OUTBOX_ROWS.set(
                        (await connection.execute(sa.select(sa.func.count()).select_from(some))).scalar_one()
                    )
            except StorageUnavailable as error:
                log.debug("outbox_not_counted", reason=describe(error))
            await asyncio.sleep(COUNT_EVERY_S)


@asynccontextmanager
async def _listening(database: Database, channel: str, on_notice: Callable[[], None]) -> AsyncIterator[asyncio.Event]:
    """A connection of its own that calls `on_notice`. The event is set when it ends."""
    ended = asyncio.Event()
    dsn = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(dsn, timeout=5)
    try:
        connection.add_termination_listener(lambda _connection: ended.set())
        await connection.add_listener(channel, lambda *_notice: on_notice())
        on_notice()  # what was committed before we listened
        yield ended
    finally:
        connection.terminate()
