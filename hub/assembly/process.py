"""One running process: everything of its roles behind one port, until it is told to stop or something ends it.

Stopping (SIGTERM, SIGINT): no new connections, requests in flight are answered, long tasks are cancelled and awaited,
the log flushes. What was not finished comes again after the next start; kill -9 is as safe, only less polite.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from hub.assembly.ground import Ground, open_ground
from hub.assembly.health import health_routes
from hub.assembly.parts import Part
from hub.assembly.roles import parts_of
from hub.log import get_logger
from hub.settings import Settings
from hub.tasks import stop
from hub.watchdog import LoopWatchdog

SHUTDOWN_S = 10.0  # for requests in flight and for long tasks, each
KEEPALIVE_S = 75.0
BACKLOG = 1024

log = get_logger(__name__)


@dataclass(slots=True)
class Running:
    """A process that serves. `url` is its own address, with the port it was given."""

    ground: Ground
    url: str
    _tasks: "set[asyncio.Task[None]]"

    async def until_over(self, told: asyncio.Event) -> None:
        """Returns when `told` is set. Raises what ended a long task before."""
        waiter = asyncio.create_task(told.wait(), name="told to stop")
        try:
            done, _ = await asyncio.wait({waiter, *self._tasks}, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {waiter}:
                log.error("task_ended", task=task.get_name())
                task.result()
                raise RuntimeError(f"{task.get_name()} came to an end")
        finally:
            await stop([waiter])


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Running]:
    """A process of these settings, ready to serve."""
    async with LoopWatchdog(), open_ground(settings) as ground:
        part = parts_of(ground)
        runner = web.AppRunner(
            _application(ground, part), keepalive_timeout=KEEPALIVE_S, shutdown_timeout=SHUTDOWN_S, access_log=None
        )
        await runner.setup()
        tasks: set[asyncio.Task[None]] = set()
        try:
            site = web.TCPSite(runner, settings.host, settings.port, backlog=BACKLOG)
            await site.start()
            tasks |= {asyncio.create_task(_run(task), name=name) for name, task in part.tasks.items()}
            yield Running(ground, _url(settings, runner), tasks)
        finally:
            for action in part.at_stop:
                await action()
            await runner.cleanup()
            left = await stop(tasks, within_s=SHUTDOWN_S)
            for task in left:
                log.error("task_does_not_stop", task=task.get_name())


async def serve(settings: Settings, *, announce: Callable[[Running], None]) -> None:
    """Until SIGTERM or SIGINT."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    async with running(settings) as process:
        announce(process)
        await process.until_over(told)
    log.info("stopped")


async def _run(task: Callable[[], object]) -> None:
    await task()  # type: ignore[misc]  # an awaitable by the definition of Task


def _application(ground: Ground, part: Part) -> web.Application:
    app = web.Application(client_max_size=1024 * 1024)
    app.add_routes(health_routes(ground, part.problems))
    app.add_routes(part.routes)
    return app


def _url(settings: Settings, runner: web.AppRunner) -> str:
    if settings.public_url:
        return settings.url
    host, port = runner.addresses[0][:2]
    shown = "localhost" if host in {"127.0.0.1", "0.0.0.0", "::"} else host
    return f"http://{shown}:{port}"
