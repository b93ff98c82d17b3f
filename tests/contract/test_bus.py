"""What hub.bus.base promises, over both logs."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from hub.bus import Partition, Record, partition_of
from hub.bus.base import READ_BYTES_MAX
from hub.errors import Poison
from hub.events import CONVERSATIONS, TOUCHPOINTS, touchpoint_key
from tests.contract.scene import PARTITIONS, Scene, message, read_all, running

pytestmark = pytest.mark.timeout(90)


class Readers:
    """A group whose workers read from a place and write down records and their own lives."""

    def __init__(self, *, start: int = -1) -> None:
        self.records: dict[int, list[Record]] = defaultdict(list)
        self.here: set[int] = set()
        self.lives = 0
        self._start = start

    async def __call__(self, partition: Partition) -> None:
        self.here.add(partition.index)
        self.lives += 1
        try:
            await partition.seek(self._start)
            while True:
                self.records[partition.index] += await partition.read(100, timeout_s=1)
        finally:
            self.here.discard(partition.index)

    @property
    def texts(self) -> list[str]:
        return [text_of(record) for records in self.records.values() for record in records]

    async def have(self, count: int) -> list[str]:
        async with asyncio.timeout(20):
            while len(self.texts) < count:
                await asyncio.sleep(0.01)
        return self.texts

    async def are_at(self, partitions: set[int]) -> None:
        async with asyncio.timeout(30):
            while self.here != partitions:
                await asyncio.sleep(0.01)


def text_of(record: Record) -> str:
    return str(record.decode().data.model_dump()["text"])


async def test_what_was_published_is_read_as_it_was(scene: Scene) -> None:
    began = datetime.now(UTC)
    [event] = await scene.publish("xin chào")
    readers = Readers()
    async with running(lambda: scene.bus.run_group(scene.group, [TOUCHPOINTS], readers)):
        await readers.have(1)
    [record] = [record for records in readers.records.values() for record in records]
    assert record.decode() == event
    assert (record.topic, record.key, record.type) == (TOUCHPOINTS, touchpoint_key("fb-main", "an"), event.type)
    assert record.partition == partition_of(record.key, PARTITIONS)
    assert timedelta(seconds=-2) < record.appended_at - began < timedelta(seconds=5)


async def test_publishing_nothing_is_a_no_op(scene: Scene) -> None:
    before = await scene.bus.ends(TOUCHPOINTS)
    await scene.bus.publish([])
    assert await scene.bus.ends(TOUCHPOINTS) == before


async def test_events_of_one_key_keep_the_order_of_their_publish_calls(scene: Scene) -> None:
    customers = [f"customer-{number}" for number in range(10)]

    async def write(customer: str) -> None:
        for number in range(30):
            await scene.publish(f"{customer}:{number}", by=customer)

    readers = Readers()
    async with running(lambda: scene.bus.run_group(scene.group, [TOUCHPOINTS], readers)):
        await asyncio.gather(*(write(customer) for customer in customers))
        await readers.have(300)
    for customer in customers:
        of_customer = [text for text in readers.texts if text.startswith(f"{customer}:")]
        assert of_customer == [f"{customer}:{number}" for number in range(30)]


async def test_calls_that_do_not_wait_for_each_other_keep_their_order_too(scene: Scene) -> None:
    calls = [asyncio.create_task(scene.bus.publish([message(str(number))])) for number in range(200)]
    await asyncio.gather(*calls)
    readers = Readers()
    async with running(lambda: scene.bus.run_group(scene.group, [TOUCHPOINTS], readers)):
        assert await readers.have(200) == [str(number) for number in range(200)]


async def test_a_large_publish_over_all_partitions_arrives_whole(scene: Scene) -> None:
    events = [message(f"{number}:{'x' * 2000}", by=f"c{number}") for number in range(600)]
    await scene.bus.publish(events, deadline_s=20)
    readers = Readers()
    async with running(lambda: scene.bus.run_group(scene.group, [TOUCHPOINTS], readers)):
        await readers.have(600)
    assert sorted(readers.texts) == sorted(event.data.text or "" for event in events)
    assert set(readers.records) == set(range(PARTITIONS))


async def test_every_partition_of_a_group_has_exactly_one_worker(scene: Scene) -> None:
    readers = Readers()
    async with running(lambda: scene.bus.run_group(scene.group, [TOUCHPOINTS], readers)):
        await readers.are_at(set(range(PARTITIONS)))
        assert readers.lives == PARTITIONS


async def test_two_groups_read_everything_each(scene: Scene) -> None:
    first, second = Readers(), Readers()
    await scene.publish("one", "two", "three")
    async with running(
        lambda: scene.bus.run_group("first", [TOUCHPOINTS], first),
        lambda: scene.bus.run_group("second", [TOUCHPOINTS], second),
    ):
        assert await first.have(3) == ["one", "two", "three"]
        assert await second.have(3) == ["one", "two", "three"]


async def test_a_second_member_takes_half_of_the_partitions_and_gives_them_back(scene: Scene) -> None:
    first, second = Readers(), Readers()
    other = await scene.another_bus()
    every = set(range(PARTITIONS))
    async with running(lambda: scene.bus.run_group(scene.group, [TOUCHPOINTS], first)):
        await first.are_at(every)
        async with running(lambda: other.run_group(scene.group, [TOUCHPOINTS], second)):
            async with asyncio.timeout(30):
                while not (second.here and first.here | second.here == every):
                    assert not first.here & second.here
                    await asyncio.sleep(0.005)
            assert len(first.here) == len(second.here) == PARTITIONS // 2
        await first.are_at(every)


async def test_a_revoked_worker_has_ended_before_the_next_one_begins(scene: Scene) -> None:
    other = await scene.another_bus()
    working: set[int] = set()
    overlaps: list[int] = []

    async def slow_to_end(partition: Partition) -> None:
        if partition.index in working:
            overlaps.append(partition.index)
        working.add(partition.index)
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.3)  # cleaning up takes a while
            working.discard(partition.index)

    async def come_and_go() -> None:
        async with running(lambda: other.run_group(scene.group, [TOUCHPOINTS], slow_to_end)):
            await asyncio.sleep(1.5)

    async with running(lambda: scene.bus.run_group(scene.group, [TOUCHPOINTS], slow_to_end)):
        await asyncio.sleep(1)
        await come_and_go()
        await asyncio.sleep(1)
    assert overlaps == []
    assert working == set()


async def test_a_worker_that_raises_ends_the_call_with_its_error_and_stops_the_others(scene: Scene) -> None:
    ended: list[int] = []

    async def worker(partition: Partition) -> None:
        if partition.index == 3:
            await asyncio.sleep(0.2)
            raise LookupError("broken")
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(partition.index)

    with pytest.raises(LookupError, match="broken"):
        async with asyncio.timeout(30):
            await scene.bus.run_group(scene.group, [TOUCHPOINTS], worker)
    assert sorted(ended) == [0, 1, 2, 4, 5]


async def test_reading_begins_where_it_is_sought_and_goes_on_behind_the_last_record(scene: Scene) -> None:
    await scene.publish(*(str(number) for number in range(10)))
    found: list[list[str]] = []

    async def worker(partition: Partition) -> None:
        if partition.index != partition_of(touchpoint_key("fb-main", "an"), PARTITIONS):
            return
        await partition.seek(-1)
        first = await partition.read(3, timeout_s=5)
        second = await partition.read(3, timeout_s=5)
        await partition.seek(first[1].offset)
        again = await partition.read(2, timeout_s=5)
        await partition.seek(second[-1].offset + 1)
        rest = await read_all(partition)
        found.extend([text_of(record) for record in records] for records in (first, second, again, rest))
        assert await partition.end() == rest[-1].offset + 1

    async with running(lambda: scene.bus.run_group(scene.group, [TOUCHPOINTS], worker)):
        async with asyncio.timeout(30):
            while len(found) < 4:
                await asyncio.sleep(0.01)
    assert found == [["0", "1", "2"], ["3", "4", "5"], ["1", "2"], ["6", "7", "8", "9"]]


async def test_a_read_waits_for_the_next_record_and_no_longer_than_asked(scene: Scene) -> None:
    times: list[float] = []
    clock = asyncio.get_running_loop()

    async def worker(partition: Partition) -> None:
        if partition.index != partition_of(touchpoint_key("fb-main", "an"), PARTITIONS):
            return
        await partition.seek(await partition.end())
        began = clock.time()
        assert not await partition.read(10, timeout_s=0.5)
        times.append(clock.time() - began)
        asyncio.get_running_loop().call_later(0.3, lambda: later.append(asyncio.ensure_future(scene.publish("now"))))
        began = clock.time()
        assert [text_of(record) for record in await partition.read(10, timeout_s=10)] == ["now"]
        times.append(clock.time() - began)

    later: list[asyncio.Future[object]] = []
    async with running(lambda: scene.bus.run_group(scene.group, [TOUCHPOINTS], worker)):
        async with asyncio.timeout(30):
            while len(times) < 2:
                await asyncio.sleep(0.01)
    assert 0.4 < times[0] < 2
    assert 0.2 < times[1] < 3


async def test_one_read_holds_no_more_bytes_than_the_bound(scene: Scene) -> None:
    texts = [f"{number:03}" + "x" * 99_000 for number in range(80)]
    for start in range(0, 80, 20):
        await scene.bus.publish([message(text) for text in texts[start : start + 20]], deadline_s=20)
    sizes: list[int] = []
    got: list[str] = []

    async def worker(partition: Partition) -> None:
        await partition.seek(-1)
        while records := await partition.read(1000, timeout_s=1):
            sizes.append(sum(len(record.value) for record in records))
            got.extend(text_of(record)[:3] for record in records)
            await asyncio.sleep(0.01)

    async with running(lambda: scene.bus.run_group(scene.group, [TOUCHPOINTS], worker)):
        async with asyncio.timeout(30):
            while len(got) < 80:
                await asyncio.sleep(0.01)
    assert max(sizes) <= READ_BYTES_MAX
    assert got == [text[:3] for text in texts]


async def test_a_slow_worker_does_not_stop_the_others(scene: Scene) -> None:
    slow = partition_of(touchpoint_key("fb-main", "an"), PARTITIONS)
    got: list[str] = []

    async def worker(partition: Partition) -> None:
        await partition.seek(-1)
        if partition.index == slow:
            await partition.read(1, timeout_s=30)
            await asyncio.Event().wait()
        while True:
            got.extend(text_of(record) for record in await partition.read(100, timeout_s=1))

    others = [name for name in (f"c{n}" for n in range(50)) if partition_of(f"fb-main|{name}", PARTITIONS) != slow]
    async with running(lambda: scene.bus.run_group(scene.group, [TOUCHPOINTS], worker)):
        await scene.bus.publish([message("x" * 5000) for _ in range(4000)], deadline_s=30)
        for number, name in enumerate(others[:20]):
            await scene.publish(str(number), by=name)
        async with asyncio.timeout(20):
            while len(got) < 20:
                await asyncio.sleep(0.01)
    assert sorted(got, key=int) == [str(number) for number in range(20)]


async def test_lag_is_the_end_minus_the_position(scene: Scene) -> None:
    await scene.publish("one", "two")
    index = partition_of(touchpoint_key("fb-main", "an"), PARTITIONS)
    readers = Readers()
    async with running(lambda: scene.bus.run_group(scene.group, [TOUCHPOINTS], readers)):
        await readers.have(2)
    position = readers.records[index][-1].offset + 1
    assert (await scene.bus.ends(TOUCHPOINTS))[index] == position
    await scene.publish("three")
    assert (await scene.bus.ends(TOUCHPOINTS))[index] > position
    assert set(await scene.bus.ends(CONVERSATIONS)) == set(range(PARTITIONS))


async def test_a_replay_begins_at_the_first_record_of_a_moment(scene: Scene) -> None:
    await scene.publish("old", "older")
    await asyncio.sleep(0.05)
    moment = datetime.now(UTC)
    await asyncio.sleep(0.05)
    await scene.publish("new", "newer")
    index = partition_of(touchpoint_key("fb-main", "an"), PARTITIONS)
    start = (await scene.bus.offsets_at(TOUCHPOINTS, moment))[index]
    tail = await scene.bus.tail(TOUCHPOINTS, since={index: start})
    assert [text_of(record) for record in await texts(tail.read, 2)] == ["new", "newer"]
    await tail.close()
    ends = await scene.bus.ends(TOUCHPOINTS)
    assert await scene.bus.offsets_at(TOUCHPOINTS, datetime.now(UTC) + timedelta(hours=1)) == ends
    oldest = await scene.bus.offsets_at(TOUCHPOINTS, datetime(1970, 1, 1, tzinfo=UTC))
    assert oldest[index] < start


async def test_a_tail_sees_what_comes_after_it_was_made_in_every_partition(scene: Scene) -> None:
    await scene.publish("before")
    tail = await scene.bus.tail(TOUCHPOINTS)
    names = [f"c{number}" for number in range(30)]
    for name in names:
        await scene.publish(f"hello {name}", by=name)
    got = await texts(tail.read, 30)
    assert sorted(text_of(record) for record in got) == sorted(f"hello {name}" for name in names)
    assert not await tail.read(10, timeout_s=0.2)
    await tail.close()


async def test_two_tails_see_everything_each(scene: Scene) -> None:
    other = await scene.another_bus()
    tails = [await scene.bus.tail(TOUCHPOINTS), await other.tail(TOUCHPOINTS)]
    await scene.publish("one", "two")
    for tail in tails:
        assert [text_of(record) for record in await texts(tail.read, 2)] == ["one", "two"]
        await tail.close()


async def test_a_tail_is_not_kept_at_one_busy_partition(scene: Scene) -> None:
    tail = await scene.bus.tail(TOUCHPOINTS)
    await scene.bus.publish([message(str(number)) for number in range(500)], deadline_s=10)
    await scene.publish("from another partition", by="c1")
    assert partition_of("fb-main|c1", PARTITIONS) != partition_of("fb-main|an", PARTITIONS)
    seen: list[str] = []
    async with asyncio.timeout(20):
        while "from another partition" not in seen:
            seen += [text_of(record) for record in await tail.read(50, timeout_s=1)]
    await tail.close()


async def test_a_record_that_is_no_event_is_a_record_and_poison_only_when_decoded() -> None:
    record = Record(TOUCHPOINTS, 0, 1, "k", "", b"\xff\x00", datetime.now(UTC))
    with pytest.raises(Poison):
        record.decode()


async def test_ping_says_that_the_log_answers(scene: Scene) -> None:
    await scene.bus.ping()


async def texts(read: object, count: int) -> Sequence[Record]:
    """`count` records of a tail."""
    records: list[Record] = []
    async with asyncio.timeout(20):
        while len(records) < count:
            records += await read(100, timeout_s=1)  # type: ignore[operator]  # Tail.read
    return records
