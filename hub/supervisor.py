"""Runs the long tasks of a process, starts failed ones again, and stops them in order when told to."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from hub.batch import Pace, pause
from hub.log import explain, get_logger
from hub.metrics import TASK_RESTARTS
from hub.tasks import stop

STOP_EACH_S = 8.0  # for one task; then the next is told, while this one may still finish
RESTART_PACE = Pace(backoff_s=0.2, backoff_max_s=5.0)
HEALTHY_AFTER_S = 60.0  # a task that ran so long starts again without a long pause
STUCK_EXIT_CODE = 75  # EX_TEMPFAIL of sysexits.h: we did not stop in time

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class LongTask:
    """`run` ends when cancelled. `restarts`: it is started again when it fails; otherwise its failure ends all.

    A task that returns by itself has done its work.
    """

    name: str
    run: Callable[[], Awaitable[None]]
    restarts: bool = True


async def run_all(
    tasks: Sequence[LongTask],
    *,
    stop_within_s: float = 20.0,
    signals: Sequence[signal.Signals] = (signal.SIGTERM, signal.SIGINT),
    give_up: Callable[[int], None] = os._exit,
) -> None:
    """Until a signal, the failure of a task without restarts, or all have returned.

    `tasks` stand in the order of their start and are stopped from the last to the first: so put what others need
    first, and the door (HTTP) last. What has not ended after `stop_within_s` is named in the log and `give_up` is
    called with STUCK_EXIT_CODE: nothing is lost by that, since nothing acknowledged is only in memory.
    """
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    for number in signals:
        loop.add_signal_handler(number, told.set)
    running = {task.name: asyncio.create_task(_supervised(task), name=task.name) for task in tasks}
    try:
        await _until(told, running)
    finally:
        await _stop_in_order(running, stop_within_s, give_up)
        for number in signals:
            loop.remove_signal_handler(number)
    for task in running.values():
        if task.done() and not task.cancelled():
            task.result()


async def _until(told: asyncio.Event, running: "dict[str, asyncio.Task[None]]") -> None:
    """Returns when `told`, when one failed, or when all have returned."""
    waiter = asyncio.create_task(told.wait())
    try:
        pending: set[asyncio.Task[None]] = set(running.values())
        while pending and not told.is_set():
            done, _ = await asyncio.wait({*pending, waiter}, return_when=asyncio.FIRST_COMPLETED)
            pending -= done
            if any(task is not waiter and (task.cancelled() or task.exception() is not None) for task in done):
                return
    finally:
        await stop([waiter])


async def _supervised(task: LongTask) -> None:
    clock = asyncio.get_running_loop()
    attempt = 0
    while True:
        began = clock.time()
        try:
            await task.run()
            return
        except Exception as error:
            log.exception("task_failed", task=task.name, restarts=task.restarts)
            if not task.restarts:
                raise
            attempt = 1 if clock.time() - began > HEALTHY_AFTER_S else attempt + 1
            TASK_RESTARTS.labels(task=task.name).inc()
            log.info("task_restarts", task=task.name, attempt=attempt, reason=explain(error))
            await asyncio.sleep(pause(attempt, RESTART_PACE))


async def _stop_in_order(
    running: "dict[str, asyncio.Task[None]]", within_s: float, give_up: Callable[[int], None]
) -> None:
    clock = asyncio.get_running_loop()
    until = clock.time() + within_s
    for name in reversed(running):
        left_s = max(0.0, until - clock.time())
        if await stop([running[name]], within_s=min(STOP_EACH_S, left_s)):
            log.warning("task_stops_slowly", task=name)
    left = {task for task in running.values() if not task.done()}
    if left:
        await asyncio.wait(left, timeout=max(0.0, until - clock.time()))
    if stuck := [name for name, task in running.items() if not task.done()]:
        log.error("tasks_do_not_stop", tasks=stuck, within_s=within_s)
        give_up(STUCK_EXIT_CODE)
