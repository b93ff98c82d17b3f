"""Whose turn it is to write."""

import asyncio

import pytest

from storage.turns import Turns


async def take(turns: Turns, name: str, order: list[str], *, urgent: bool = False, hold_s: float = 0.01) -> None:
    async with turns.take(urgent=urgent, within_s=5):
        order.append(name)
        await asyncio.sleep(hold_s)


async def queue_up(turns: Turns, order: list[str], *names: str) -> None:
    """Somebody has the turn while these come, one after the other; a name in capitals is urgent."""
    async with turns.take(urgent=False, within_s=5):
        tasks = []
        for name in names:
            tasks.append(asyncio.create_task(take(turns, name, order, urgent=name.isupper())))
            await asyncio.sleep(0)
    await asyncio.gather(*tasks)


async def test_turns_are_given_in_the_order_of_asking() -> None:
    order: list[str] = []
    await queue_up(Turns(), order, "a", "b", "c")
    assert order == ["a", "b", "c"]


async def test_urgent_ones_go_first_but_two_never_pass_one_that_waits() -> None:
    order: list[str] = []
    await queue_up(Turns(), order, "a", "b", "X", "Y", "Z")
    assert order == ["X", "a", "Y", "b", "Z"]


async def test_who_gives_up_waiting_is_passed_over() -> None:
    turns, order = Turns(), list[str]()
    async with turns.take(urgent=False, within_s=5):
        gone = asyncio.create_task(take(turns, "gone", order))
        stays = asyncio.create_task(take(turns, "stays", order))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.wait([gone])
    await stays
    assert order == ["stays"]


async def test_who_is_cancelled_in_the_moment_the_turn_comes_passes_it_on() -> None:
    turns, order = Turns(), list[str]()
    async with turns.take(urgent=False, within_s=5):
        unlucky = asyncio.create_task(take(turns, "unlucky", order))
        stays = asyncio.create_task(take(turns, "stays", order))
        await asyncio.sleep(0)
    unlucky.cancel()
    await asyncio.wait([unlucky])
    async with asyncio.timeout(10):
        await stays
    assert order == ["stays"]


async def test_waiting_has_an_end_and_the_turn_goes_to_the_next() -> None:
    turns, order = Turns(), list[str]()
    async with turns.take(urgent=False, within_s=5):
        with pytest.raises(TimeoutError):
            async with turns.take(urgent=True, within_s=0.05):
                order.append("never")
    await take(turns, "after", order)
    assert order == ["after"]


async def test_an_error_in_a_turn_gives_it_back() -> None:
    turns = Turns()
    with pytest.raises(ZeroDivisionError):
        async with turns.take(urgent=False, within_s=1):
            raise ZeroDivisionError
    async with turns.take(urgent=False, within_s=10):
        pass
