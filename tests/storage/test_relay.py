"""Outbox -> Kafka: everything, in order per key, once or more, by one process at a time."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest
import sqlalchemy as sa

from hub.bus import Entry, Record
from hub.bus.kafka import KafkaBus
from hub.clock import SystemClock
from hub.errors import BusUnavailable
from hub.events import TOUCHPOINTS
from storage import leases, relay
from storage.leases import Offices
from storage.relay import Relay
from storage.tables import log
from storage.unit_of_work import Units
from tests.contract.scene import message
from tests.databases import opened

pytestmark = pytest.mark.services


@pytest.fixture
async def units(fresh_postgres_database: Callable[..., str], schema_template: str) -> AsyncIterator[Units]:
    async with opened(fresh_postgres_database(template=schema_template), SystemClock()) as made:
        yield made


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "LOOK_EVERY_S", 0.1)


class Shelf:
    """A sink that writes down what it took, and can refuse, wait, or take and then say that it did not."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.calls = 0
        self.refused: set[int] = set()  # partitions whose brokers are away
        self.lost_answers = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def append(self, entries: Sequence[Entry], *, deadline_s: float) -> None:
        self.calls += 1
        await self.gate.wait()
        if any(entry.partition in self.refused for entry in entries):
            raise BusUnavailable("no leader")
        self.entries += entries
        if self.lost_answers:
            self.lost_answers -= 1
            raise BusUnavailable("the answer was lost")

    def of(self, customer: str) -> list[str]:
        """What it took of one customer, each text once, in the order of its first arrival."""
        texts = (text_of(entry) for entry in self.entries if entry.key == f"fb-main|{customer}")
        return list(dict.fromkeys(texts))


def text_of(entry: Entry) -> str:
    record = Record(entry.topic, entry.partition, 0, entry.key, entry.type, entry.value, SystemClock().now())
    return str(record.decode().data.model_dump()["text"])


async def publish(units: Units, *texts: str, by: str = "an") -> None:
    async with units.begin() as work:
        for text in texts:
            work.publish(message(text, by=by).data)
        await work.commit()


async def outbox(units: Units) -> int:
    async with units.database.reading() as connection:
        return int((await connection.execute(sa.select(sa.func.count()).select_from(log))).scalar_one())


async def until_empty(units: Units, *, within_s: float = 20) -> None:
    async with asyncio.timeout(within_s):
        while await outbox(units):
            await asyncio.sleep(0.02)


@asynccontextmanager
async def relaying(units: Units, sink: relay.Sink, owner: str = "a", ttl_s: float = 6) -> AsyncIterator[Relay]:
    made = Relay(units, sink, owner, offices=Offices(units, ttl_s=ttl_s))
    task = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()


async def test_what_was_committed_arrives_in_order_and_leaves_the_outbox(units: Units) -> None:
    shelf = Shelf()
    await publish(units, "before")
    async with relaying(units, shelf):
        for number in range(50):
            await publish(units, f"{number}", by=f"c{number % 5}")
        await until_empty(units)
    assert shelf.of("an") == ["before"]
    assert shelf.of("c3") == [str(number) for number in range(3, 50, 5)]
    assert len(shelf.entries) == 51


async def test_a_notice_makes_it_quick(units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "LOOK_EVERY_S", 3600)
    shelf = Shelf()
    async with relaying(units, shelf):
        await publish(units, "first")
        await until_empty(units)
        await asyncio.sleep(0.5)
        await publish(units, "second")
        await until_empty(units)
    assert shelf.of("an") == ["first", "second"]


async def test_a_cut_notice_connection_is_made_again(units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "LOOK_EVERY_S", 3600)
    monkeypatch.setattr(relay, "NOTICE_RECONNECT_S", 0.1)
    shelf = Shelf()
    async with relaying(units, shelf):
        await publish(units, "first")
        await until_empty(units)
        async with units.database.reading() as connection:
            cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = "
            await connection.execute(sa.text(cut + "current_database()"))
        await asyncio.sleep(1)
        await publish(units, "second")
        await until_empty(units, within_s=20)
    assert shelf.of("an") == ["first", "second"]


