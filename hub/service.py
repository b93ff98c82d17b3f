"""The supervised consume loop: log in, one transaction per batch, position and new events out with it.

For each partition it is given: take it over (the fence), go to the stored position, and then, for ever, read a batch,
decode what concerns this group, and in one unit of work let the handler act, file what cannot be read under
dead-letters, move the position and commit. What happens when that fails is decided by `hub.batch.verdict`:

- trouble that may pass (Transient, OSError): the same events again after a growing pause, for ever;
- a batch that took too long, Poison, or any other error: halves, until the one event that fails stands alone. Poison
  is then filed under dead-letters at once, another error after a few tries. The rest of the batch flows;
- LeaseLost: somebody else works here; stop, and look later whether the bus still says that the partition is ours;
- CancelledError: passes. Nothing is committed and the events come again.

A partition that has records and makes no progress, for no reason that we know, ends the process.
"""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Generic, TypeVar

from hub.batch import Again, Batch, Concerns, Pace, Reject, Split, describe, pause, verdict
from hub.bus.base import Bus, Partition, Record
from hub.clock import Clock, SystemClock
from hub.errors import CommitUnknown, LeaseLost, Transient
from hub.events.envelope import Envelope, EventData
from hub.events.rejected import DEAD_LETTERS, EventRejected
from hub.log import get_logger
from hub.metrics import HANDLE_BATCH, HANDLE_RETRIES, HANDLE_SECONDS, HANDLED, LAG, LEASES_LOST, REJECTED, STALLED
from hub.tasks import cancelled_from_outside, heed_cancellation, leaves, together
from hub.watchdog import end_process
from hub.work import Lease, W, WorkUnits

# Acts on a batch within the unit of work and never commits. The same events may come again: that must not matter.
Handler = Callable[[W, Sequence[Envelope[EventData]]], Awaitable[None]]

STORE_EVERY_S = 5.0  # the position of a group that nothing concerns
OLDEST = datetime(1970, 1, 1, tzinfo=UTC)
T = TypeVar("T")
log = get_logger(__name__)


@dataclass(slots=True)
class Progress:
    """What one partition's worker is doing, for readiness and the watchdog. Times are of the monotonic clock."""

    topic: str
    partition: int
    next_offset: int = -1
    stored: int = -1  # the position in the database; behind `next_offset` while nothing concerns us
    stored_at: float = 0.0
    trouble: str | None = None  # why a step is being repeated; None while all is well
    trouble_since: float = 0.0
    behind: tuple[int, float] | None = None  # (position, since when) it was seen behind the end


