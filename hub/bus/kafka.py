"""The log on Kafka, through aiokafka. Keeps the promises of hub.bus.base for any number of processes.

Appending: hub.bus.kafka_append. Groups: hub.bus.kafka_group. Here: topics, questions about offsets, tails, health.
Kafka's transactions are not used: aiokafka speaks the old protocol, which can lose and tear them (KIP-890). At least
once here, and once in the database.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import NoError, OffsetOutOfRangeError, TopicAlreadyExistsError, for_code
from aiokafka.structs import TopicPartition

from hub.batch import describe
from hub.bus.base import PUBLISH_DEADLINE_S, Entry, PartitionWorker, Record, Tail, fitting, partition_of
from hub.bus.kafka_append import Appender
from hub.bus.kafka_clients import TROUBLE, Clients
from hub.bus.kafka_group import KafkaMember, Offsets, as_record
from hub.clock import Clock
from hub.errors import BusUnavailable
from hub.events import DEAD_LETTERS, TOPICS
from hub.events.envelope import Envelope
from hub.log import get_logger
from hub.metrics import BUS_REACHABLE, BUS_REBUILT, PUBLISH_REFUSED, PUBLISH_SECONDS, PUBLISHED, RECORDS_SKIPPED
from hub.tasks import stop

APPEAR_LOOKS = 40  # four a second
ASK_S = 5.0  # one question about offsets
PING_S = 2.0
PULSE_EVERY_S = 2.0
UNREACHABLE_AFTER_S = 5.0  # a broker that changes roles is not an outage

T = TypeVar("T")
log = get_logger(__name__)


class KafkaBus:
    """Implements hub.bus.base.Bus."""

    def __init__(
        self,
        bootstrap: str,
        clock: Clock,
        *,
        topic_prefix: str = "",
        partitions: int = 6,
        replication: int = 1,
        keep: timedelta = timedelta(days=7),
        keep_dead_letters: timedelta = timedelta(days=90),
        options: Mapping[str, Any] | None = None,
        timing: Mapping[str, int] | None = None,
    ) -> None:
        """`bootstrap`: host:port,host:port. `partitions`, `replication`, `keep` are for topics that do not exist yet.
        `options`: TLS and SASL for every client; `timing`: of group memberships; both as aiokafka names them."""
        self._clients = Clients(bootstrap, options)
        self._clock = clock
        self._prefix = topic_prefix
        self._wanted = partitions
        self._replication = replication
        self._keep = keep
        self._keep_dead_letters = keep_dead_letters
        self._timing = dict(timing or {})
        self._appender = Appender(self._clients)
        self._partitions: dict[str, int] = {}
        self._observer: AIOKafkaConsumer | None = None
        self._observing = asyncio.Lock()
        self._answered_at = clock.monotonic()
        self._pulse: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self._make_topics()
        await self._appender.start()
        self._partitions = await self._count_partitions()
        self._pulse = asyncio.create_task(self._beat(), name="kafka pulse")

    async def stop(self) -> None:
        if self._pulse is not None:
            await stop([self._pulse])
        await self._appender.stop()
        await self._forget_observer()

    async def ping(self) -> None:
        await self._ask(lambda observer: observer.topics(), within_s=PING_S)

    # --- writing -----------------------------------------------------------------------------------------------------

    async def publish(self, events: Sequence[Envelope[Any]], *, deadline_s: float = PUBLISH_DEADLINE_S) -> None:
        entries = [Entry.of(event, self._partitions[event.topic]) for event in events]
        await self.append(entries, deadline_s=deadline_s)

    async def append(self, entries: Sequence[Entry], *, deadline_s: float) -> None:
        """As `publish`, for the relay. The partition is chosen here, whatever the entry says: the outbox may have been
        written when the topic had fewer."""
        if not entries:
            return
        began = self._clock.monotonic()
        try:
            await self._appender.append([self._addressed(entry) for entry in entries], deadline_s=deadline_s)
        except BusUnavailable as error:
            PUBLISH_REFUSED.labels(reason="deadline" if isinstance(error.__cause__, TimeoutError) else "refused").inc()
            raise
        PUBLISH_SECONDS.observe(self._clock.monotonic() - began)
        for entry in entries:
            PUBLISHED.labels(topic=entry.topic).inc()

    def _addressed(self, entry: Entry) -> Entry:
        partition = partition_of(entry.key, self._partitions[entry.topic])
        return replace(entry, topic=self._prefix + entry.topic, partition=partition)

    # --- reading -----------------------------------------------------------------------------------------------------

    async def run_group(self, group: str, topics: Sequence[str], worker: PartitionWorker) -> None:
        names = {self._prefix + topic: topic for topic in topics}
        await KafkaMember(self._clients, self, self._prefix + group, names, worker, **self._timing).run()

    async def tail(self, topic: str, *, since: dict[int, int] | None = None) -> Tail:
        starts = {**await self.ends(topic), **(since or {})}
        oldest = await self._bounds(topic, oldest=True)
        places = {self._place(topic, index): max(start, oldest[index]) for index, start in starts.items()}
        return KafkaTail(self._clients, self, topic, places)

    async def ends(self, topic: str) -> dict[int, int]:
        return await self._bounds(topic, oldest=False)

    async def oldest(self, topic: str, index: int) -> int:
        """The first offset that is still kept."""
        return (await self._bounds(topic, oldest=True))[index]

    async def offsets_at(self, topic: str, moment: datetime) -> dict[int, int]:
        ends = await self.ends(topic)
        wanted = {self._place(topic, index): max(0, int(moment.timestamp() * 1000)) for index in ends}
        found = await self._ask(lambda observer: observer.offsets_for_times(wanted))
        return {
            index: found[place].offset if found.get(place := self._place(topic, index)) is not None else end
            for index, end in ends.items()
        }

    def check_reachable(self) -> None:
        """Raises BusUnavailable when no broker has answered for a while."""
        silent_s = self._clock.monotonic() - self._answered_at
        if silent_s > UNREACHABLE_AFTER_S:
            raise BusUnavailable(f"no answer from Kafka for {silent_s:.0f} s")

    async def _bounds(self, topic: str, *, oldest: bool) -> dict[int, int]:
        places = [self._place(topic, index) for index in range(self._partitions[topic])]

        async def ask(observer: AIOKafkaConsumer) -> dict[TopicPartition, int]:
            return dict(await (observer.beginning_offsets(places) if oldest else observer.end_offsets(places)))

        return {place.partition: offset for place, offset in (await self._ask(ask)).items()}

    def _place(self, topic: str, index: int) -> TopicPartition:
        return TopicPartition(self._prefix + topic, index)

    # --- topics ------------------------------------------------------------------------------------------------------

    async def _make_topics(self) -> None:
        admin = await self._clients.admin()
        try:
            async with asyncio.timeout(ASK_S * 2):
                answer = await admin.create_topics([self._new_topic(topic) for topic in TOPICS])
        except TROUBLE as error:
            raise BusUnavailable(f"topics cannot be made: {describe(error)}") from error
        finally:
            await self._clients.stop(admin)
        for name, code, *_ in cast(Any, answer).topic_errors:
            if (kind := for_code(code)) not in (NoError, TopicAlreadyExistsError):
                raise BusUnavailable(f"topic {name} cannot be made: {kind.__name__}")

    def _new_topic(self, topic: str) -> NewTopic:
        keep = self._keep_dead_letters if topic == DEAD_LETTERS else self._keep
        return NewTopic(
            self._prefix + topic,
            self._wanted,
            self._replication,
            topic_configs={
                "retention.ms": str(int(keep.total_seconds() * 1000)),
                "message.timestamp.type": "LogAppendTime",  # so that times grow with offsets, whatever clocks say
                "min.insync.replicas": str(max(1, self._replication - 1)),
                "cleanup.policy": "delete",
            },
        )

    async def _count_partitions(self) -> dict[str, int]:
        """Topic -> partitions. What there is, not what the settings say: all processes must agree."""
        admin = await self._clients.admin()
        try:
            counts = await self._described(admin)
            for _ in range(APPEAR_LOOKS):  # a new topic is not known to every broker at once
                if all(counts.values()):
                    break
                await asyncio.sleep(0.25)
                counts = await self._described(admin)
        finally:
            await self._clients.stop(admin)
        if missing := sorted(topic for topic, count in counts.items() if not count):
            raise BusUnavailable(f"topics do not appear: {', '.join(missing)}")
        for topic, count in counts.items():
            if count != self._wanted:
                log.warning("partitions_differ", topic=topic, has=count, wanted=self._wanted)
        return counts

    async def _described(self, admin: AIOKafkaAdminClient) -> dict[str, int]:
        """Topic -> partitions, 0 for one that is not there yet."""
        try:
            async with asyncio.timeout(ASK_S):
                found = await admin.describe_topics([self._prefix + topic for topic in TOPICS])
        except TROUBLE as error:
            raise BusUnavailable(f"Kafka does not answer: {describe(error)}") from error
        counts = {entry["topic"]: len(entry["partitions"]) for entry in found if not entry["error_code"]}
        return {topic: counts.get(self._prefix + topic, 0) for topic in TOPICS}

    # --- questions to a broker ---------------------------------------------------------------------------------------

    async def _ask(self, question: Callable[[AIOKafkaConsumer], Awaitable[T]], *, within_s: float = ASK_S) -> T:
        """Through a client of no group, made anew after each failure."""
        try:
            async with asyncio.timeout(within_s):
                async with self._observing:
                    if self._observer is None:
                        self._observer = await self._clients.reader()
                    observer = self._observer
                answer = await question(observer)
        except (*TROUBLE, TypeError) as error:  # TypeError: aiokafka about a topic it has not heard of
            await self._forget_observer()
            raise BusUnavailable(f"Kafka does not answer: {describe(error)}") from error
        self._answered_at = self._clock.monotonic()
        return answer

    async def _forget_observer(self) -> None:
        observer, self._observer = self._observer, None
        if observer is not None:
            await self._clients.stop(observer)

    async def _beat(self) -> None:
        while True:
            try:
                await self.ping()
            except BusUnavailable as error:
                BUS_REACHABLE.set(0)
                BUS_REBUILT.labels(client="observer").inc()
                log.warning("kafka_unreachable", reason=str(error))
            else:
                BUS_REACHABLE.set(1)
            await asyncio.sleep(PULSE_EVERY_S)


class KafkaTail:
    """Implements hub.bus.base.Tail: a reader of its own over all partitions, begun anew when it fails."""

    def __init__(self, clients: Clients, offsets: Offsets, topic: str, places: dict[TopicPartition, int]) -> None:
        """`places`: partition -> next offset."""
        self._clients = clients
        self._offsets = offsets
        self._topic = topic
        self._places = places
        self._reader: AIOKafkaConsumer | None = None
        self._left: deque[Record] = deque()

    async def read(self, limit: int, *, timeout_s: float) -> Sequence[Record]:
        if not self._left:
            try:
                await self._fetch(timeout_s)
            except OffsetOutOfRangeError as error:
                await self._begin_at_oldest(error)
            except TROUBLE as error:
                await self.close()
                raise BusUnavailable(f"Kafka cannot be read: {describe(error)}") from error
        if not self._left:
            self._offsets.check_reachable()
        records = fitting(self._left, limit)
        for _ in records:
            self._left.popleft()
        return records

    async def close(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            await self._clients.stop(reader)

    async def _fetch(self, timeout_s: float) -> None:
        if self._reader is None:
            reader = await self._clients.reader()
            reader.assign(list(self._places))
            for place, offset in self._places.items():
                reader.seek(place, offset)
            self._reader = reader
        fetched = await self._reader.getmany(timeout_ms=int(timeout_s * 1000))
        for place, records in fetched.items():
            self._left.extend(as_record(raw, self._topic) for raw in records)
            self._places[place] = records[-1].offset + 1

    async def _begin_at_oldest(self, error: OffsetOutOfRangeError) -> None:
        """We were slower than the log's retention, or the topic was made anew."""
        RECORDS_SKIPPED.labels(topic=self._topic).inc()
        log.error("tail_outside_log", topic=self._topic, reason=describe(error))
        await self.close()
        for place in error.args[0]:
            self._places[place] = await self._offsets.oldest(self._topic, place.partition)
