"""Faults that a simulated provider can be told to have, each for a number of requests."""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from aiohttp import web

HANG_S_MAX = 120.0

Way = Literal["answer", "hang", "drop", "accept_then_hang", "accept_then_drop", "accept_then_answer"]


@dataclass(frozen=True)
class Fault:
    """`accept_…` carries the request out first. `drop` cuts the connection. `path` "" is any path."""

    way: Way
    status: int = 500
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    path: str = ""
    times: int = 1

    @property
    def accepts(self) -> bool:
        return self.way.startswith("accept")


class Faults:
    """First in, first out, per path."""

    def __init__(self) -> None:
        self._waiting: deque[Fault] = deque()
        self._stopping = asyncio.Event()

    def add(self, fault: Fault) -> None:
        self._waiting.append(fault)

    def take(self, path: str) -> Fault | None:
        """The next fault for `path`, counted down. Each request asks once."""
        for place, fault in enumerate(self._waiting):
            if fault.path in path:
                if fault.times > 1:
                    self._waiting[place] = replace(fault, times=fault.times - 1)
                else:
                    del self._waiting[place]
                return fault
        return None

    def clear(self) -> None:
        self._waiting.clear()

    def release(self) -> None:
        """Ends all hanging requests, so that the server can stop."""
        self._stopping.set()

    async def suffer(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        """What the client gets to see."""
        if fault.way.endswith("hang"):
            try:
                await asyncio.wait_for(self._stopping.wait(), HANG_S_MAX)
            except TimeoutError:
                return web.Response(status=504)
        if not fault.way.endswith("answer"):
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        if isinstance(fault.body, str):
            return web.Response(status=fault.status, text=fault.body, headers=dict(fault.headers))
        return web.json_response(fault.body, status=fault.status, headers=dict(fault.headers))
