"""Appending to Kafka: one lane per partition, and in each lane one batch under way.

What arrives meanwhile forms the next batch, so load makes batches by itself; the order of the calls is the order in
the partition; and who waits, waits here, where it can be counted, refused and withdrawn. aiokafka keeps a batch and
retries it without end: a lane whose batch is under way simply waits, its callers do not.

A batch that failed for good leaves a hole in the sequence numbers of an idempotent producer, and every later batch
would be refused. So after any failure the producer is replaced.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaProducer

from hub.batch import describe
from hub.bus.base import Entry
from hub.bus.kafka_clients import TROUBLE, Clients
from hub.errors import BusUnavailable
from hub.log import get_logger
from hub.metrics import BUS_REBUILT, PUBLISH_WAITING
from hub.tasks import stop

EVENTS_MAX = 10_000
BYTES_MAX = 64 * 1024 * 1024
BATCH_STUCK_S = 60.0  # without an answer although brokers come and go: then another producer is tried
REBUILD_PAUSE_S = 0.5
TYPE_HEADER = "ce_type"  # CloudEvents' Kafka binding writes attributes so

log = get_logger(__name__)
Where = tuple[str, int]


@dataclass(eq=False, slots=True)
class _Call:
    """One caller. `open`: entries not acknowledged yet."""

    open: int
    events: int
    size: int
    done: "asyncio.Future[None]"
    pieces: "list[tuple[_Lane, _Piece]]" = field(default_factory=list)


@dataclass(eq=False, slots=True)
class _Piece:
    """What a call wants in one lane."""

    call: _Call
    entries: deque[Entry]


@dataclass(eq=False, slots=True)
class _Lane:
    """Pieces in the order of their calls."""

    topic: str
    partition: int
    pieces: "OrderedDict[_Piece, None]" = field(default_factory=OrderedDict)
    runs: bool = False


class Appender:
    """Entries carry the topics' names as brokers know them. One per process; keeps the order of its calls."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._producer: AIOKafkaProducer | None = None
        self._building = asyncio.Lock()
        self._lanes: dict[Where, _Lane] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._events = 0
        self._bytes = 0
        self._closed = False

    async def start(self) -> None:
        """Raises BusUnavailable."""
        self._producer = await self._clients.producer()

    async def stop(self, *, flush_s: float = 5.0) -> None:
        """What waits is sent, for `flush_s` at most; nothing more is taken."""
        self._closed = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=flush_s)
        await stop(self._tasks)
        if self._producer is not None:
            await self._clients.stop(self._producer)
            self._producer = None

    async def append(self, entries: Sequence[Entry], *, deadline_s: float) -> None:
        """Returns when all are durable. Raises BusUnavailable: too much waits, the time is up, or a broker refused.

        After a failure no later entry of the same call is sent to the same partition, so that calling again with the
        same entries keeps their order.
        """
        call = self._admit(entries)
        try:
            async with asyncio.timeout(deadline_s):
                await call.done
        except TimeoutError as error:
            raise BusUnavailable(f"Kafka did not take the event within {deadline_s:g} s") from error
        finally:
            self._withdraw(call)

    def _admit(self, entries: Sequence[Entry]) -> _Call:
        size = sum(len(entry.value) for entry in entries)
        if self._closed:
            raise BusUnavailable("the log is closed")
        if self._events and (self._events + len(entries) > EVENTS_MAX or self._bytes + size > BYTES_MAX):
            raise BusUnavailable("too many events wait for Kafka", retry_after_s=1.0)
        call = _Call(len(entries), len(entries), size, asyncio.get_running_loop().create_future())
        pieces: dict[Where, _Piece] = {}
        for entry in entries:
            where = (entry.topic, entry.partition)
            pieces.setdefault(where, _Piece(call, deque())).entries.append(entry)
        for where, piece in pieces.items():
            lane = self._lanes.setdefault(where, _Lane(*where))
            lane.pieces[piece] = None
            call.pieces.append((lane, piece))
            self._wake(lane)
        self._count(call, +1)
        return call

    def _withdraw(self, call: _Call) -> None:
        """The caller has gone. What was not sent yet is not sent."""
        call.done.cancel()
        self._take_out(call)
        self._count(call, -1)

    def _take_out(self, call: _Call) -> None:
        for lane, piece in call.pieces:
            lane.pieces.pop(piece, None)

    def _count(self, call: _Call, sign: int) -> None:
        self._events += sign * call.events
        self._bytes += sign * call.size
        PUBLISH_WAITING.set(self._events)

    # --- lanes -------------------------------------------------------------------------------------------------------

    def _wake(self, lane: _Lane) -> None:
        if not lane.runs:
            lane.runs = True
            self._own(self._run(lane), f"append {lane.topic}/{lane.partition}")

    async def _run(self, lane: _Lane) -> None:
        try:
            while lane.pieces:
                await self._send_next(lane)
        finally:
            lane.runs = False

    async def _send_next(self, lane: _Lane) -> None:
        try:
            producer = await self._usable()
        except BusUnavailable as error:  # callers wait no longer than they want to
            log.warning("kafka_producer_not_ready", reason=str(error))
            await asyncio.sleep(REBUILD_PAUSE_S)
            return
        calls: list[_Call] = []
        try:
            batch = producer.create_batch()
            calls = _fill(batch, lane)
            if calls:
                async with asyncio.timeout(BATCH_STUCK_S):
                    await (await producer.send_batch(batch, lane.topic, partition=lane.partition))
        except (*TROUBLE, AssertionError) as error:  # AssertionError: aiokafka about a partition that is gone
            self._replace(producer, error)
            for call in calls:
                self._take_out(call)
                if not call.done.done():
                    call.done.set_exception(BusUnavailable(f"Kafka refused the event: {describe(error)}"))
        else:
            for call in calls:
                call.open -= 1
                if call.open == 0 and not call.done.done():
                    call.done.set_result(None)

    async def _usable(self) -> AIOKafkaProducer:
        async with self._building:
            if self._producer is None:
                self._producer = await self._clients.producer()
            return self._producer

    def _replace(self, producer: AIOKafkaProducer, error: Exception) -> None:
        if self._producer is producer:
            self._producer = None
            BUS_REBUILT.labels(client="producer").inc()
            log.warning("kafka_producer_replaced", reason=describe(error))
            self._own(self._clients.stop(producer), "stop producer")

    def _own(self, step: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(step, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _fill(batch: Any, lane: _Lane) -> list[_Call]:
    """Moves entries from the lane into the batch until it is full. One item per entry: whose it was."""
    calls: list[_Call] = []
    while lane.pieces:
        piece = next(iter(lane.pieces))
        while piece.entries:
            entry = piece.entries[0]
            headers = [(TYPE_HEADER, entry.type.encode())]
            if batch.append(timestamp=None, key=entry.key.encode(), value=entry.value, headers=headers) is None:
                return calls
            piece.entries.popleft()
            calls.append(piece.call)
        del lane.pieces[piece]
    return calls
