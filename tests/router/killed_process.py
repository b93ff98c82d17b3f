"""A process that carries out rules, notices silence, wakes and calls webhooks until it is killed, or kills itself right
before or after the first commit of a part that changes anything:

    python -m tests.router.killed_process DATABASE_URL PARTS [PART:before|after]
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from connectors.fetching import Fetcher, FetchRules
from connectors.webhook_calls import WebhookCalls, WebhookPace
from hub.clock import SystemClock
from hub.events import CONVERSATIONS
from hub.service import Consumer
from router.automation import silence
from router.automation.engine import GROUP, Automations
from router.plan.book import PlanBook
from router.service import Router
from storage.log import SqliteLog
from storage.unit_of_work import UnitOfWork, Units
from tests import databases

PACE = WebhookPace(workers=1, answer_s=30.0, lease_s=0.5, look_s=0.05)


class Mortal(Units):
    """Its process dies at the first commit of an effect, if `at` says when."""

    def __init__(self, units: Units, at: str | None) -> None:
        super().__init__(units.database, units.clock, partitions=units.partitions)
        self.on_commit = units.on_commit
        self._at = at

    @asynccontextmanager
    async def begin(self, *, urgent: bool = False) -> AsyncIterator[UnitOfWork]:
        async with super().begin(urgent=urgent) as work:
            commit = work.commit

            async def die() -> None:
                if work.published and self._at == "after":
                    await commit()
                if work.published and self._at is not None:
                    os.kill(os.getpid(), signal.SIGKILL)
                await commit()

            work.commit = die  # type: ignore[method-assign]  # the moment is the test
            yield work


async def _carry_out(units: Units, bus: SqliteLog) -> None:
    engine = Automations(units)
    await Consumer(bus, units, GROUP, [CONVERSATIONS], engine.handle, concerns=engine.concerns).run()


async def _notice_silence(units: Units, _: SqliteLog) -> None:
    book = PlanBook()
    while True:
        async with units.database.reading() as connection:
            plans = await book.current(connection, units.clock)
        await silence.look(units, plans)
        await asyncio.sleep(0.05)


async def _route(units: Units, bus: SqliteLog) -> None:
    await Router(bus, units, f"router-{os.getpid()}").run()


async def _call(units: Units, _: SqliteLog) -> None:
    fetcher = Fetcher(FetchRules(loopback_allowed=True))
    await fetcher.start()
    await WebhookCalls(units, fetcher, [b"k" * 32], pace=PACE).run()


PARTS: dict[str, Callable[[Units, SqliteLog], Coroutine[Any, Any, None]]] = {
    "automation": _carry_out,
    "silence": _notice_silence,
    "router": _route,
    "webhooks": _call,
}


async def main(url: str, parts: str, dies: str = ":") -> None:
    who, _, at = dies.partition(":")
    clock = SystemClock()
    async with databases.opened(url, clock) as units, asyncio.TaskGroup() as tasks:
        bus = SqliteLog(units.database, units, clock, units.partitions)
        await bus.start()
        for part in parts.split(","):
            tasks.create_task(PARTS[part](Mortal(units, at if part == who else None), bus))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
