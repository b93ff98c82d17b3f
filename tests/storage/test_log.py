"""What is special about the embedded log: shared commits, memory beside the table, and a kill at any moment."""

import asyncio
import contextlib
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.bus import Bus, Entry, Record, partition_of
from hub.clock import ManualClock, SystemClock
from hub.errors import BusUnavailable, StorageUnavailable
from hub.events import TOUCHPOINTS
from storage import group_commit, recent
from storage.engine import Database
from storage.group_commit import GroupCommit
from storage.log import SqliteLog, partitions_of
from storage.recent import Recent
from storage.tables import log as log_table
from storage.unit_of_work import UnitOfWork, Units
from tests.contract.scene import message, opened_units
from tests.databases import sqlite_url


@contextlib.asynccontextmanager
async def opened_log(units: Units) -> AsyncIterator[SqliteLog]:
    bus = SqliteLog(units.database, units, units.clock, units.partitions)
    await bus.start()
    try:
        yield bus
    finally:
        await bus.stop()


@pytest.fixture
async def units(tmp_path: Path) -> AsyncIterator[Units]:
    async with opened_units(tmp_path) as made:
        yield made


@pytest.fixture
async def bus(units: Units) -> AsyncIterator[SqliteLog]:
    async with opened_log(units) as made:
        yield made


async def stored(units: Units) -> int:
    async with units.database.reading() as connection:
        return int((await connection.execute(sa.select(sa.func.count()).select_from(log_table))).scalar_one())


async def all_texts(bus: Bus, *, count: int) -> list[str]:
    tail = await bus.tail(TOUCHPOINTS, since=dict.fromkeys(range(6), 0))
    records: list[Record] = []
    async with asyncio.timeout(10):
        while len(records) < count:
            records += await tail.read(1000, timeout_s=1)
    return [str(record.decode().data.model_dump()["text"]) for record in sorted(records, key=lambda r: r.offset)]


# --- shared commits --------------------------------------------------------------------------------------------------


class CountedUnits(Units):
    """Counts commits, and can be made slow or broken."""

    def __init__(self, units: Units) -> None:
        super().__init__(units.database, units.clock, partitions=units.partitions)
        self.begun = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: Exception | None = None

    @contextlib.asynccontextmanager
    async def begin(self, *, urgent: bool = False) -> AsyncIterator[UnitOfWork]:
        self.begun += 1
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        async with super().begin(urgent=urgent) as work:
            yield work


def entry(text: str) -> Entry:
    return Entry.of(message(text), 6)


@pytest.fixture
async def counted(units: Units) -> CountedUnits:
    return CountedUnits(units)


@pytest.fixture
async def commits(counted: CountedUnits) -> AsyncIterator[GroupCommit]:
    made = GroupCommit(counted)
    task = asyncio.create_task(made.run())
    yield made
    made.close()
    counted.gate.set()
    await asyncio.wait([task], timeout=5)
    assert task.done()


async def test_callers_who_come_during_a_commit_share_the_next(commits: GroupCommit, counted: CountedUnits) -> None:
    await asyncio.gather(*(commits.append([entry(str(number))], deadline_s=5) for number in range(300)))
    assert await stored(counted) == 300
    assert counted.begun < 20


async def test_a_caller_who_is_cancelled_harms_nobody_else(commits: GroupCommit, counted: CountedUnits) -> None:
    counted.gate.clear()
    first = asyncio.create_task(commits.append([entry("first")], deadline_s=5))
    await asyncio.sleep(0.05)  # under way
    waiting = [asyncio.create_task(commits.append([entry(str(number))], deadline_s=5)) for number in range(10)]
    await asyncio.sleep(0.05)
    for task in waiting[::2]:
        task.cancel()
    first.cancel()
    await asyncio.sleep(0.05)
    counted.gate.set()
    await asyncio.gather(*waiting[1::2])
    assert await stored(counted) == 6  # the first was under way; those that had only waited are not written


async def test_a_deadline_is_kept_and_what_was_not_begun_is_not_written(
    commits: GroupCommit, counted: CountedUnits
) -> None:
    counted.gate.clear()
    under_way = asyncio.create_task(commits.append([entry("under way")], deadline_s=5))
    await asyncio.sleep(0.05)
    began = time.monotonic()
    outcomes = await asyncio.gather(
        *(commits.append([entry(str(number))], deadline_s=0.3) for number in range(5)), return_exceptions=True
    )
    assert time.monotonic() - began < 5
    assert all(isinstance(outcome, BusUnavailable) for outcome in outcomes)
    counted.gate.set()
    await under_way
    await commits.append([entry("after")], deadline_s=5)
    assert await stored(counted) == 2


async def test_too_many_waiting_events_are_refused_at_once_and_room_comes_back(
    commits: GroupCommit, counted: CountedUnits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "EVENTS_MAX", 50)
    counted.gate.clear()
    tasks = [asyncio.create_task(commits.append([entry(str(number))], deadline_s=5)) for number in range(80)]
    await asyncio.sleep(0.05)
    refused = [task for task in tasks if task.done()]
    assert 20 <= len(refused) <= 30
    assert all("too many" in str(task.exception()) for task in refused)
    counted.gate.set()
    await asyncio.gather(*(task for task in tasks if task not in refused))
    await commits.append([entry("after")], deadline_s=5)


