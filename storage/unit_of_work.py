"""One transaction holds the state, the events it gives rise to, and the consumer's position.

    async with units.begin() as work:
        ...stores use work.connection...
        work.publish(ConversationOpened(...), caused_by=event.id)
        await work.advance(lease, next_offset)
        await work.commit()

Leaving without commit rolls everything back, events included. Events are appended to table `log` in the order of
`publish`: embedded that is the log, in a cluster the relay carries them from there to Kafka.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.bus.base import partition_of
from hub.clock import Clock
from hub.errors import LeaseLost
from hub.events.envelope import Envelope, EventData, encode, wrap
from hub.ids import EventId
from storage.dialect import upsert
from storage.engine import Database
from storage.tables import log, positions

OUTBOX_CHANNEL = "hub_outbox"  # PostgreSQL NOTIFY: the relay need not wait for its next look


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on one partition for one group. A higher `fence` elsewhere ends it."""

    group: str
    topic: str
    partition: int
    fence: int
    next_offset: int


class UnitOfWork:
    """Used by one task only. `connection` is for the stores in this package, nobody else."""

    def __init__(self, connection: AsyncConnection, clock: Clock, partitions: int, *, is_sqlite: bool) -> None:
        self.connection = connection
        self.clock = clock
        self.is_sqlite = is_sqlite
        self.committed = False
        self._partitions = partitions
        self._events: list[Envelope[Any]] = []
        self._after_commit: list[Callable[[], None]] = []

    def publish(self, data: EventData, *, caused_by: EventId | None = None) -> EventId:
        """The event becomes visible with the commit, and only then."""
        event = wrap(data, self.clock, caused_by=caused_by)
        self._events.append(event)
        return event.id

    @property
    def published(self) -> Sequence[Envelope[Any]]:
        """What `publish` took so far, in order."""
        return self._events

    def after_commit(self, action: Callable[[], None]) -> None:
        """`action` must be quick and must not fail; it is not run when the transaction is rolled back."""
        self._after_commit.append(action)

    async def advance(self, lease: Lease, next_offset: int) -> None:
        """Stores the position with this transaction's effect. Raises LeaseLost when somebody else took over."""
        moved = await self.connection.execute(
            sa.update(positions)
            .where(
                positions.c.group == lease.group,
                positions.c.topic == lease.topic,
                positions.c.partition == lease.partition,
                positions.c.fence == lease.fence,
            )
            .values(next_offset=next_offset, advanced_at=self.clock.now())
        )
        if moved.rowcount != 1:
            raise LeaseLost(f"{lease.group}: {lease.topic}/{lease.partition} belongs to another worker now")

    async def commit(self) -> None:
        """Everything or nothing. Cancellation does not tear it: the commit is awaited to its end first."""
        if self._events:
            await self.connection.execute(sa.insert(log), [self._row(event) for event in self._events])
            if not self.is_sqlite:
                await self.connection.execute(sa.text(f"NOTIFY {OUTBOX_CHANNEL}"))
        await _unbroken(self.connection.commit())
        self.committed = True
        for action in self._after_commit:
            action()

    def _row(self, event: Envelope[Any]) -> dict[str, Any]:
        return {
            "topic": event.topic,
            "partition": partition_of(event.key, self._partitions),
            "key": event.key,
            "type": event.type,
            "value": encode(event),
            "appended_at": event.time,
        }


async def _unbroken(step: Any) -> None:
    """Awaits `step` to its end even when this task is cancelled meanwhile; then lets the cancellation go on."""
    task = asyncio.ensure_future(step)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


class Units:
    """Makes units of work over one database. `on_commit` is called after each commit that published events."""

    def __init__(self, database: Database, clock: Clock, *, partitions: int) -> None:
        self.database = database
        self.clock = clock
        self.partitions = partitions
        self.on_commit: list[Callable[[], None]] = []

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[UnitOfWork]:
        async with self.database.writing() as connection:
            work = UnitOfWork(connection, self.clock, self.partitions, is_sqlite=self.database.is_sqlite)
            yield work
        if work.committed and work.published:
            for action in self.on_commit:
                action()

    async def acquire(self, group: str, topic: str, partition: int, owner: str) -> Lease:
        """Takes the partition over from whoever had it: from now on their `advance` raises LeaseLost."""
        async with self.begin() as work:
            insert = upsert(positions, is_sqlite=work.is_sqlite).values(
                group=group,
                topic=topic,
                partition=partition,
                next_offset=-1,
                fence=1,
                owner=owner,
                advanced_at=self.clock.now(),
            )
            taken = insert.on_conflict_do_update(
                index_elements=["group", "topic", "partition"],
                set_={"fence": positions.c.fence + 1, "owner": owner},
            ).returning(positions.c.next_offset, positions.c.fence)
            next_offset, fence = (await work.connection.execute(taken)).one()
            await work.commit()
        return Lease(group, topic, partition, fence, next_offset)
