"""A console that never gives up: it follows its live socket over lost connections and killed hubs."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from bench.console import Console, LiveSocket, Told
from bench.report import CannotMeasure

AGAIN_S = 0.1  # a browser's client waits longer; a rig has no time
STARTING_S = 30.0
TROUBLE = (CannotMeasure, aiohttp.ClientError, OSError, TimeoutError)


class Follower:
    """`run` until cancelled. `on_message` is told everything the socket says, `on_snapshot` every new beginning."""

    def __init__(self, console: Console, on_message: Told) -> None:
        self.console = console
        self.connections = 0
        self.reloads = 0
        self.cursor: str | None = None
        self.ready = asyncio.Event()
        self._tell = on_message

    async def run(self) -> None:
        while True:
            try:
                await self._follow()
            except TROUBLE:
                await asyncio.sleep(AGAIN_S)

    async def begin(self) -> None:
        """A snapshot. Overridden by who keeps more than a cursor."""
        self.cursor = (await self.console.snapshot())["cursor"]

    async def connected(self, socket: LiveSocket) -> None:
        """Called after each connection, caught up. Overridden by who watches conversations."""

    async def _follow(self) -> None:
        if self.cursor is None:
            await self.begin()
        async with self.console.live(self._take, cursor=self.cursor) as socket:
            self.connections += 1
            if self.cursor is not None:
                await self.connected(socket)
                self.ready.set()
                await socket.lost.wait()

    def _take(self, name: str, content: dict[str, Any]) -> None:
        if name == "reload":  # too much was missed: connect anew, from a snapshot
            self.reloads += 1
            self.cursor = None
        elif self.cursor is not None:
            self.cursor = content.get("cursor", self.cursor)
        self._tell(name, content)


@asynccontextmanager
async def following(*followers: Follower) -> AsyncIterator[None]:
    """All of them connected at the beginning, ended at the end. Raises CannotMeasure when one does not get there."""
    tasks = [asyncio.create_task(follower.run()) for follower in followers]
    try:
        async with asyncio.timeout(STARTING_S):
            await asyncio.gather(*(follower.ready.wait() for follower in followers))
        yield
    except TimeoutError as error:
        raise CannotMeasure("a console could not connect") from error
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
