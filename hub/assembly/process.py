"""One running process: everything of its roles behind one port, until it is told to stop.

Stopping (SIGTERM, SIGINT): no new connections, requests in flight are answered, long tasks end in order, the log
flushes. What was not finished comes again after the next start; kill -9 is as safe, only less polite.
"""

import asyncio
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from aiohttp import web

from hub.assembly import garbage
from hub.assembly.alone import alone
from hub.assembly.ground import Ground, open_ground
from hub.assembly.health import health_routes
from hub.assembly.parts import Part
from hub.assembly.roles import parts_of
from hub.errors import Transient
from hub.settings import Settings
from hub.supervisor import LongTask, run_all
from hub.watchdog import LoopWatchdog

ANSWER_S = 5.0  # for requests in flight when we stop
KEEPALIVE_S = 75.0
BACKLOG = 1024


@dataclass(frozen=True, slots=True)
class Running:
    """A process that serves. `own_url` is where it listens, with the port it got; `url` how others reach it."""

    ground: Ground
    own_url: str

    @property
    def url(self) -> str:
        return self.ground.settings.url or self.own_url


Company = Callable[[Running], Sequence[LongTask]]


async def serve(
    settings: Settings, *, announce: Callable[[Running], None], company: Company = lambda running: ()
) -> None:
    """Until SIGTERM or SIGINT. `announce` is called once it serves; `company`: long tasks that want a serving hub."""
    with alone(settings):
        async with LoopWatchdog(), open_ground(settings) as ground:
            port = _Port(settings)
            try:
                running = Running(ground, port.url)
                part = parts_of(running.ground, running.url)
                door = LongTask("door", partial(_door, port, ground, part, partial(announce, running)), restarts=False)
                tasks = [LongTask(name, run) for name, run in part.tasks.items()]
                await run_all([*tasks, door, *company(running)], stop_within_s=settings.stop_within_s)
            finally:
                port.close()


async def _door(port: "_Port", ground: Ground, part: Part, announce: Callable[[], None]) -> None:
    """Serves until cancelled."""
    app = web.Application()
    app.add_routes(health_routes(ground, part.problems))
    app.add_routes(part.routes)
    for attach in part.attach:
        attach(app)
    runner = web.AppRunner(app, keepalive_timeout=KEEPALIVE_S, shutdown_timeout=ANSWER_S, access_log=None)
    await runner.setup()
    try:
        await web.SockSite(runner, port.socket, backlog=BACKLOG).start()
        garbage.settle()
        announce()
        await asyncio.Event().wait()
    finally:
        for action in part.at_stop:
            await action()
        await runner.cleanup()


class _Port:
    """Bound before anything else is built, so that the address is known and a taken port is told at once."""

    def __init__(self, settings: Settings) -> None:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        self.socket = socket.socket(family)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self.socket.bind((settings.host, settings.port))
            self.socket.listen(BACKLOG)  # who comes before the door is open waits a moment instead of being refused
        except OSError as error:
            self.socket.close()
            raise Transient(f"port {settings.port} of {settings.host} cannot be had: {error.strerror}") from error

    @property
    def url(self) -> str:
        host, port = self.socket.getsockname()[:2]
        shown = "localhost" if host in {"127.0.0.1", "0.0.0.0", "::", "::1"} else host
        return f"http://{shown}:{port}"

    def close(self) -> None:
        self.socket.close()