async def test_too_many_waiting_bytes_are_refused_but_one_large_call_alone_is_taken(
    commits: GroupCommit, counted: CountedUnits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "BYTES_MAX", 100_000)
    await commits.append([entry("x" * 90_000), entry("x" * 90_000)], deadline_s=5)
    counted.gate.clear()
    waiting = asyncio.create_task(commits.append([entry("x")], deadline_s=5))
    await asyncio.sleep(0.05)
    large = [asyncio.create_task(commits.append([entry("x" * 90_000)], deadline_s=5)) for _ in range(3)]
    await asyncio.sleep(0.05)
    assert [task.done() for task in large] == [False, True, True]
    counted.gate.set()
    await asyncio.gather(waiting, large[0])
    assert isinstance(large[1].exception(), BusUnavailable)
    assert isinstance(large[2].exception(), BusUnavailable)


async def test_trouble_of_the_database_is_told_to_every_caller(commits: GroupCommit, counted: CountedUnits) -> None:
    counted.error = StorageUnavailable("disk full", retry_after_s=3)
    outcomes = await asyncio.gather(
        *(commits.append([entry(str(number))], deadline_s=5) for number in range(5)), return_exceptions=True
    )
    assert [(type(o), getattr(o, "retry_after_s", None)) for o in outcomes] == [(BusUnavailable, 3)] * 5
    counted.error = None
    await commits.append([entry("after")], deadline_s=5)


async def test_one_callers_bad_entry_does_not_harm_the_others(commits: GroupCommit, counted: CountedUnits) -> None:
    counted.gate.clear()
    bad = Entry("t", 0, "k", "type", "no bytes at all")  # type: ignore[arg-type]  # what makes it bad
    tasks = [
        asyncio.create_task(commits.append([e], deadline_s=5))
        for e in (entry("one"), bad, entry("two"), entry("three"))
    ]
    await asyncio.sleep(0.05)
    counted.gate.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(outcome, Exception) for outcome in outcomes] == [False, True, False, False]
    assert await stored(counted) == 3


async def test_a_closed_log_writes_what_waits_and_takes_nothing_more(units: Units) -> None:
    bus = SqliteLog(units.database, units, units.clock, 6)
    await bus.start()
    tasks = [asyncio.create_task(bus.publish([message(str(number))])) for number in range(50)]
    await asyncio.sleep(0)
    await bus.stop()
    await asyncio.gather(*tasks)
    assert await stored(units) == 50
    with pytest.raises(BusUnavailable):
        await bus.publish([message("late")])
    with pytest.raises(BusUnavailable):
        await bus.ping()


# --- memory beside the table -----------------------------------------------------------------------------------------


def record(offset: int, *, partition: int = 0, size: int = 10) -> Record:
    return Record("t", partition, offset, "k", "type", b"x" * size, datetime.now(UTC))


def offsets(found: list[Record] | None) -> list[int] | None:
    return None if found is None else [r.offset for r in found]


def test_memory_holds_everything_above_its_floor() -> None:
    memory = Recent(10)
    memory.add([record(11), record(12, partition=1), record(13)])
    assert offsets(memory.since("t", 0, 11, 100)) == [11, 13]
    assert offsets(memory.since("t", 0, 12, 100)) == [13]
    assert offsets(memory.since("t", 0, 14, 100)) == []
    assert offsets(memory.since("t", 0, 11, 1)) == [11]
    assert offsets(memory.since("other", 0, 11, 100)) == []
    assert memory.since("t", 0, 10, 100) is None


def test_a_gap_in_the_offsets_means_that_a_stranger_wrote_and_the_table_must_be_asked() -> None:
    memory = Recent(10)
    memory.add([record(11)])
    memory.add([record(14)])
    assert memory.since("t", 0, 11, 100) is None
    assert memory.since("t", 0, 13, 100) is None
    assert offsets(memory.since("t", 0, 14, 100)) == [14]


def test_what_the_look_at_the_table_found_first_is_not_added_twice() -> None:
    memory = Recent(10)
    memory.forget(12)
    memory.add([record(11), record(12)])
    assert memory.since("t", 0, 12, 100) is None
    memory.add([record(13)])
    assert offsets(memory.since("t", 0, 13, 100)) == [13]


def test_memory_is_bounded_by_count_and_by_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "RECORDS_MAX", 5)
    memory = Recent(0)
    memory.add([record(offset, partition=offset % 2) for offset in range(1, 11)])
    assert memory.floor == 5
    assert offsets(memory.since("t", 0, 6, 100)) == [6, 8, 10]
    monkeypatch.setattr(recent, "BYTES_MAX", 1000)
    memory.add([record(11, size=600), record(12, size=600)])
    assert memory.floor == 11