async def test_an_answer_that_was_lost_repeats_the_window_and_keeps_the_order(units: Units) -> None:
    shelf = Shelf()
    shelf.lost_answers = 3
    await publish(units, *(str(number) for number in range(20)))
    async with relaying(units, shelf):
        await until_empty(units)
    assert shelf.of("an") == [str(number) for number in range(20)]
    assert len(shelf.entries) == 80


async def test_a_partition_whose_brokers_are_away_holds_up_nobody_else(units: Units) -> None:
    shelf = Shelf()
    partitions = defaultdict(list)
    for number in range(12):
        partitions[Entry.of(message("x", by=f"c{number}"), 6).partition].append(f"c{number}")
    (away, [unlucky, *_]), (_, [lucky, *_]), *_ = partitions.items()
    shelf.refused = {away}
    async with relaying(units, shelf) as made:
        for number in range(30):
            await publish(units, str(number), by=unlucky)
            await publish(units, str(number), by=lucky)
        async with asyncio.timeout(20):
            while shelf.of(lucky) != [str(number) for number in range(30)]:
                await asyncio.sleep(0.02)
        assert shelf.of(unlucky) == []
        assert await outbox(units) >= 30
        async with asyncio.timeout(10):
            while not made.problems():
                await asyncio.sleep(0.1)
        assert "no leader" in made.problems()[0]
        shelf.refused = set()
        await until_empty(units)
        assert made.problems() == []
    assert shelf.of(unlucky) == [str(number) for number in range(30)]


async def test_a_relay_that_ends_between_ack_and_delete_is_followed_by_one_that_repeats(units: Units) -> None:
    shelf = Shelf()
    await publish(units, *(str(number) for number in range(10)))
    shelf.gate.clear()
    async with relaying(units, shelf):
        async with asyncio.timeout(10):
            while not shelf.calls:
                await asyncio.sleep(0.01)
    shelf.entries += [Entry.of(message(str(number)), 6) for number in range(10)]  # the brokers had it, nobody heard
    shelf.gate.set()
    async with relaying(units, shelf, "b"):
        await until_empty(units)
    assert shelf.of("an") == [str(number) for number in range(10)]


async def test_one_of_two_relays_is_active_and_the_other_takes_over_when_it_falls_silent(units: Units) -> None:
    first, second = Shelf(), Shelf()
    async with relaying(units, first, "a", ttl_s=1), relaying(units, second, "b", ttl_s=1):
        for number in range(5):
            await publish(units, str(number))
        await until_empty(units)
        active, standby = (first, second) if first.entries else (second, first)
        assert standby.entries == []
        async with (
            units.begin() as work
        ):  # as if the active one could not renew: somebody else has had the office since
            await work.connection.execute(sa.text("UPDATE leases SET fence = fence + 1, expires_at = now()"))
            await work.commit()
        await asyncio.sleep(1.5)
        await publish(units, "after")
        await until_empty(units)
    assert active.of("an") + standby.of("an") == ["0", "1", "2", "3", "4", "after"]


async def test_through_kafka_everything_arrives_in_order_while_writers_write(
    units: Units, kafka_bootstrap: str, topic_prefix: str
) -> None:
    bus = KafkaBus(kafka_bootstrap, SystemClock(), topic_prefix=topic_prefix)
    await bus.start()

    async def write(customer: str) -> None:
        for number in range(40):
            await publish(units, str(number), by=customer)

    tail = await bus.tail(TOUCHPOINTS)
    async with relaying(units, bus):
        await asyncio.gather(*(write(f"c{number}") for number in range(10)))
        seen: dict[str, list[str]] = defaultdict(list)
        async with asyncio.timeout(30):
            while sum(map(len, seen.values())) < 400:
                for record in await tail.read(500, timeout_s=1):
                    seen[record.key].append(str(record.decode().data.model_dump()["text"]))
        await until_empty(units)
    await tail.close()
    await bus.stop()
    assert dict(seen) == {f"fb-main|c{number}": [str(n) for n in range(40)] for number in range(10)}
