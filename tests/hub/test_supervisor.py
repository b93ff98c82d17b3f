"""Long tasks: started again, stopped in order, never hung at the end; and the watch over a loop that stands still."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable

import pytest

from hub import supervisor
from hub.batch import Pace
from hub.supervisor import STUCK_EXIT_CODE, LongTask, run_all
from hub.tasks import heed_cancellation, leaves, stop, together
from hub.watchdog import DEAF_EXIT_CODE, LoopWatchdog


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "RESTART_PACE", Pace(backoff_s=0.01, backoff_max_s=0.02))


def lasting(name: str, journal: list[str], *, ending_s: float = 0.0) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        journal.append(f"{name} runs")
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(ending_s)
            journal.append(f"{name} ended")

    return run


async def soon(action: Callable[[], object], delay_s: float = 0.1) -> None:
    asyncio.get_running_loop().call_later(delay_s, action)


def tell_ourselves(number: signal.Signals = signal.SIGTERM) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_everything_from_the_last_to_the_first(number: signal.Signals) -> None:
    journal: list[str] = []
    await soon(lambda: tell_ourselves(number))
    async with asyncio.timeout(10):
        await run_all([LongTask(name, lasting(name, journal, ending_s=0.02)) for name in ("log", "consumer", "door")])
    assert journal == ["log runs", "consumer runs", "door runs", "door ended", "consumer ended", "log ended"]


async def test_a_failed_task_is_started_again_and_the_others_go_on() -> None:
    journal: list[str] = []

    async def shaky() -> None:
        journal.append("shaky runs")
        if len([line for line in journal if line == "shaky runs"]) < 4:
            raise ConnectionError("gone")
        tell_ourselves()
        await asyncio.Event().wait()

    async with asyncio.timeout(10):
        await run_all([LongTask("steady", lasting("steady", journal)), LongTask("shaky", shaky)])
    assert journal.count("shaky runs") == 4
    assert journal.count("steady runs") == 1


async def test_the_failure_of_a_task_that_may_not_be_restarted_ends_everything_with_its_error() -> None:
    journal: list[str] = []

    async def fail() -> None:
        await asyncio.sleep(0.05)
        raise LookupError("no port")

    with pytest.raises(LookupError, match="no port"):
        async with asyncio.timeout(10):
            await run_all([LongTask("log", lasting("log", journal)), LongTask("door", fail, restarts=False)])
    assert journal == ["log runs", "log ended"]


async def test_tasks_that_have_all_returned_end_the_run() -> None:
    async def short() -> None:
        await asyncio.sleep(0.01)

    async with asyncio.timeout(10):
        await run_all([LongTask("a", short), LongTask("b", short)])


async def test_a_task_that_does_not_end_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "STOP_EACH_S", 0.1)
    journal: list[str] = []
    given_up: list[int] = []
    release = asyncio.Event()

    async def stubborn() -> None:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                journal.append("no")

    def give_up(code: int) -> None:
        given_up.append(code)
        release.set()

    await soon(tell_ourselves)
    began = time.monotonic()
    async with asyncio.timeout(10):
        await run_all(
            [LongTask("log", lasting("log", journal)), LongTask("stubborn", stubborn)],
            stop_within_s=0.4,
            give_up=give_up,
        )
    assert given_up == [STUCK_EXIT_CODE]
    assert time.monotonic() - began < 5
    assert "log ended" in journal


async def test_cancelling_the_run_stops_it_in_order_too() -> None:
    journal: list[str] = []
    task = asyncio.create_task(run_all([LongTask(name, lasting(name, journal)) for name in ("a", "b")]))
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.wait([task], timeout=5)
    assert task.cancelled()
    assert journal[2:] == ["b ended", "a ended"]


# --- the watchdog ----------------------------------------------------------------------------------------------------


async def test_a_loop_that_stands_still_is_noticed() -> None:
    cries: list[str] = []
    async with LoopWatchdog(limit_s=0.4, on_hang=cries.append):
        await asyncio.sleep(0.6)
        assert cries == []
        time.sleep(1.0)  # noqa: ASYNC251 - that is the fault
        await asyncio.sleep(0.05)
    assert "the event loop has not run for" in cries[0]


async def test_a_busy_loop_is_not_taken_for_one_that_stands_still() -> None:
    cries: list[str] = []
    async with LoopWatchdog(limit_s=0.5, on_hang=cries.append):
        until = time.monotonic() + 1.2
        while time.monotonic() < until:
            time.sleep(0.02)  # noqa: ASYNC251 - work
            await asyncio.sleep(0)
    assert cries == []


# --- tasks -----------------------------------------------------------------------------------------------------------


async def test_together_ends_with_the_first_and_stops_the_rest() -> None:
    journal: list[str] = []

    async def short() -> None:
        await asyncio.sleep(0.05)

    async with asyncio.timeout(10):
        await together(lasting("a", journal, ending_s=0.05)(), short())  # type: ignore[arg-type]  # async functions' are coroutines
    assert journal == ["a runs", "a ended"]


async def test_together_raises_the_bare_error_of_the_first_that_failed() -> None:
    async def fail() -> None:
        raise LookupError("first")

    journal: list[str] = []
    with pytest.raises(LookupError, match="first"):
        await together(fail(), lasting("a", journal)())  # type: ignore[arg-type]  # async functions' are coroutines
    assert journal in ([], ["a runs", "a ended"])


async def test_together_passes_a_cancellation_on_and_waits_for_the_end_of_all() -> None:
    journal: list[str] = []

    async def both() -> None:
        await together(lasting("a", journal, ending_s=0.05)(), lasting("b", journal)())  # type: ignore[arg-type]  # as above

    task = asyncio.create_task(both())
    await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.wait([task], timeout=5)
    assert task.cancelled()
    assert sorted(journal) == ["a ended", "a runs", "b ended", "b runs"]


async def test_stop_returns_those_that_do_not_end_in_time_and_raises_nobodys_error() -> None:
    release = asyncio.Event()

    async def stubborn() -> None:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    async def fails_at_the_end() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise LookupError("while stopping")

    tasks = [asyncio.create_task(stubborn()), asyncio.create_task(fails_at_the_end())]
    await asyncio.sleep(0)
    assert await stop(tasks, within_s=0.1) == {tasks[0]}
    release.set()
    await tasks[0]
    assert await stop([]) == set()


async def test_a_cancellation_that_a_library_kept_to_itself_is_heeded_at_the_next_turn() -> None:
    turns = 0

    async def loop() -> None:
        nonlocal turns
        while True:
            heed_cancellation()
            turns += 1
            try:
                await asyncio.sleep(0.01)
            except asyncio.CancelledError:
                turns += 100

    task = asyncio.create_task(loop())
    await asyncio.sleep(0.03)
    task.cancel()
    await asyncio.wait([task], timeout=2)
    assert task.cancelled()
    assert 100 <= turns < 200


def test_the_leaves_of_nested_groups() -> None:
    one, two, three = KeyError(1), KeyError(2), KeyError(3)
    assert list(leaves(ExceptionGroup("a", [one, ExceptionGroup("b", [two, three])]))) == [one, two, three]
    assert list(leaves(one)) == [one]


HANGING = """
import asyncio, time
from hub.watchdog import DEAF_EXIT_CODE, LoopWatchdog

async def main():
    async with LoopWatchdog(limit_s=0.5):
        await asyncio.sleep(0.1)
        time.sleep(60)

asyncio.run(main())
"""


async def test_a_process_whose_loop_hangs_ends_itself_and_says_where_it_hung() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HANGING, stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL
    )
    async with asyncio.timeout(20):
        _, told = await process.communicate()
    assert process.returncode == DEAF_EXIT_CODE
    assert b"process_ends_itself" in told
    assert b"line 8 in main" in told
