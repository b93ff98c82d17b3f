"""The feed: what it does when the log is away, says nonsense, or says nothing at all."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
import pytest

from agent_console.live import feed as feed_module
from agent_console.live.audience import Entry
from agent_console.live.feed import Feed, Presence
from hub.bus.base import PUBLISH_DEADLINE_S, PartitionWorker, Record
from hub.clock import ManualClock
from hub.errors import BusUnavailable, Transient
from hub.events import CONVERSATIONS, PresenceChanged, PresenceStatus, encode, wrap
from hub.events.envelope import Envelope
from hub.ids import AgentId, new_id
from hub.tasks import stop
from tests.console.conftest import until

CONVERSATION = {"id": "k1", "customer_id": "c1", "seq": 1, "queue_id": "q1", "owner_id": None, "offered_to": None}


@dataclass
class FakeLog:
    """A log of one partition that a test fills, takes away, and silences. Offsets begin at 0."""

    records: dict[str, list[Record]] = field(default_factory=dict)
    away: bool = False
    silent: bool = False
    tails: int = 0

    def append(self, topic: str, type_: str, value: bytes) -> None:
        held = self.records.setdefault(topic, [])
        held.append(Record(topic, 0, len(held), "key", type_, value, ManualClock().now()))

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def ping(self) -> None: ...

    async def publish(self, events: Sequence[Envelope[Any]], *, deadline_s: float = PUBLISH_DEADLINE_S) -> None:
        raise NotImplementedError("the feed publishes nothing")

    async def run_group(self, group: str, topics: Sequence[str], worker: PartitionWorker) -> None:
        raise NotImplementedError("the feed joins no group")

    async def tail(self, topic: str, *, since: dict[int, int] | None = None) -> "FakeTail":
        self._check()
        self.tails += 1
        return FakeTail(self, topic, (since or {0: 0})[0])

    async def ends(self, topic: str) -> dict[int, int]:
        self._check()
        return {0: len(self.records.get(topic, []))}

    async def offsets_at(self, topic: str, moment: datetime) -> dict[int, int]:
        self._check()
        return {0: 0}

    def _check(self) -> None:
        if self.away:
            raise BusUnavailable("the log is away")


@dataclass
class FakeTail:
    log: FakeLog
    topic: str
    at: int

    async def read(self, limit: int, *, timeout_s: float) -> Sequence[Record]:
        await asyncio.sleep(0.01)
        while self.log.silent:
            await asyncio.sleep(0.01)
        self.log._check()
        found = self.log.records.get(self.topic, [])[self.at : self.at + limit]
        self.at += len(found)
        return found

    async def close(self) -> None: ...


def opened(seq: int = 1, **changes: Any) -> bytes:
    conversation = CONVERSATION | {"seq": seq} | changes
    return orjson.dumps({"time": "2026-11-22T02:00:00Z", "data": {"conversation": conversation}})


@pytest.fixture
def log() -> FakeLog:
    return FakeLog()


async def test_what_the_log_says_is_told_in_order(log: FakeLog) -> None:
    told: list[Entry] = []
    feed = Feed(log, ManualClock())
    feed.on_entry = told.append
    for seq in range(1, 6):
        log.append(CONVERSATIONS, "hub.conversation_opened.v1", opened(seq))
    running = asyncio.create_task(feed.run())
    await until(lambda: len(told) == 5)
    assert [entry.seq for entry in told] == [1, 2, 3, 4, 5]
    assert told[0].before is None
    assert told[1].before == told[1].place
    assert feed.cursor_now() == told[-1].cursor
    await stop([running])


async def test_before_the_log_has_answered_there_is_no_cursor(log: FakeLog) -> None:
    log.away = True
    feed = Feed(log, ManualClock())
    running = asyncio.create_task(feed.run())
    await asyncio.sleep(0.05)
    with pytest.raises(Transient):
        feed.cursor_now()
    log.away = False
    await until(lambda: feed.started, within_s=10)
    assert feed.cursor_now() == "1~0.0_~0.0"
    await stop([running])


async def test_after_an_outage_it_goes_on_where_it_stopped(log: FakeLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "RETRY_S", 0.02)
    told: list[Entry] = []
    feed = Feed(log, ManualClock())
    feed.on_entry = told.append
    log.append(CONVERSATIONS, "hub.conversation_opened.v1", opened(1))
    running = asyncio.create_task(feed.run())
    await until(lambda: len(told) == 1)
    log.away = True
    log.append(CONVERSATIONS, "hub.conversation_read.v1", opened(2))
    await asyncio.sleep(0.1)
    log.away = False
    await until(lambda: len(told) == 2)
    assert [entry.seq for entry in told] == [1, 2]
    assert log.tails > 2
    await stop([running])


async def test_a_record_that_is_no_event_of_ours_stops_nothing(log: FakeLog) -> None:
    told: list[Entry] = []
    feed = Feed(log, ManualClock())
    feed.on_entry = told.append
    for value in (b"", b"{", b"[]", b"null", b'{"data":{}}', b'{"data":{"conversation":{"id":"k1"}}}', b"\xff"):
        log.append(CONVERSATIONS, "hub.conversation_opened.v1", value)
    log.append(CONVERSATIONS, "hub.from_the_future.v9", opened(1))
    log.append(CONVERSATIONS, "hub.conversation_opened.v1", opened(2))
    running = asyncio.create_task(feed.run())
    await until(lambda: bool(told))
    assert [entry.seq for entry in told] == [2]
    await stop([running])


async def test_presence_is_told_as_it_stands(log: FakeLog) -> None:
    clock = ManualClock()
    heard: list[Presence] = []
    feed = Feed(log, clock)
    feed.on_presence = heard.append
    agent_id = AgentId(new_id())
    away = PresenceChanged(agent_id=agent_id, status=PresenceStatus.AWAY, reason="lunch", since=clock.now())
    log.append("routing", away.TYPE, encode(wrap(away, clock)))
    log.append("routing", "hub.work_gone.v1", b"{}")
    running = asyncio.create_task(feed.run())
    await until(lambda: bool(heard))
    assert heard[0].message == {
        "agent_id": str(agent_id),
        "status": "away",
        "reason": "lunch",
        "since": "2026-11-22T02:00:00Z",
        "wrap_up_until": None,
    }
    await stop([running])


async def test_a_feed_that_hears_nothing_although_there_is_something_ends_the_process(
    log: FakeLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "LOOK_EVERY_S", 0.02)
    clock = ManualClock()
    ended: list[str] = []
    feed = Feed(log, clock, on_deaf=ended.append)
    running = asyncio.create_task(feed.run())
    await until(lambda: feed.started)
    assert feed.problems() == []
    log.silent = True
    clock.advance(30)
    assert "30 s" in feed.problems()[0]
    clock.advance(31)
    await asyncio.sleep(0.1)
    assert ended == []  # silence about nothing is no deafness
    log.append(CONVERSATIONS, "hub.conversation_opened.v1", opened(1))
    await until(lambda: bool(ended))
    await stop([running])
