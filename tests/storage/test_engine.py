"""How SQLite is opened, and what happens when it cannot write."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.errors import BusUnavailable, StorageUnavailable
from storage import engine, sqlite_inline
from storage.engine import Database
from storage.log import SqliteLog
from storage.sqlite_library import is_safe
from storage.tables import log
from storage.unit_of_work import Units
from tests.contract.scene import message, opened_units


@pytest.fixture
async def units(tmp_path: Path) -> AsyncIterator[Units]:
    async with opened_units(tmp_path) as made:
        yield made


async def test_both_kinds_of_connections_are_opened_safely(units: Units) -> None:
    for connect in (units.database.writing, units.database.reading):
        async with connect() as connection:
            for pragma, expected in (("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)):
                assert (await connection.exec_driver_sql(f"PRAGMA {pragma}")).scalar() == expected


def test_the_sqlite_we_run_on_does_not_corrupt_a_wal_database() -> None:
    import sqlite3 as library

    assert is_safe(library.sqlite_version_info)
    assert all(is_safe(version) for version in ((3, 44, 6), (3, 50, 7), (3, 51, 3), (3, 53, 4)))
    assert not any(is_safe(version) for version in ((3, 40, 1), (3, 45, 0), (3, 50, 6), (3, 51, 2)))


@pytest.mark.parametrize("url", ["sqlite+aiosqlite://", "sqlite+aiosqlite:///:memory:"])
def test_a_database_in_memory_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="SQLite needs a file"):
        Database(url)


class Ticks:
    """How long the event loop stood still at most, in seconds."""

    def __init__(self) -> None:
        self.longest_s = 0.0

    async def run(self) -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.005)
            self.longest_s = max(self.longest_s, time.monotonic() - before)


async def test_another_process_that_writes_for_long_stops_neither_the_loop_nor_the_deadline(
    tmp_path: Path, units: Units
) -> None:
    bus = SqliteLog(units.database, units, units.clock, units.partitions)
    await bus.start()
    await bus.publish([message("before")])
    stranger = sqlite3.connect(tmp_path / "hub.db", isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    ticks = Ticks()
    watching = asyncio.create_task(ticks.run())
    began = time.monotonic()
    with pytest.raises(BusUnavailable):
        await bus.publish([message("too late")], deadline_s=0.5)
    assert time.monotonic() - began < 5
    stranger.execute("COMMIT")
    stranger.close()
    await bus.publish([message("after")], deadline_s=5)
    watching.cancel()
    await bus.stop()
    assert ticks.longest_s < 2  # blocked, it would stand for BUSY_WAIT_S


async def test_a_lock_that_is_not_given_is_passing_trouble(
    tmp_path: Path, units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_inline, "BUSY_WAIT_S", 0.2)
    async with units.database.writing():
        pass
    stranger = sqlite3.connect(tmp_path / "hub.db", isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageUnavailable, match="locked"):
        await units.acquire("group", "topic", 0, "me")
    stranger.close()
    assert (await units.acquire("group", "topic", 0, "me")).fence == 1


async def test_who_waits_too_long_for_our_own_writer_is_told(units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "WRITE_WAIT_S", 0.1)
    async with units.database.writing():
        with pytest.raises(StorageUnavailable, match="other writers kept the database"):
            await units.acquire("group", "topic", 0, "me")
    assert (await units.acquire("group", "topic", 0, "me")).fence == 1


async def test_a_full_disk_refuses_events_loses_none_and_takes_them_again_when_there_is_room(units: Units) -> None:
    bus = SqliteLog(units.database, units, units.clock, units.partitions)
    await bus.start()
    taken = 0

    async def set_room(pages: int) -> None:
        async with units.database.engine.connect() as connection:
            await connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    async with units.database.reading() as connection:
        used = (await connection.exec_driver_sql("PRAGMA page_count")).scalar_one()
    await set_room(used + 50)

    async def fill() -> None:
        nonlocal taken
        for _ in range(1000):
            await bus.publish([message("x" * 3000)])
            taken += 1

    with pytest.raises(BusUnavailable, match="full"):
        await fill()
    assert taken > 10
    async with units.database.reading() as connection:
        assert (await connection.execute(sa.select(sa.func.count()).select_from(log))).scalar_one() == taken
    await bus.ping()
    await set_room(1_000_000)
    await bus.publish([message("after")])
    await bus.stop()
