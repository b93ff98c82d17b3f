"""What storage.unit_of_work promises, over both databases."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime

import asyncpg
import pytest
import sqlalchemy as sa

from hub.bus import Record
from hub.errors import CommitUnknown, LeaseLost, StorageUnavailable
from hub.events import TOUCHPOINTS, MessageReceived
from storage.tables import leases, log
from storage.unit_of_work import OUTBOX_CHANNEL, UnitOfWork, Units
from tests.contract.scene import message
from tests.databases import opened
from tests.services import PostgresServer


def fact(text: str) -> MessageReceived:
    return message(text).data


async def texts(units: Units) -> list[str]:
    """What stands in the log, in order."""
    async with units.database.reading() as connection:
        rows = (await connection.execute(sa.select(log.c.value, log.c.type).order_by(log.c.offset))).all()
    return [str(Record("", 0, 0, "", type_, value, datetime.now(UTC)).decode().data.model_dump()["text"])
            for value, type_ in rows]  # fmt: skip


async def publish(units: Units, *words: str) -> None:
    async with units.begin() as work:
        for word in words:
            work.publish(fact(word))
        await work.commit()


async def test_state_and_events_are_kept_together_in_the_order_of_publish(units: Units) -> None:
    await publish(units, "one", "two")
    await publish(units, "three")
    assert await texts(units) == ["one", "two", "three"]


async def test_leaving_without_commit_keeps_nothing(units: Units) -> None:
    async with units.begin() as work:
        work.publish(fact("never"))
        await insert_lease(work, "never")
    assert await texts(units) == []
    assert await lease_names(units) == []


async def test_an_error_inside_keeps_nothing_and_leaves_the_database_usable(units: Units) -> None:
    async def stumble() -> None:
        async with units.begin() as work:
            await insert_lease(work, "never")
            work.publish(fact("never"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await stumble()
    await publish(units, "after")
    assert await texts(units) == ["after"]
    assert await lease_names(units) == []


async def test_an_event_that_is_too_large_is_refused_where_it_is_published(units: Units) -> None:
    async with units.begin() as work:
        with pytest.raises(ValueError, match="bytes"):
            work.publish(fact("\n" * 99_999).model_copy(update={"attachments": (), "button_payload": "x" * 300_000}))
        work.publish(fact("small"))
        await work.commit()
    assert await texts(units) == ["small"]


async def test_what_waits_for_the_commit_is_done_after_it_and_only_then(units: Units) -> None:
    done: list[str] = []
    async with units.begin() as work:
        work.after_commit(lambda: done.append("kept"))
        assert done == []
        await work.commit()
    async with units.begin() as work:
        work.after_commit(lambda: done.append("dropped"))
    assert done == ["kept"]


async def test_listeners_hear_of_commits_with_events_and_of_no_other(units: Units) -> None:
    heard: list[Sequence[Record]] = []
    units.on_commit.append(heard.append)
    async with units.begin() as work:
        await insert_lease(work, "quiet")
        await work.commit()
    async with units.begin() as work:
        work.publish(fact("dropped"))
    assert heard == []
    await publish(units, "one", "two")
    [records] = heard
    if units.database.is_sqlite:
        assert [record.decode().data.model_dump()["text"] for record in records] == ["one", "two"]
        assert [record.offset for record in records] == [1, 2]


async def test_a_commit_survives_the_cancellation_of_its_task(units: Units) -> None:
    """Wherever the cancellation comes: kept as a whole with its listeners told, or not at all."""
    heard: list[Sequence[Record]] = []
    units.on_commit.append(heard.append)
    chance = random.Random(4)
    outcomes = []
    for number in range(60):
        name = f"name-{number}"

        async def commit(name: str = name) -> UnitOfWork:
            async with units.begin() as work:
                await insert_lease(work, name)
                work.publish(fact(name))
                try:
                    await work.commit()
                finally:
                    outcomes.append((name, work.committed))
            return work

        task = asyncio.create_task(commit())
        await asyncio.sleep(chance.random() ** 3 * 0.1)
        task.cancel()
        await asyncio.wait([task])
    kept = await texts(units)
    assert set(kept) == set(await lease_names(units))
    assert set(kept) == {name for name, committed in outcomes if committed}
    assert len(heard) == len(kept)
    assert len(kept) > 0, "no commit was in time: nothing was tried"


async def test_a_cancelled_unit_leaves_its_connection_to_the_next(units: Units) -> None:
    async def hang() -> None:
        async with units.begin() as work:
            await insert_lease(work, "never")
            await asyncio.Event().wait()

    for _ in range(40):
        task = asyncio.create_task(hang())
        await asyncio.sleep(0.003)
        task.cancel()
        await asyncio.wait([task])
    async with asyncio.timeout(10):
        await publish(units, "after")
    assert await lease_names(units) == []


async def test_many_units_at_once_never_find_the_database_locked(units: Units) -> None:
    async def count_up() -> None:
        for _ in range(10):
            async with units.begin() as work:
                for_update = sa.select(leases.c.fence).where(leases.c.name == "counter").with_for_update()
                fence = (await work.connection.execute(for_update)).scalar_one()
                await asyncio.sleep(0)
                await work.connection.execute(sa.update(leases).values(fence=fence + 1))
                work.publish(fact(str(fence)))
                await work.commit()

    async def read() -> None:
        for _ in range(50):
            async with units.database.reading() as connection:
                await connection.execute(sa.select(sa.func.count()).select_from(log))

    async with units.begin() as work:
        await insert_lease(work, "counter")
        await work.commit()
    await asyncio.gather(*(count_up() for _ in range(20)), *(read() for _ in range(6)))
    async with units.database.reading() as connection:
        assert (await connection.execute(sa.select(leases.c.fence))).scalar_one() == 201
    assert sorted(int(text) for text in await texts(units)) == list(range(1, 201))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # PostgreSQL: each statement is a moment of its own
async def test_a_reader_sees_one_moment_and_never_a_half_written_one(units: Units) -> None:
    async with units.database.reading() as connection:
        count = sa.select(sa.func.count()).select_from(log)
        before = (await connection.execute(count)).scalar_one()
        await publish(units, "meanwhile")
        assert (await connection.execute(count)).scalar_one() == before == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # PostgreSQL: there is one pool for both
async def test_a_reading_connection_cannot_write(units: Units) -> None:
    with pytest.raises((StorageUnavailable, sa.exc.OperationalError), match="readonly"):
        async with units.database.reading() as connection:
            await connection.execute(sa.delete(log))


# --- positions and fences --------------------------------------------------------------------------------------------


async def test_a_new_group_has_no_position_and_keeps_what_it_advances_to(units: Units) -> None:
    lease = await units.acquire("group", TOUCHPOINTS, 0, "me")
    assert (lease.fence, lease.next_offset) == (1, -1)
    async with units.begin() as work:
        await work.advance(lease, 7)
        await work.commit()
    again = await units.acquire("group", TOUCHPOINTS, 0, "me")
    assert (again.fence, again.next_offset) == (2, 7)
    assert (await units.acquire("group", TOUCHPOINTS, 1, "me")).next_offset == -1
    assert (await units.acquire("other", TOUCHPOINTS, 0, "me")).next_offset == -1


async def test_the_former_owner_can_neither_advance_nor_keep_its_effect(units: Units) -> None:
    old = await units.acquire("group", TOUCHPOINTS, 0, "old")
    new = await units.acquire("group", TOUCHPOINTS, 0, "new")

    async def go_on() -> None:
        async with units.begin() as work:
            await insert_lease(work, "effect of the zombie")
            work.publish(fact("never"))
            await work.advance(old, 5)
            await work.commit()

    with pytest.raises(LeaseLost):
        await go_on()
    assert await lease_names(units) == []
    assert await texts(units) == []
    async with units.begin() as work:
        await work.advance(new, 3)
        await work.commit()


async def test_a_position_that_was_not_committed_is_not_kept(units: Units) -> None:
    lease = await units.acquire("group", TOUCHPOINTS, 0, "me")
    async with units.begin() as work:
        await work.advance(lease, 9)
    assert (await units.acquire("group", TOUCHPOINTS, 0, "me")).next_offset == -1


async def test_of_many_who_take_a_partition_at_once_one_is_the_last(units: Units) -> None:
    taken = await asyncio.gather(*(units.acquire("group", TOUCHPOINTS, 0, f"owner-{n}") for n in range(20)))
    assert sorted(lease.fence for lease in taken) == list(range(1, 21))
    rights = 0
    for lease in taken:
        try:
            async with units.begin() as work:
                await work.advance(lease, 1)
                await work.commit()
            rights += 1
        except LeaseLost:
            pass
    assert rights == 1


async def test_a_fence_that_is_taken_while_a_batch_is_under_way_refuses_its_commit(database_url: str) -> None:
    """On PostgreSQL both run side by side: the row lock decides. On SQLite the second waits for the first."""
    async with opened(database_url) as mine, opened(database_url) as theirs:
        lease = await mine.acquire("group", TOUCHPOINTS, 0, "me")
        if mine.database.is_sqlite:
            await theirs.acquire("group", TOUCHPOINTS, 0, "them")
            with pytest.raises(LeaseLost):
                async with mine.begin() as work:
                    await work.advance(lease, 1)
            return
        async with mine.begin() as work:
            await insert_lease(work, "effect")
            await theirs.acquire("group", TOUCHPOINTS, 0, "them")
            with pytest.raises(LeaseLost):
                await work.advance(lease, 1)


# --- trouble ---------------------------------------------------------------------------------------------------------


async def test_a_database_that_does_not_answer_is_passing_trouble(own_postgres: PostgresServer) -> None:
    own_postgres.settings["synchronous_commit"] = "on"
    await own_postgres.restart()
    async with opened(own_postgres.url) as units:
        await publish(units, "one")
        own_postgres.kill9()
        for attempt in (units.database.ping, lambda: publish(units, "lost")):
            with pytest.raises(StorageUnavailable):
                await attempt()
        await own_postgres.start()
        async with asyncio.timeout(20):
            while True:
                try:
                    await publish(units, "two")
                    break
                except StorageUnavailable:
                    await asyncio.sleep(0.1)
        assert await texts(units) == ["one", "two"]


async def test_a_connection_cut_by_the_server_is_passing_trouble_and_costs_one_attempt(
    own_postgres: PostgresServer,
) -> None:
    async def be_cut_off(units: Units) -> None:
        async with units.begin() as work:
            await insert_lease(work, "never")
            await cut_others(own_postgres)
            await insert_lease(work, "never, too")

    async with opened(own_postgres.url) as units:
        with pytest.raises(StorageUnavailable):
            await be_cut_off(units)
        await publish(units, "after")
        assert await lease_names(units) == []


async def test_a_connection_that_breaks_during_the_commit_leaves_the_outcome_open(own_postgres: PostgresServer) -> None:
    async def be_cut_off(units: Units) -> None:
        async with units.begin() as work:
            await insert_lease(work, "perhaps")
            await cut_others(own_postgres)
            await work.commit()

    async with opened(own_postgres.url) as units:
        with pytest.raises(CommitUnknown):
            await be_cut_off(units)
        assert await lease_names(units) == []


async def test_a_deadlock_and_a_lock_that_is_not_given_are_passing_trouble(postgres_units: Units) -> None:
    units = postgres_units
    async with units.begin() as work:
        for name in ("a", "b"):
            await insert_lease(work, name)
        await work.commit()

    async def lock(first: str, second: str) -> str:
        try:
            async with units.begin() as work:
                await work.connection.execute(sa.update(leases).where(leases.c.name == first).values(owner="x"))
                await asyncio.sleep(0.2)
                await work.connection.execute(sa.update(leases).where(leases.c.name == second).values(owner="x"))
                await work.commit()
        except StorageUnavailable as error:
            return str(error)
        return "kept"

    outcomes = await asyncio.gather(lock("a", "b"), lock("b", "a"))
    assert sorted("deadlock" in outcome for outcome in outcomes) == [False, True]


async def test_an_error_never_quotes_the_values_of_its_statement(units: Units) -> None:
    async def insert_twice() -> None:
        async with units.begin() as work:
            for _ in range(2):
                await insert_lease(work, "+84912345678")

    with pytest.raises(sa.exc.IntegrityError) as caught:
        await insert_twice()
    assert "84912345678" not in str(caught.value).splitlines()[0]
    assert "parameters hidden" in str(caught.value)


async def test_a_commit_with_events_notifies_the_relay(postgres_units: Units) -> None:
    units = postgres_units
    dsn = units.database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    heard = asyncio.Event()
    connection = await asyncpg.connect(dsn)
    try:
        await connection.add_listener(OUTBOX_CHANNEL, lambda *_: heard.set())
        async with units.begin() as work:
            await insert_lease(work, "quiet")
            await work.commit()
        await asyncio.sleep(0.2)
        assert not heard.is_set()
        await publish(units, "one")
        async with asyncio.timeout(5):
            await heard.wait()
    finally:
        await connection.close()


async def test_no_connection_is_lost_to_cancellations_at_any_moment(postgres_units: Units) -> None:
    units = postgres_units
    chance = random.Random(7)

    async def work_a_little() -> None:
        async with units.begin() as work:
            await work.connection.execute(sa.text("SELECT pg_sleep(0.002)"))
            await insert_lease(work, f"{chance.random()}")
            work.publish(fact("x"))
            await work.commit()

    async def harass() -> None:
        for _ in range(40):
            task = asyncio.create_task(work_a_little())
            await asyncio.sleep(chance.random() * 0.02)
            task.cancel()
            await asyncio.wait([task])

    await asyncio.gather(*(harass() for _ in range(8)))
    async with asyncio.timeout(20):
        await asyncio.gather(*(work_a_little() for _ in range(16)))
    async with units.database.reading() as connection:
        idle = sa.text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'"
        )
        assert (await connection.execute(idle)).scalar_one() == 0
    assert len(await texts(units)) == len(await lease_names(units))


@pytest.fixture
async def postgres_units(fresh_postgres_database: Callable[..., str], schema_template: str) -> AsyncIterator[Units]:
    async with opened(fresh_postgres_database(template=schema_template)) as units:
        yield units


async def insert_lease(work: UnitOfWork, name: str) -> None:
    """Any row will do."""
    row = {"name": name, "owner": "me", "fence": 1, "expires_at": work.clock.now()}
    await work.connection.execute(sa.insert(leases).values(row))


async def lease_names(units: Units) -> list[str]:
    async with units.database.reading() as connection:
        return list((await connection.execute(sa.select(leases.c.name).order_by(sa.literal_column("1")))).scalars())


async def cut_others(server: PostgresServer) -> None:
    connection = await asyncpg.connect(server.url.replace("+asyncpg", ""))
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname <> ''"
        )
    finally:
        await connection.close()
