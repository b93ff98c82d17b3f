"""Small things about asyncio tasks that are easy to get wrong: every task has an owner that cancels AND awaits it."""

import asyncio
from collections.abc import Coroutine, Iterable, Iterator
from typing import Any


async def together(*steps: Coroutine[Any, Any, Any]) -> None:
    """Runs them side by side until the first ends or fails; the others are then cancelled and awaited.

    Raises the error of the first that failed, bare: no exception group around it.
    """
    tasks = [asyncio.ensure_future(step) for step in steps]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await stop(tasks)


async def stop(tasks: Iterable["asyncio.Task[Any]"], *, within_s: float | None = None) -> "set[asyncio.Task[Any]]":
    """Cancels and awaits. Their errors are theirs: nothing is raised. Returns those that still run after `within_s`."""
    tasks = set(tasks)
    for task in tasks:
        task.cancel()
    if not tasks:
        return set()
    done, running = await asyncio.wait(tasks, timeout=within_s)
    for task in done:
        if not task.cancelled():
            task.exception()  # or asyncio complains that nobody looked
    return running


def cancelled_from_outside() -> bool:
    """In an `except CancelledError`: did somebody cancel this task, or did a library let one of its own escape?"""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


def heed_cancellation() -> None:
    """For the head of a long loop. Raises CancelledError when this task was cancelled and a library kept it to itself:
    asyncio.wait_for does so before Python 3.12 when what it waits for ends in the same moment (redis-py uses it)."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def leaves(error: BaseException) -> Iterator[BaseException]:
    """The errors within (nested) exception groups; a plain error is its own leaf."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from leaves(inner)
    else:
        yield error
