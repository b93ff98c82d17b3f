"""Offices: one holder at a time, over both databases."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from hub.clock import SystemClock
from hub.errors import LeaseLost
from storage import leases
from storage.leases import Office, Offices
from storage.unit_of_work import Units
from tests.databases import opened

TTL_S = 0.6


@pytest.fixture
async def units(database_url: str) -> AsyncIterator[Units]:
    async with opened(database_url, SystemClock()) as made:
        yield made


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "LOOK_EVERY_S", 0.1)


async def test_an_office_has_one_holder_until_its_time_runs_out(units: Units) -> None:
    offices = Offices(units, ttl_s=TTL_S)
    first = await offices.take("relay", "a")
    assert first == Office("relay", "a", 1)
    assert await offices.take("relay", "b") is None
    assert await offices.take("another", "b") == Office("another", "b", 1)
    await asyncio.sleep(TTL_S + 0.1)
    assert await offices.take("relay", "b") == Office("relay", "b", 2)
    with pytest.raises(LeaseLost):
        await offices.renew(first)


async def test_renewing_keeps_it_and_giving_up_frees_it_at_once(units: Units) -> None:
    offices = Offices(units, ttl_s=TTL_S)
    office = await offices.take("relay", "a")
    assert office is not None
    for _ in range(4):
        await asyncio.sleep(TTL_S / 2)
        await offices.renew(office)
        assert await offices.take("relay", "b") is None
    await offices.give_up(office)
    assert await offices.take("relay", "b") == Office("relay", "b", 2)
    await offices.give_up(office)  # not ours any more: a no-op
    assert await offices.take("relay", "c") is None


async def test_of_many_who_ask_at_once_one_gets_it(units: Units) -> None:
    offices = Offices(units, ttl_s=30)
    taken = await asyncio.gather(*(offices.take("relay", f"owner-{number}") for number in range(20)))
    assert sum(office is not None for office in taken) == 1


def duty_of(name: str, journal: list[str]) -> Callable[[Office], Awaitable[None]]:
    async def duty(_: Office) -> None:
        journal.append(f"{name} begins")
        try:
            await asyncio.Event().wait()
        finally:
            journal.append(f"{name} ends")

    return duty


async def until(journal: list[str], line: str) -> None:
    async with asyncio.timeout(10):
        while line not in journal:
            await asyncio.sleep(0.01)


async def test_the_next_one_begins_after_the_first_has_ended_and_soon(units: Units) -> None:
    journal: list[str] = []
    offices = Offices(units, ttl_s=TTL_S)
    first = asyncio.create_task(offices.hold("relay", "a", duty_of("a", journal)))
    await until(journal, "a begins")
    second = asyncio.create_task(offices.hold("relay", "b", duty_of("b", journal)))
    await asyncio.sleep(3 * TTL_S)
    assert journal == ["a begins"]
    first.cancel()
    await until(journal, "b begins")
    assert journal == ["a begins", "a ends", "b begins"]
    second.cancel()
    await asyncio.wait([first, second])


async def test_a_holder_who_loses_it_stops_and_waits_for_it_again(units: Units) -> None:
    journal: list[str] = []
    offices = Offices(units, ttl_s=TTL_S)
    task = asyncio.create_task(offices.hold("relay", "a", duty_of("a", journal)))
    await until(journal, "a begins")
    office = Office("relay", "a", 1)
    await offices.give_up(office)  # as if its time had run out while it stood still
    assert await Offices(units, ttl_s=1.5).take("relay", "b") is not None
    await until(journal, "a ends")
    journal.clear()
    await until(journal, "a begins")
    task.cancel()
    await asyncio.wait([task])


async def test_an_error_of_the_duty_ends_the_call_and_frees_the_office(units: Units) -> None:
    async def fail(_: Office) -> None:
        raise ZeroDivisionError

    offices = Offices(units, ttl_s=30)
    with pytest.raises(ZeroDivisionError):
        await offices.hold("relay", "a", fail)
    assert await offices.take("relay", "b") is not None
