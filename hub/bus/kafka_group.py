"""Membership in a Kafka consumer group: one worker per partition, all fed by one pump.

The pump takes whatever was fetched at once and puts it into the partitions' own buffers; a partition whose buffer is
full is paused, so a slow worker neither stops the others nor makes the memory grow. Because the pump never waits for a
worker, the member is never expelled for being slow.

When partitions are taken away, their workers are cancelled and awaited before Kafka may give them to somebody else.
When anything in the client fails, or it is deaf (the end moves, nothing arrives), the membership is begun anew.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Protocol

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener
from aiokafka.errors import IllegalStateError, NoOffsetForPartitionError
from aiokafka.structs import ConsumerRecord, TopicPartition

from hub.batch import Pace, describe, pause
from hub.bus.base import PartitionWorker, Record, fitting
from hub.bus.kafka_append import TYPE_HEADER
from hub.bus.kafka_clients import TROUBLE, Clients
from hub.bus.workers import Workers
from hub.errors import BusUnavailable
from hub.log import get_logger
from hub.metrics import BUS_REBUILT, RECORDS_SKIPPED
from hub.tasks import together

BUFFER_RECORDS_MAX = 2000  # of one partition; above it is paused, below half of it it goes on
BUFFER_BYTES_MAX = 1024 * 1024
PUMP_WAIT_MS = 1000
DEAF_AFTER_S = 20.0
REJOIN_PACE = Pace(backoff_s=0.5, backoff_max_s=5.0)

FetchedRecord = ConsumerRecord[bytes | None, bytes | None]
log = get_logger(__name__)


class Offsets(Protocol):
    """What a partition asks the bus about itself, answered outside the membership. Raises BusUnavailable."""

    async def oldest(self, topic: str, index: int) -> int: ...

    async def ends(self, topic: str) -> dict[int, int]: ...

    def check_reachable(self) -> None: ...


class Deaf(Exception):
    """The membership lives and hears nothing."""


class KafkaPartition:
    """Implements hub.bus.base.Partition. `offer` is the pump's end of the buffer."""

    def __init__(self, consumer: AIOKafkaConsumer, where: TopicPartition, topic: str, offsets: Offsets) -> None:
        self.topic = topic
        self.index: int = where.partition
        self.received = -1  # the newest offset that came from the broker
        self._consumer = consumer
        self._where = where
        self._offsets = offsets
        self._records: deque[Record] = deque()
        self._bytes = 0
        self._some = asyncio.Event()
        self._next = -1
        self._paused = True

    async def seek(self, offset: int) -> None:
        """Raises BusUnavailable, also when the partition is not ours any more. A position that the log does not hold is
        told, and reading goes on at the oldest record: never silently at the end."""
        start = await self._offsets.oldest(self.topic, self.index)
        end = await self.end()
        if offset >= 0 and not start <= offset <= end:
            RECORDS_SKIPPED.labels(topic=self.topic).inc()
            log.error(
                "position_outside_log", topic=self.topic, partition=self.index, offset=offset, oldest=start, end=end
            )
            offset = start
        self._records.clear()
        self._bytes = 0
        self._next = start if offset < 0 else offset
        self.received = self._next - 1
        try:
            self._consumer.seek(self._where, self._next)
            self._consumer.resume(self._where)
        except IllegalStateError as error:
            raise BusUnavailable(f"{self.topic}/{self.index} is not ours any more") from error
        self._paused = False

    async def read(self, limit: int, *, timeout_s: float) -> Sequence[Record]:
        if not self._records:
            self._some.clear()
            try:
                async with asyncio.timeout(timeout_s):
                    await self._some.wait()
            except TimeoutError:
                self._offsets.check_reachable()
                return ()
        return self._take(limit)

    async def end(self) -> int:
        return (await self._offsets.ends(self.topic))[self.index]

    def offer(self, fetched: Iterable[FetchedRecord]) -> None:
        """Records as fetched. What a seek has made obsolete is left out."""
        for raw in fetched:
            if raw.offset < self._next or raw.offset <= self.received:
                continue
            self.received = raw.offset
            record = as_record(raw, self.topic)
            self._records.append(record)
            self._bytes += len(record.value)
        if self._records:
            self._some.set()
        if self._is_full(1) and not self._paused:
            self._paused = True
            self._consumer.pause(self._where)

    @property
    def waits_for_records(self) -> bool:
        """True: it took all there was and would take more."""
        return not self._paused and not self._records

    def _take(self, limit: int) -> Sequence[Record]:
        records = fitting(self._records, limit)
        for record in records:
            self._records.popleft()
            self._bytes -= len(record.value)
        self._next = records[-1].offset + 1
        if self._paused and not self._is_full(2):
            self._paused = False
            try:
                self._consumer.resume(self._where)
            except IllegalStateError:
                log.debug("resumed_too_late", topic=self.topic, partition=self.index)  # being revoked: the worker ends
        return records

    def _is_full(self, part: int) -> bool:
        """Above one `part`th of what the buffer may hold?"""
        return len(self._records) > BUFFER_RECORDS_MAX // part or self._bytes > BUFFER_BYTES_MAX // part


