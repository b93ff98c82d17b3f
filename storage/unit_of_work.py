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
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.bus.base import Entry, Record
from hub.clock import Clock
from hub.errors import CommitUnknown, LeaseLost, StorageUnavailable
from hub.events.envelope import Envelope, EventData, wrap
from hub.ids import EventId
from hub.work import Lease
from storage.bulk import Bulk
from storage.dialect import upsert
from storage.engine import Database
from storage.faults import storage_errors
from storage.query import Query
from storage.tables import log, positions

__all__ = ["OUTBOX_CHANNEL", "Lease", "UnitOfWork", "Units"]

OUTBOX_CHANNEL = "hub_outbox"  # PostgreSQL NOTIFY: the relay need not wait for its next look

# Called at once after each commit that appended events, in the order of the commits; must be quick and must not fail.
# Embedded it is given what was appended; on PostgreSQL nothing, for there the relay knows.
CommitListener = Callable[[Sequence[Record]], None]


# Built once: SQLAlchemy spends four times longer on building a statement than on running it on SQLite.
_APPEND = Bulk.insert(log, without=("offset",))
_LAST_OFFSET = Query(sa.select(sa.func.last_insert_rowid()))
_ADVANCE = Query(
    sa.update(positions)
    .where(
        positions.c.group == sa.bindparam("in_group"),
        positions.c.topic == sa.bindparam("in_topic"),
        positions.c.partition == sa.bindparam("in_partition"),
        positions.c.fence == sa.bindparam("with_fence"),
    )
    .values(next_offset=sa.bindparam("next_offset"), advanced_at=sa.bindparam("advanced_at"))
)


class UnitOfWork:
    """Used by one task only. `connection` is for the stores in this package, nobody else."""

    def __init__(
        self,
        connection: AsyncConnection,
        clock: Clock,
        partitions: int,
        *,
        is_sqlite: bool,
        on_commit: Sequence[CommitListener] = (),
    ) -> None:
        self.connection = connection
        self.clock = clock
        self.is_sqlite = is_sqlite
        self.committed = False
        self._partitions = partitions
        self._events: list[Envelope[Any]] = []
        self._entries: list[Entry] = []
        self._after_commit: list[Callable[[], None]] = []
        self._on_commit = on_commit
        self._cause: EventId | None = None

    def publish(self, data: EventData, *, caused_by: EventId | None = None) -> EventId:
        """The event becomes visible with the commit, and only then. Raises ValueError when it is too large."""
        event = wrap(data, self.clock, caused_by=caused_by or self._cause)
        self._entries.append(Entry.of(event, self._partitions))
        self._events.append(event)
        return event.id

    def append(self, entries: Sequence[Entry]) -> None:
        """As `publish`, for events that were wrapped before."""
        self._entries += entries

    @property
    def published(self) -> Sequence[Envelope[Any]]:
        """What `publish` took so far, in order."""
        return self._events

    def after_commit(self, action: Callable[[], None]) -> None:
        """`action` must be quick and must not fail; it is not run when the transaction is rolled back."""
        self._after_commit.append(action)

    @contextmanager
    def because(self, cause: EventId) -> Iterator[None]:
        """Of what is published meanwhile and names no cause of its own, this is the cause."""
        before, self._cause = self._cause, cause
        try:
            yield
        finally:
            self._cause = before

    @asynccontextmanager
    async def attempt(self) -> AsyncIterator[None]:
        """A part that may fail: an error undoes what it wrote, published and left for after the commit, no more than
        that, and goes on its way. Working copies that it changed must be read anew then."""
        known = len(self._entries), len(self._events), len(self._after_commit)
        async with self.connection.begin_nested():
            try:
                yield
            except BaseException:
                del self._entries[known[0] :], self._events[known[1] :], self._after_commit[known[2] :]
                raise

    async def advance(self, lease: Lease, next_offset: int) -> None:
        """Stores the position with this transaction's effect. Raises LeaseLost when somebody else took over."""
        moved = await _ADVANCE.count(
            self.connection,
            in_group=lease.group,
            in_topic=lease.topic,
            in_partition=lease.partition,
            with_fence=lease.fence,
            next_offset=next_offset,
            advanced_at=self.clock.now(),
        )
        if moved != 1:
            raise LeaseLost(f"{lease.group}: {lease.topic}/{lease.partition} belongs to another worker now")

    async def commit(self) -> None:
        """Everything or nothing. Cancellation does not tear it: the commit is awaited to its end first.

        Raises CommitUnknown when the connection broke meanwhile.
        """
        records = await self._append() if self._entries else []
        try:
            with storage_errors():
                await _unbroken(self.connection.commit(), self._is_committed)
        except StorageUnavailable as error:
            raise CommitUnknown(str(error)) from error
        finally:
            if self.committed:
                self._tell(records)

    async def _append(self) -> list[Record]:
        now = self.clock.now()
        rows = [
            {
                "topic": e.topic,
                "partition": e.partition,
                "key": e.key,
                "type": e.type,
                "value": e.value,
                "appended_at": now,
            }
            for e in self._entries
        ]
        await _APPEND.execute(self.connection, rows)
        if not self.is_sqlite:
            await self.connection.execute(sa.text(f"NOTIFY {OUTBOX_CHANNEL}"))
            return []
        [(last,)] = await _LAST_OFFSET.all(self.connection)
        first = last - len(rows) + 1  # no holes: ours is the only write lock, and AUTOINCREMENT counts by one
        return [
            Record(e.topic, e.partition, first + index, e.key, e.type, e.value, now)
            for index, e in enumerate(self._entries)
        ]

    def _is_committed(self) -> None:
        self.committed = True

    def _tell(self, records: Sequence[Record]) -> None:
        for action in self._after_commit:
            action()
        if self._entries:
            for listener in self._on_commit:
                listener(records)


async def _unbroken(step: Coroutine[Any, Any, None], done: Callable[[], None]) -> None:
    """Awaits `step` to its end even when this task is cancelled meanwhile; then lets the cancellation go on. `done` is
    called if `step` succeeded, also when cancelled."""
    task = asyncio.ensure_future(step)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():  # cancelled again: no matter how often, the outcome must be known
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([task])
        if task.cancelled() or task.exception() is not None:
            raise
        done()
        raise
    done()


class Units:
    """Makes units of work over one database."""

    def __init__(self, database: Database, clock: Clock, *, partitions: int) -> None:
        self.database = database
        self.clock = clock
        self.partitions = partitions
        self.on_commit: list[CommitListener] = []

    @asynccontextmanager
    async def begin(self, *, urgent: bool = False) -> AsyncIterator[UnitOfWork]:
        """`urgent`: as in Database.writing."""
        async with self.database.writing(urgent=urgent) as connection:
            yield UnitOfWork(
                connection,
                self.clock,
                self.partitions,
                is_sqlite=self.database.is_sqlite,
                on_commit=self.on_commit,
            )

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
