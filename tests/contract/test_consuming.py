"""What hub.service promises of the consume loop, over both logs."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import sqlalchemy as sa

from hub.bus import Bus, Entry, Partition, Record, partition_of
from hub.bus.kafka import KafkaBus
from hub.errors import CommitUnknown, Poison, StorageUnavailable, Transient
from hub.events import DEAD_LETTERS, TOUCHPOINTS, Envelope, EventData, EventRejected, MessageReceived, touchpoint_key
from hub.events.envelope import decode
from hub.events.rejected import BODY_BYTES_MAX
from storage.tables import positions
from storage.unit_of_work import UnitOfWork, Units
from tests.contract.scene import PARTITIONS, QUICK, Notebook, Scene, message, running

pytestmark = pytest.mark.timeout(90)

AN = partition_of(touchpoint_key("fb-main", "an"), PARTITIONS)


async def rejected(scene: Scene, count: int) -> list[EventRejected]:
    """The dead letters, in order, once there are `count`."""
    starts = dict.fromkeys(range(PARTITIONS), 0)
    tail = await scene.bus.tail(DEAD_LETTERS, since=starts)
    letters: list[EventRejected] = []
    async with asyncio.timeout(20):
        while len(letters) < count:
            await carried(scene)
            for record in await tail.read(100, timeout_s=0.5):
                data = record.decode().data
                assert isinstance(data, EventRejected)
                letters.append(data)
    await carried(scene)
    assert not await tail.read(1, timeout_s=0.3)
    await tail.close()
    return letters


async def carried(scene: Scene) -> None:
    """Over Kafka the events of a unit of work wait in the outbox; a relay of one line carries them."""
    if not isinstance(scene.bus, KafkaBus):
        return
    from storage.tables import log

    async with scene.units.begin() as work:
        query = sa.select(log.c.topic, log.c.partition, log.c.key, log.c.type, log.c.value).order_by(log.c.offset)
        await scene.bus.append([Entry(*row) for row in (await work.connection.execute(query)).all()], deadline_s=5)
        await work.connection.execute(sa.delete(log))
        await work.commit()


async def append(scene: Scene, *entries: Entry) -> None:
    """What no publisher of ours would write."""
    if isinstance(scene.bus, KafkaBus):
        await scene.bus.append(entries, deadline_s=5)
    else:
        async with scene.units.begin() as work:
            work.append(entries)
            await work.commit()


async def test_each_event_is_handled_once_and_in_order(scene: Scene) -> None:
    notebook = Notebook()
    async with running(scene.consumer(notebook).run):
        for start in range(0, 300, 30):
            await scene.publish(*(str(number) for number in range(start, start + 30)))
        await notebook.has(300)
        await asyncio.sleep(0.3)
    assert notebook.texts == [str(number) for number in range(300)]


async def test_a_consumer_that_starts_again_goes_on_where_it_stopped(scene: Scene) -> None:
    first, second = Notebook(), Notebook()
    async with running(scene.consumer(first).run):
        await scene.publish("one", "two")
        await first.has(2)
    await scene.publish("three")
    async with running(scene.consumer(second).run):
        await second.has(1)
        await asyncio.sleep(0.3)
    assert (first.texts, second.texts) == (["one", "two"], ["three"])


async def test_what_does_not_concern_a_group_passes_by_unread(scene: Scene) -> None:
    """Not even a record that nobody could read stops it, or is filed by it: that is for whom it concerns."""
    notebook = Notebook()
    await scene.publish("no 1", "yes 2", "no 3")
    await append(scene, Entry(TOUCHPOINTS, AN, "fb-main|an", MessageReceived.TYPE, b"{ no"))
    await scene.publish("no 4", "yes 5")
    async with running(scene.consumer(notebook, concerns=lambda record: b"yes" in record.value).run):
        assert await notebook.has(2) == ["yes 2", "yes 5"]
        await asyncio.sleep(0.3)
    await rejected(scene, 0)
    assert notebook.texts == ["yes 2", "yes 5"]


async def test_the_position_of_what_passed_by_is_stored_when_nothing_more_comes(scene: Scene) -> None:
    first, second = Notebook(), Notebook()
    consumer = scene.consumer(first, concerns=lambda _: False)
    await scene.publish("one", "two")
    async with running(consumer.run), asyncio.timeout(15):
        while await stored_position(scene, AN) != (await scene.bus.ends(TOUCHPOINTS))[AN]:
            await asyncio.sleep(0.05)
        assert consumer.positions[TOUCHPOINTS, AN] == await stored_position(scene, AN)
    await scene.publish("three")
    async with running(scene.consumer(second).run):
        assert await second.has(1) == ["three"], "what had passed by does not come again"
    assert first.texts == []


async def stored_position(scene: Scene, partition: int) -> int | None:
    query = sa.select(positions.c.next_offset).where(
        positions.c.group == scene.group, positions.c.topic == TOUCHPOINTS, positions.c.partition == partition
    )
    async with scene.units.database.reading() as connection:
        return (await connection.execute(query)).scalar()


async def test_an_event_whose_handler_was_cancelled_is_delivered_again(scene: Scene) -> None:
    first, second = Notebook(), Notebook()
    begun = asyncio.Event()

    async def hang(_: Sequence[str]) -> None:
        begun.set()
        await asyncio.Event().wait()

    first.before = hang
    await scene.publish("one")
    async with running(scene.consumer(first).run):
        async with asyncio.timeout(15):
            await begun.wait()
    async with running(scene.consumer(second).run):
        assert await second.has(1) == ["one"]
    assert first.texts == []


async def test_what_a_failed_batch_wrote_and_published_is_not_kept(scene: Scene) -> None:
    tries = 0

    async def handle(work: UnitOfWork, events: Sequence[Envelope[EventData]]) -> None:
        nonlocal tries
        tries += 1
        work.publish(events[0].data.model_copy(update={"text": f"answer {tries}", "identity": "binh"}))
        if tries < 3:
            raise StorageUnavailable("not now")

    await scene.publish("question")
    async with running(scene.consumer(handle, topics=[TOUCHPOINTS], group="asking").run):
        async with asyncio.timeout(15):
            while tries < 3:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.5)
        await carried(scene)
    tail = await scene.bus.tail(TOUCHPOINTS, since=dict.fromkeys(range(PARTITIONS), 0))
    seen = []
    while records := await tail.read(100, timeout_s=0.5):
        seen += [record.decode().data for record in records]
    await tail.close()
    texts = [data.text for data in seen if isinstance(data, MessageReceived)]
    assert "answer 3" in texts
    assert "answer 1" not in texts
    assert "answer 2" not in texts


async def test_passing_trouble_is_waited_for_without_losing_or_passing_anything(scene: Scene) -> None:
    notebook = Notebook()
    well = asyncio.Event()

    async def unwell(_: Sequence[str]) -> None:
        if not well.is_set():
            raise Transient("come back later")

    notebook.before = unwell
    consumer = scene.consumer(notebook)
    async with running(consumer.run):
        await scene.publish("one", "two", "three")
        async with asyncio.timeout(15):
            while consumer.problems(longer_than_s=0.5) != [f"group: touchpoints/{AN}: Transient: come back later"]:
                await asyncio.sleep(0.05)
        assert notebook.texts == []
        well.set()
        assert await notebook.has(3) == ["one", "two", "three"]
        assert consumer.problems(longer_than_s=0) == []


async def test_one_poisoned_event_goes_to_dead_letters_and_the_rest_flows_in_order(scene: Scene) -> None:
    notebook = Notebook()

    async def choke(texts: Sequence[str]) -> None:
        if "bad" in texts:
            raise Poison("cannot be swallowed")

    notebook.before = choke
    texts = [str(number) for number in range(40)]
    events = await scene.publish(*texts[:23], "bad", *texts[23:])
    async with running(scene.consumer(notebook).run):
        assert await notebook.has(40) == texts
        [letter] = await rejected(scene, 1)
    assert letter.reason == "cannot be swallowed"
    assert (letter.group, letter.topic, letter.partition) == ("group", TOUCHPOINTS, AN)
    assert letter.original_key == events[23].key
    assert letter.body_bytes == len(letter.body)
    assert decode(letter.original_type, letter.body) == events[23]


async def test_an_event_that_fails_for_no_known_reason_is_tried_three_times(scene: Scene) -> None:
    notebook = Notebook()
    tries: Counter[str] = Counter()

    async def stumble(texts: Sequence[str]) -> None:
        tries.update(texts if len(texts) == 1 else ())
        if "bad" in texts:
            raise ZeroDivisionError("division by zero")

    notebook.before = stumble
    await scene.publish("one", "bad", "two")
    async with running(scene.consumer(notebook).run):
        assert await notebook.has(2) == ["one", "two"]
        [letter] = await rejected(scene, 1)
    assert letter.reason == "ZeroDivisionError: division by zero"
    assert tries["bad"] == QUICK.attempts_max


async def test_a_failure_that_passes_by_itself_costs_nothing(scene: Scene) -> None:
    notebook = Notebook()
    tries = 0

    async def stumble_twice(texts: Sequence[str]) -> None:
        nonlocal tries
        tries += 1
        if tries <= 2:
            raise KeyError("race")

    notebook.before = stumble_twice
    await scene.publish("one")
    async with running(scene.consumer(notebook).run):
        assert await notebook.has(1) == ["one"]
    await asyncio.sleep(0)
    assert await rejected(scene, 0) == []


async def test_records_that_are_no_events_of_ours_go_to_dead_letters_without_stopping_the_rest(scene: Scene) -> None:
    good = Entry.of(message("good"), PARTITIONS)
    await append(
        scene,
        replace(good, value=b"{"),
        replace(good, value=b""),
        replace(good, type="hub.message_received.v99"),
        replace(good, type=""),
        replace(good, value=good.value.replace(b'"text"', b'"texd"')),
        replace(good, value=b"\xff" * 300_000),
        good,
    )
    notebook = Notebook()
    async with running(scene.consumer(notebook).run):
        assert await notebook.has(1) == ["good"]
        letters = await rejected(scene, 6)
    assert [letter.body_bytes for letter in letters][:2] == [1, 0]
    assert "unknown event type" in letters[2].reason
    assert "texd" in letters[4].reason
    assert (len(letters[5].body), letters[5].body_bytes) == (BODY_BYTES_MAX, 300_000)


async def test_a_handler_that_takes_too_long_gets_smaller_batches(scene: Scene) -> None:
    notebook = Notebook()

    async def slow(texts: Sequence[str]) -> None:
        await asyncio.sleep(0.05 * len(texts))

    notebook.before = slow
    await scene.publish(*(str(number) for number in range(20)))
    async with running(scene.consumer(notebook, pace=replace(QUICK, handle_s=0.4)).run):
        assert await notebook.has(20, within_s=30) == [str(number) for number in range(20)]
    assert max(notebook.batches) < 10
    assert await rejected(scene, 0) == []


async def test_a_cancellation_that_a_handler_lets_escape_is_its_failure_and_not_our_end(scene: Scene) -> None:
    notebook = Notebook()

    async def escape(texts: Sequence[str]) -> None:
        if "bad" in texts:
            future = asyncio.get_running_loop().create_future()
            future.cancel()
            await future

    notebook.before = escape
    await scene.publish("one", "bad", "two")
    async with running(scene.consumer(notebook).run):
        assert await notebook.has(2) == ["one", "two"]
        assert [letter.reason.split(":")[0] for letter in await rejected(scene, 1)] == ["CancelledError"]


async def test_errors_of_a_task_group_are_judged_by_what_is_in_it(scene: Scene) -> None:
    notebook = Notebook()
    tries = 0

    async def in_a_group(_: Sequence[str]) -> None:
        nonlocal tries
        tries += 1
        if tries <= 5:
            async with asyncio.TaskGroup() as group:
                group.create_task(fail())

    async def fail() -> None:
        raise StorageUnavailable("not now")

    notebook.before = in_a_group
    await scene.publish("one")
    async with running(scene.consumer(notebook).run):
        assert await notebook.has(1) == ["one"]
    assert await rejected(scene, 0) == []


async def test_a_dead_letter_that_nobody_can_handle_does_not_breed(scene: Scene) -> None:
    await scene.publish("bad")

    async def choke(_work: UnitOfWork, _events: Sequence[Envelope[EventData]]) -> None:
        raise Poison("no")

    async with running(scene.consumer(choke).run, scene.consumer(choke, topics=[DEAD_LETTERS], group="clerk").run):
        assert len(await rejected(scene, 1)) == 1
        await asyncio.sleep(0.5)
    assert len(await rejected(scene, 1)) == 1


async def test_a_worker_whose_fence_was_taken_commits_nothing_more(scene: Scene) -> None:
    zombie = Notebook()
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def sleep_through_it(_: Sequence[str]) -> None:
        begun.set()
        await go_on.wait()

    zombie.before = sleep_through_it
    await scene.publish("one")
    async with running(scene.consumer(zombie, pace=replace(QUICK, lease_lost_pause_s=60)).run):
        async with asyncio.timeout(15):
            await begun.wait()
            # SQLite has one writer: the new owner's unit of work waits until the zombie's has ended.
            taking = asyncio.create_task(scene.units.acquire("group", TOUCHPOINTS, AN, "the new owner"))
            go_on.set()
            lease = await taking
        assert lease.fence > 1
        await asyncio.sleep(0.2)
        zombie.texts.clear()
        zombie.before = None
        await scene.publish("two")
        await asyncio.sleep(1)
        assert zombie.texts == []
    async with scene.units.begin() as work:
        await work.advance(lease, lease.next_offset)  # the new owner's right is untouched
        await work.commit()


async def test_a_partition_that_is_still_ours_after_a_lost_lease_is_worked_on_again(scene: Scene) -> None:
    notebook = Notebook()
    async with running(scene.consumer(notebook).run):
        await scene.publish("one")
        await notebook.has(1)
        await scene.units.acquire("group", TOUCHPOINTS, AN, "somebody who came and went")
        await scene.publish("two")
        assert await notebook.has(2) == ["one", "two"]


class UnitsThatLoseTheAnswer(Units):
    """The connection breaks after the first commit was carried out, before its answer came."""

    def __init__(self, units: Units) -> None:
        super().__init__(units.database, units.clock, partitions=units.partitions)
        self.on_commit = units.on_commit
        self.broken = False

    @asynccontextmanager
    async def begin(self, *, urgent: bool = False) -> AsyncIterator[UnitOfWork]:
        async with super().begin(urgent=urgent) as work:
            yield work
        if work.published and not self.broken:
            self.broken = True
            raise CommitUnknown("the answer to the commit did not come")


async def test_a_commit_whose_answer_was_lost_is_not_repeated(scene: Scene) -> None:
    handled: list[str] = []
    scene.units = UnitsThatLoseTheAnswer(scene.units)

    async def handle(work: UnitOfWork, events: Sequence[Envelope[EventData]]) -> None:
        for event in events:
            handled.append(str(event.id))
            work.publish(event.data.model_copy(update={"identity": "binh"}))

    await scene.publish("one")
    async with running(scene.consumer(handle, group="once").run):
        async with asyncio.timeout(15):
            while not handled:
                await asyncio.sleep(0.01)
        await asyncio.sleep(1)
        first = handled[0]
    assert scene.units.broken
    assert handled.count(first) == 1


async def test_no_effect_is_applied_twice_while_members_come_and_go(scene: Scene) -> None:
    """Effects go into a table whose key refuses a second one."""
    effects = sa.Table("effects", sa.MetaData(), sa.Column("text", sa.Text, primary_key=True))
    async with scene.units.begin() as work:
        await work.connection.run_sync(effects.create)
        await work.commit()
    total = 600

    async def handle(work: UnitOfWork, events: Sequence[Envelope[EventData]]) -> None:
        await asyncio.sleep(0.002 * len(events))
        rows = [{"text": event.data.text} for event in events if isinstance(event.data, MessageReceived)]
        await work.connection.execute(sa.insert(effects), rows)

    async def write() -> None:
        for number in range(total):
            await scene.publish(str(number), by=f"c{number % 40}")
            await asyncio.sleep(0.004)

    async def count() -> int:
        async with scene.units.database.reading() as connection:
            return int((await connection.execute(sa.select(sa.func.count()).select_from(effects))).scalar_one())

    other: Bus = await scene.another_bus()
    pace = replace(QUICK, batch_max=10)
    async with running(scene.consumer(handle, pace=pace).run):
        writing = asyncio.create_task(write())
        while not writing.done():
            async with running(scene.consumer(handle, bus=other, pace=pace).run):
                await asyncio.sleep(0.8)
            await asyncio.sleep(0.4)
        await writing
        async with asyncio.timeout(30):
            while await count() < total:
                await asyncio.sleep(0.05)
    assert await rejected(scene, 0) == []


class DeafBus:
    """A log whose readers hear nothing, although there are records."""

    def __init__(self, inner: Bus) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    async def run_group(self, group: str, topics: Sequence[str], worker: object) -> None:
        async def deafened(partition: Partition) -> None:
            async def silence(limit: int, *, timeout_s: float) -> Sequence[Record]:
                await asyncio.sleep(timeout_s)
                return ()

            partition.read = silence  # type: ignore[method-assign]  # that is what deaf means
            await worker(partition)  # type: ignore[operator]  # a PartitionWorker

        await self._inner.run_group(group, topics, deafened)


async def test_a_deaf_partition_is_noticed_and_a_quiet_one_is_not(scene: Scene) -> None:
    cries: list[str] = []
    notebook = Notebook()
    pace = replace(QUICK, deaf_after_s=4)
    deaf = scene.consumer(notebook, bus=DeafBus(scene.bus), on_deaf=cries.append, pace=pace, group="deaf")  # type: ignore[arg-type]  # a Bus by __getattr__
    well = scene.consumer(Notebook(), on_deaf=cries.append, pace=pace, group="well")
    async with running(deaf.run, well.run):
        await asyncio.sleep(5)
        assert cries == []
        await scene.publish("can you hear me?")
        async with asyncio.timeout(30):
            while not cries:
                await asyncio.sleep(0.05)
    assert f"deaf: touchpoints/{AN} has stood at" in cries[0]
    assert not any(cry.startswith("well") for cry in cries)


async def test_a_partition_that_waits_for_a_known_outage_is_not_deaf(scene: Scene) -> None:
    cries: list[str] = []
    notebook = Notebook()

    async def unwell(_: Sequence[str]) -> None:
        raise Transient("come back later")

    notebook.before = unwell
    async with running(scene.consumer(notebook, on_deaf=cries.append, pace=replace(QUICK, deaf_after_s=0.6)).run):
        await scene.publish("one")
        await asyncio.sleep(3)
    assert cries == []