class KafkaMember:
    """One call of Bus.run_group."""

    def __init__(
        self,
        clients: Clients,
        offsets: Offsets,
        group: str,
        topics: Mapping[str, str],
        worker: PartitionWorker,
        **timing: int,
    ) -> None:
        """`topics`: the brokers' name -> ours. `timing`: of the membership, as aiokafka names it."""
        self._clients = clients
        self._offsets = offsets
        self._group = group
        self._topics = dict(topics)
        self._workers = Workers(worker)
        self._timing = timing
        self._consumer: AIOKafkaConsumer | None = None
        self._partitions: dict[TopicPartition, KafkaPartition] = {}

    async def run(self) -> None:
        """Until cancelled, or until a worker fails: raises its error."""
        try:
            await together(self._stay(), self._workers.failure())
        finally:
            await self._workers.stop()

    async def _stay(self) -> None:
        attempt = 0
        while True:
            try:
                async with self._joined() as consumer:
                    attempt = 0
                    await together(self._pump(consumer), self._listen_for_silence())
            except (*TROUBLE, BusUnavailable, Deaf) as error:
                attempt += 1
                BUS_REBUILT.labels(client="consumer").inc()
                log.warning("kafka_membership_begins_anew", group=self._group, reason=describe(error))
                await asyncio.sleep(pause(attempt, REJOIN_PACE))

    @asynccontextmanager
    async def _joined(self) -> AsyncIterator[AIOKafkaConsumer]:
        consumer = await self._clients.member(self._group, **self._timing)
        self._consumer = consumer
        try:
            consumer.subscribe(list(self._topics), listener=_Listener(self, consumer))
            yield consumer
        finally:
            self._consumer = None
            await self.give_back()
            await self._clients.stop(consumer)

    async def _pump(self, consumer: AIOKafkaConsumer) -> None:
        while True:
            try:
                fetched = await consumer.getmany(timeout_ms=PUMP_WAIT_MS)
            except NoOffsetForPartitionError:
                continue  # it asks the group for a position before we have said ours
            for where, records in fetched.items():
                if (partition := self._partitions.get(where)) is not None:
                    partition.offer(records)

    async def give_back(self) -> None:
        """Every partition: each rebalance of this protocol takes all of them back first."""
        self._partitions.clear()
        await self._workers.revoke(self._workers.partitions)

    def take(self, consumer: AIOKafkaConsumer, assigned: Iterable[TopicPartition]) -> None:
        """Paused until their workers have said where to begin; with a position, whichever, because aiokafka fetches
        nothing from a broker as long as one of its partitions has none."""
        for where in sorted(assigned):
            consumer.pause(where)
            consumer.seek(where, 0)
            partition = KafkaPartition(consumer, where, self._topics[where.topic], self._offsets)
            self._partitions[where] = partition
            self._workers.start(partition)

    def is_joined_by(self, consumer: AIOKafkaConsumer) -> bool:
        return self._consumer is consumer

    async def _listen_for_silence(self) -> None:
        """Raises Deaf when records exist and a partition that waits for them gets none."""
        silent: dict[TopicPartition, int] = {}  # -> what was missing last time
        while True:
            await asyncio.sleep(DEAF_AFTER_S / 2)
            try:
                ends = {topic: await self._offsets.ends(topic) for topic in set(self._topics.values())}
            except BusUnavailable:
                silent.clear()
                continue
            missing = {
                where: partition.received + 1
                for where, partition in self._partitions.items()
                if partition.waits_for_records and partition.received + 1 < ends[partition.topic][partition.index]
            }
            for where, offset in missing.items():
                if silent.get(where) == offset:
                    raise Deaf(f"nothing of {where.topic}/{where.partition} since offset {offset}")
            silent = missing


class _Listener(ConsumerRebalanceListener):
    """What aiokafka calls, and waits for. A consumer that we have given up may still call: it is not heard."""

    def __init__(self, member: KafkaMember, consumer: AIOKafkaConsumer) -> None:
        self._member = member
        self._consumer = consumer

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        if self._member.is_joined_by(self._consumer):
            await self._member.give_back()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        if self._member.is_joined_by(self._consumer):
            self._member.take(self._consumer, assigned)


def as_record(raw: FetchedRecord, topic: str) -> Record:
    """Whatever a stranger wrote, it becomes a record: what is no event of ours fails when it is decoded."""
    types = [value for name, value in raw.headers if name == TYPE_HEADER and value is not None]
    return Record(
        topic=topic,
        partition=raw.partition,
        offset=raw.offset,
        key=(raw.key or b"").decode(errors="replace"),
        type=types[-1].decode(errors="replace") if types else "",
        value=raw.value or b"",
        appended_at=datetime.fromtimestamp(max(raw.timestamp, 0) / 1000, UTC),
    )
