"""A log with its database, and consumers that write down what they handled, for tests over both logs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hub.batch import Pace
from hub.bus import Bus, Partition, Record
from hub.bus.kafka import KafkaBus
from hub.clock import SystemClock
from hub.events import TOUCHPOINTS, Channel, Envelope, EventData, MessageReceived, wrap
from hub.ids import ChannelAccountId
from hub.service import Consumer
from storage.engine import Database
from storage.log import SqliteLog
from storage.tables import metadata
from storage.unit_of_work import UnitOfWork, Units
from tests.databases import sqlite_url

PARTITIONS = 6
QUICK = Pace(
    backoff_s=0.02, backoff_max_s=0.2, idle_s=0.5, handle_s=5, lease_lost_pause_s=0.3, deaf_after_s=6, batch_max=100
)
# Memberships that notice a dead member within seconds; 6 s is the least that brokers allow.
TIMING = {"session_timeout_ms": 6000, "heartbeat_interval_ms": 300}


@dataclass
class Scene:
    """`bus` is started. `another_bus` makes one more: of another process where logs allow it, else the same."""

    bus: Bus
    units: Units
    another_bus: Callable[[], Awaitable[Bus]]
    group: str
    is_kafka: bool

    async def publish(self, *texts: str, by: str = "an", bus: Bus | None = None) -> list[Envelope[MessageReceived]]:
        events = [message(text, by=by) for text in texts]
        await (bus or self.bus).publish(events)
        return events

    def consumer(
        self,
        handle: Callable[[UnitOfWork, Sequence[Envelope[EventData]]], Awaitable[None]],
        *,
        bus: Bus | None = None,
        topics: Sequence[str] = (TOUCHPOINTS,),
        group: str | None = None,
        **options: Any,
    ) -> Consumer[UnitOfWork]:
        options.setdefault("pace", QUICK)
        return Consumer(bus or self.bus, self.units, group or self.group, topics, handle, **options)


def message(text: str, *, by: str = "an") -> Envelope[MessageReceived]:
    clock = SystemClock()
    return wrap(
        MessageReceived(
            channel=Channel.FACEBOOK,
            account_id=ChannelAccountId("fb-main"),
            identity=by,
            dedupe_key=text[:100],
            occurred_at=clock.now(),
            provider_message_id=text[:100],
            text=text,
        ),
        clock,
    )


@dataclass
class Notebook:
    """A handler that writes down what was committed, and can be told to misbehave."""

    texts: list[str] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    before: Callable[[Sequence[str]], Awaitable[None]] | None = None  # called first; may raise, or wait

    async def __call__(self, work: UnitOfWork, events: Sequence[Envelope[EventData]]) -> None:
        texts = [event.data.text or "" for event in events if isinstance(event.data, MessageReceived)]
        if self.before is not None:
            await self.before(texts)
        work.after_commit(lambda: self._committed(texts))

    def _committed(self, texts: Sequence[str]) -> None:
        self.texts += texts
        self.batches.append(len(texts))

    async def has(self, count: int, *, within_s: float = 15) -> list[str]:
        async with asyncio.timeout(within_s):
            while len(self.texts) < count:
                await asyncio.sleep(0.01)
        return self.texts


@asynccontextmanager
async def running(*steps: Callable[[], Coroutine[Any, Any, None]]) -> AsyncIterator[list["asyncio.Task[None]"]]:
    """Runs each beside the body, and cancels them at its end. When one fails, the body is cancelled."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(step()) for step in steps]
        try:
            yield tasks
        finally:
            for task in tasks:
                task.cancel()


@asynccontextmanager
async def sqlite_scene(folder: Path) -> AsyncIterator[Scene]:
    async with opened_units(folder) as units:
        bus = SqliteLog(units.database, units, units.clock, PARTITIONS)
        await bus.start()

        async def another() -> Bus:
            return bus

        yield Scene(bus, units, another, "group", is_kafka=False)
        await bus.stop()


@asynccontextmanager
async def kafka_scene(folder: Path, bootstrap: str, prefix: str) -> AsyncIterator[Scene]:
    """The database is SQLite: who keeps positions is another contract (test_unit_of_work)."""
    buses: list[KafkaBus] = []

    async def another() -> KafkaBus:
        bus = KafkaBus(bootstrap, SystemClock(), topic_prefix=prefix, partitions=PARTITIONS, timing=TIMING)
        await bus.start()
        buses.append(bus)
        return bus

    async with opened_units(folder) as units:
        try:
            yield Scene(await another(), units, another, "group", is_kafka=True)
        finally:
            await asyncio.gather(*(bus.stop() for bus in buses))


@asynccontextmanager
async def opened_units(folder: Path) -> AsyncIterator[Units]:
    database = Database(sqlite_url(folder))
    try:
        async with database.engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
        yield Units(database, SystemClock(), partitions=PARTITIONS)
    finally:
        await database.dispose()


async def read_all(partition: Partition, *, quiet_s: float = 0.5, limit: int = 100) -> list[Record]:
    """From where it stands until nothing came for `quiet_s`."""
    records: list[Record] = []
    while found := await partition.read(limit, timeout_s=quiet_s):
        records += found
    return records
