"""The Socket.IO server as web chat uses it: one namespace, bounded, typed."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

import socketio

from hub.sockets import SocketOutlet

NAMESPACE = "/visitor"


class Line:
    """Who does not read what is sent is dropped: see hub.sockets."""

    def __init__(self, server: socketio.AsyncServer) -> None:
        self._server = server
        self._outlet = SocketOutlet(server, NAMESPACE)

    def send(self, sids: Iterable[str], event: str, payload: Mapping[str, Any]) -> None:
        """Queued when it returns."""
        self._outlet.send(list(sids), event, payload)

    async def end(self, sid: str) -> None:
        """The connection under it is closed by the client, or swept away."""
        await self._server.disconnect(sid, namespace=NAMESPACE)

    def drop(self, sid: str) -> None:
        """At once, without a word: the widget comes back, here or elsewhere."""
        self._outlet.drop(sid, "stopping")

    def soon(self, action: Callable[[], Awaitable[None]]) -> None:
        """After what is being answered right now was answered. The server keeps the task, and awaits it at its end."""

        async def later() -> None:
            await asyncio.sleep(0)
            await action()

        self._server.start_background_task(later)