class Consumer(Generic[W]):
    """One group's membership in this process. `run` is one long task; `problems` is for readiness."""

    def __init__(
        self,
        bus: Bus,
        units: WorkUnits[W],
        group: str,
        topics: Sequence[str],
        handle: Handler[W],
        *,
        concerns: Concerns = lambda _: True,
        pace: Pace | None = None,
        clock: Clock | None = None,
        on_deaf: Callable[[str], None] = end_process,
    ) -> None:
        self.group = group
        self._bus = bus
        self._units = units
        self._topics = tuple(topics)
        self._handle = handle
        self._concerns = concerns
        self._pace = pace or Pace()
        self._clock = clock or SystemClock()
        self._on_deaf = on_deaf
        self._owner = f"{socket.gethostname()}:{os.getpid()}"
        self._working: dict[tuple[str, int], Progress] = {}

    async def run(self) -> None:
        """Until cancelled. A worker that is cancelled commits nothing more."""
        await together(self._bus.run_group(self.group, self._topics, self._serve), self._watch())

    def problems(self, *, longer_than_s: float = 5.0) -> list[str]:
        """Why this group does not get on, one line per partition; empty when it does."""
        now = self._clock.monotonic()
        return [
            f"{self.group}: {p.topic}/{p.partition}: {p.trouble}"
            for p in self._working.values()
            if p.trouble is not None and now - p.trouble_since >= longer_than_s
        ]

    @property
    def positions(self) -> dict[tuple[str, int], int]:
        """(topic, partition) -> next offset, for the partitions that this process works on."""
        return {where: progress.next_offset for where, progress in self._working.items()}

    # --- one partition -----------------------------------------------------------------------------------------------

    async def _serve(self, partition: Partition) -> None:
        """Normally the bus takes a partition away when its fence is lost, which cancels this. If it does not, the
        partition is still ours and nobody else would ever work on it: so try again."""
        while True:
            try:
                await self._work(partition)
            except CommitUnknown as unknown:
                log.warning("commit_unknown", group=self.group, topic=partition.topic, reason=describe(unknown))
                continue  # the stored position tells which: taking over anew reads it
            except LeaseLost:
                LEASES_LOST.labels(lease=self.group).inc()
                log.warning("lease_lost", group=self.group, topic=partition.topic, partition=partition.index)
            await asyncio.sleep(self._pace.lease_lost_pause_s)

    async def _work(self, partition: Partition) -> None:
        """Raises LeaseLost, CommitUnknown."""
        where = (partition.topic, partition.index)
        progress = Progress(*where)
        self._working[where] = progress
        try:
            lease = await self._insist(progress, lambda: self._take_over(partition))
            self._is_stored(progress, lease.next_offset)
            while True:
                records = await self._insist(progress, lambda: self._read(partition))
                if any(map(self._concerns, records)):
                    await self._settle(lease, records, progress)
                else:
                    await self._let_pass(lease, records, progress)
        finally:
            if self._working.get(where) is progress:
                del self._working[where]

    async def _take_over(self, partition: Partition) -> Lease:
        lease = await self._units.acquire(self.group, partition.topic, partition.index, self._owner)
        if lease.next_offset < 0:
            oldest = await self._bus.offsets_at(partition.topic, OLDEST)
            lease = replace(lease, next_offset=oldest[partition.index])
        await partition.seek(lease.next_offset)
        return lease

    async def _read(self, partition: Partition) -> Sequence[Record]:
        return await partition.read(self._pace.batch_max, timeout_s=self._pace.idle_s)

    async def _insist(self, progress: Progress, step: Callable[[], Awaitable[T]]) -> T:
        """Repeats a step until it meets no trouble that may pass."""
        attempt = 0
        while True:
            heed_cancellation()
            try:
                async with asyncio.timeout(self._pace.handle_s):
                    result = await step()
            except (Transient, OSError) as error:
                attempt += 1
                self._in_trouble(progress, error)
                await asyncio.sleep(pause(attempt, self._pace))
            else:
                progress.trouble = None
                return result

    async def _let_pass(self, lease: Lease, records: Sequence[Record], progress: Progress) -> None:
        """Raises LeaseLost, CommitUnknown."""
        if records:
            progress.next_offset = records[-1].offset + 1
        is_recent = self._clock.monotonic() - progress.stored_at < STORE_EVERY_S
        if progress.stored == progress.next_offset or (records and is_recent):
            return
        await self._insist(progress, lambda: self._store(lease, progress.next_offset))
        self._is_stored(progress, progress.next_offset)

    async def _store(self, lease: Lease, next_offset: int) -> None:
        async with self._units.begin() as work:
            await work.advance(lease, next_offset)
            await work.commit()

    def _is_stored(self, progress: Progress, next_offset: int) -> None:
        progress.next_offset = progress.stored = next_offset
        progress.stored_at = self._clock.monotonic()

    # --- one batch ---------------------------------------------------------------------------------------------------

    async def _settle(self, lease: Lease, records: Sequence[Record], progress: Progress) -> None:
        """Until each record, in order, is handled or filed under dead-letters. Raises LeaseLost, CommitUnknown."""
        todo = [Batch(records)]  # a stack, the next one last
        while todo:
            heed_cancellation()
            batch = todo[-1]
            error = await self._attempt(lease, batch)
            if error is None:
                todo.pop()
                self._is_stored(progress, batch.records[-1].offset + 1)
                progress.trouble = None
                continue
            batch.attempts += 1
            match verdict(error, len(batch.records), batch.attempts, self._pace):
                case Split():
                    first, second = batch.halves()
                    todo[-1:] = [second, first]
                case Reject(reason):
                    todo[-1] = Batch(batch.records, rejected=reason)
                case Again(pause_s):
                    self._in_trouble(progress, error)
                    await asyncio.sleep(pause_s)

    async def _attempt(self, lease: Lease, batch: Batch) -> BaseException | None:
        """None: committed. Otherwise why not, for `verdict`. LeaseLost, CommitUnknown and our own cancellation pass."""
        events, letters = batch.sorted_out(self.group, self._concerns)
        try:
            # A task of its own: before Python 3.13 a TaskGroup in the handler may leave its task marked as cancelled.
            await asyncio.create_task(self._try(lease, batch, events, letters))
        except asyncio.CancelledError as error:
            if cancelled_from_outside():
                raise
            return error  # a future that the handler awaited was cancelled: the handler's failure, not our end
        except Exception as error:  # noqa: BLE001 - the supervised loop: whatever it is, it is decided about
            for cause in leaves(error):
                if isinstance(cause, (LeaseLost, CommitUnknown)):
                    raise cause  # noqa: B904 - the same error, out of its group
            if not batch.committed:  # else the time was up during the commit, which succeeded
                return error
        self._count(batch, events, letters)
        return None

    async def _try(
        self,
        lease: Lease,
        batch: Batch,
        events: Sequence[Envelope[EventData]],
        letters: Sequence[EventRejected],
    ) -> None:
        with HANDLE_SECONDS.labels(group=self.group).time():
            async with asyncio.timeout(self._pace.handle_s), self._units.begin() as work:
                try:
                    await self._transact(work, lease, batch, events, letters)
                finally:
                    batch.committed = work.committed

    async def _transact(
        self,
        work: W,
        lease: Lease,
        batch: Batch,
        events: Sequence[Envelope[EventData]],
        letters: Sequence[EventRejected],
    ) -> None:
        if events:
            await self._handle(work, events)
        if lease.topic != DEAD_LETTERS:  # a dead letter's dead letter would be read and rejected for ever
            for letter in letters:
                work.publish(letter)
        await work.advance(lease, batch.records[-1].offset + 1)
        await work.commit()

    def _count(self, batch: Batch, events: Sequence[object], letters: Sequence[EventRejected]) -> None:
        topic = batch.records[0].topic
        HANDLED.labels(group=self.group, topic=topic).inc(len(events))
        HANDLE_BATCH.labels(group=self.group).observe(len(batch.records))
        for letter in letters:
            REJECTED.labels(group=self.group, topic=topic).inc()
            log.error(
                "event_rejected", group=self.group, topic=topic, partition=letter.partition, offset=letter.offset,
                type=letter.original_type, reason=letter.reason,
            )  # fmt: skip

    # --- watching ----------------------------------------------------------------------------------------------------

    def _in_trouble(self, progress: Progress, error: BaseException) -> None:
        HANDLE_RETRIES.labels(group=self.group, reason=type(error).__name__).inc()
        if progress.trouble is None:
            progress.trouble_since = self._clock.monotonic()
            log.warning(
                "consumer_waits", group=self.group, topic=progress.topic, partition=progress.partition,
                reason=describe(error), exc_info=error,
            )  # fmt: skip
        progress.trouble = describe(error)

    async def _watch(self) -> None:
        """Measures the lag, and finds partitions that stand still although there are records and no known trouble."""
        every_s = self._pace.deaf_after_s / 6
        while True:
            await asyncio.sleep(every_s)
            try:
                ends = {topic: await self._bus.ends(topic) for topic in self._topics}
            except Transient:
                self._forget_behind()  # the log is away: nobody can get on, and ending ourselves would not help
                continue
            self._measure(ends)
            for progress in self._working.values():
                if self._is_deaf(progress, ends[progress.topic].get(progress.partition, 0)):
                    self._on_deaf(
                        f"{self.group}: {progress.topic}/{progress.partition} has stood at {progress.next_offset} for "
                        f"{self._pace.deaf_after_s:g} s although there are records"
                    )

    def _measure(self, ends: dict[str, dict[int, int]]) -> None:
        for topic in self._topics:
            lags = [
                max(0, ends[topic].get(p.partition, 0) - p.next_offset)
                for p in self._working.values()
                if p.topic == topic and p.next_offset >= 0
            ]
            LAG.labels(group=self.group, topic=topic).set(sum(lags))
        STALLED.labels(group=self.group).set(sum(p.trouble is not None for p in self._working.values()))

    def _is_deaf(self, progress: Progress, end: int) -> bool:
        now = self._clock.monotonic()
        if progress.trouble is not None or progress.next_offset >= end:
            progress.behind = None
        elif progress.behind is None or progress.behind[0] != progress.next_offset:
            progress.behind = (progress.next_offset, now)
        return progress.behind is not None and now - progress.behind[1] >= self._pace.deaf_after_s

    def _forget_behind(self) -> None:
        for progress in self._working.values():
            progress.behind = None
