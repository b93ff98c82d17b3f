"""Limits that share one timer are kept, each for itself, and leave nothing behind."""

import asyncio
import time

import pytest

from hub.deadlines import Deadlines


async def test_what_comes_in_time_is_the_result() -> None:
    deadlines = Deadlines()
    future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0.02, future.set_result, 7)
    assert await deadlines.wait(future, 5) == 7


async def test_a_failure_passes() -> None:
    future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    future.set_exception(ValueError("no"))
    with pytest.raises(ValueError, match="no"):
        await Deadlines().wait(future, 5)


async def test_each_wait_has_its_own_limit() -> None:
    deadlines = Deadlines()
    loop = asyncio.get_running_loop()
    soon: asyncio.Future[int] = loop.create_future()
    late: asyncio.Future[int] = loop.create_future()
    loop.call_later(0.4, late.set_result, 1)
    began = time.monotonic()
    outcomes = await asyncio.gather(deadlines.wait(soon, 0.1), deadlines.wait(late, 20), return_exceptions=True)
    assert isinstance(outcomes[0], TimeoutError)
    assert outcomes[1] == 1
    assert soon.done()
    assert time.monotonic() - began < 10


async def test_a_wait_after_a_pause_is_limited_again() -> None:
    deadlines = Deadlines()
    for _ in range(2):
        with pytest.raises(TimeoutError):
            await deadlines.wait(asyncio.get_running_loop().create_future(), 0.01)
        await asyncio.sleep(0.15)  # nobody waits: the timer has ended


async def test_who_is_cancelled_is_cancelled_and_forgotten() -> None:
    deadlines = Deadlines()
    future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    waiting = asyncio.create_task(deadlines.wait(future, 0.05))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.sleep(0.15)
    assert future.cancelled()