async def test_what_another_process_wrote_is_found(tmp_path: Path, units: Units, bus: SqliteLog) -> None:
    tail = await bus.tail(TOUCHPOINTS)
    await bus.publish([message("mine")])
    other = Units(Database(sqlite_url(tmp_path)), SystemClock(), partitions=6)
    async with other.begin() as work:
        work.publish(message("theirs").data)
        await work.commit()
    found: list[Record] = []
    async with asyncio.timeout(5):
        while len(found) < 2:
            found += await tail.read(10, timeout_s=3)
    await bus.publish([message("mine again")])
    found += await tail.read(10, timeout_s=3)
    await other.database.dispose()
    assert [str(r.decode().data.model_dump()["text"]) for r in found] == ["mine", "theirs", "mine again"]


async def test_a_reader_that_keeps_up_does_not_ask_the_table(
    units: Units, bus: SqliteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    tail = await bus.tail(TOUCHPOINTS)
    await tail.read(1, timeout_s=0.05)  # from here on memory is enough
    asked: list[str] = []
    original = units.database.reading

    def counting() -> contextlib.AbstractAsyncContextManager[object]:
        asked.append("asked")
        return original()

    monkeypatch.setattr(units.database, "reading", counting)
    monkeypatch.setattr("storage.log.LOOK_EVERY_S", 3600)
    for number in range(50):
        await bus.publish([message(str(number))])
        assert len(await tail.read(10, timeout_s=2)) == 1
    assert len(asked) <= 2


async def test_a_reader_far_behind_reads_everything_in_order(units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "RECORDS_MAX", 100)
    async with opened_log(units) as bus:
        for start in range(0, 1000, 200):
            await bus.publish([message(str(number)) for number in range(start, start + 200)])
        assert await all_texts(bus, count=1000) == [str(number) for number in range(1000)]


async def test_offsets_at_allows_for_a_clock_that_was_set_back(tmp_path: Path) -> None:
    clock = ManualClock()
    database = Database(sqlite_url(tmp_path))
    async with opened_units(tmp_path):
        pass
    units = Units(database, clock, partitions=6)
    async with opened_log(units) as bus:
        for text in ("a", "b", "c"):
            await bus.publish([message(text)])
            clock.advance(20)
        clock.advance(-30)
        await bus.publish([message("d")])
        index = partition_of("fb-main|an", 6)
        moment = clock.now()
        start = (await bus.offsets_at(TOUCHPOINTS, moment))[index]
        assert start == 3  # c stands at a later time than d
        assert (await bus.offsets_at(TOUCHPOINTS, moment - timedelta(hours=1)))[index] == 1
    await database.dispose()


# --- starting, and dying ---------------------------------------------------------------------------------------------


async def test_a_log_is_not_opened_with_fewer_partitions_than_it_was_written_with(tmp_path: Path) -> None:
    async with opened_units(tmp_path) as units:
        async with opened_log(units) as bus:
            await bus.publish([message("x", by=f"c{number}") for number in range(50)])
        assert await partitions_of(units.database, 2) == 6
        assert await partitions_of(units.database, 8) == 8
        fewer = Units(units.database, units.clock, partitions=2)
        with pytest.raises(ValueError, match="6 partitions"):
            await SqliteLog(units.database, fewer, units.clock, 2).start()


WRITER = textwrap.dedent("""
    import asyncio, sys
    from pathlib import Path
    from storage.log import SqliteLog
    from tests.contract.scene import message, opened_units

    async def main():
        async with opened_units(Path(sys.argv[1])) as units:
            bus = SqliteLog(units.database, units, units.clock, 6)
            await bus.start()
            async def write(writer):
                number = 0
                while True:
                    await bus.publish([message(f"{writer}:{number}", by=f"c{writer}")], deadline_s=10)
                    print(f"{writer}:{number}", flush=True)
                    number += 1
            await asyncio.gather(*(write(writer) for writer in range(8)))

    asyncio.run(main())
""")


@pytest.mark.faults
@pytest.mark.timeout(180)
async def test_kill_9_at_any_moment_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    acknowledged: list[str] = []
    for round_ in range(3):
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        lines = [await asyncio.to_thread(process.stdout.readline) for _ in range(150 + 37 * round_)]
        process.kill()
        rest = await asyncio.to_thread(process.stdout.read)
        await asyncio.to_thread(process.wait)
        process.stdout.close()
        # The last line may have been cut by the kill.
        told = [line.strip() for line in [*lines, *rest.splitlines(keepends=True)] if line.endswith("\n")]
        async with opened_units(tmp_path) as units, opened_log(units) as bus:
            texts = await all_texts(bus, count=await stored(units))
            assert len(texts) >= len(acknowledged) + len(told)
            fresh = texts[len(acknowledged) :]
            for writer in range(8):
                mine = [text for text in told if text.startswith(f"{writer}:")]
                written = [text for text in fresh if text.startswith(f"{writer}:")]
                assert written[: len(mine)] == mine
                assert len(written) <= len(mine) + 1  # one may have been durable before its answer
            acknowledged = texts
