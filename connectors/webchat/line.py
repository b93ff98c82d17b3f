"""The Socket.IO server as web chat uses it: one namespace, typed. Forgetting the namespace would emit into `/`."""

from collections.abc import Mapping
from typing import Any

import socketio

NAMESPACE = "/visitor"


class Line:
    def __init__(self, server: socketio.AsyncServer) -> None:
        self._server = server

    async def emit(self, event: str, payload: Mapping[str, Any], *, to: str) -> None:
        """`to` is a sid or a room. Returns when it is queued for sending."""
        await self._server.emit(event, payload, to=to, namespace=NAMESPACE)

    async def join(self, sid: str, room: str) -> None:
        await self._server.enter_room(sid, room, namespace=NAMESPACE)

    async def end(self, sid: str) -> None:
        await self._server.disconnect(sid, namespace=NAMESPACE)


def room_of(address: tuple[str, str]) -> str:
    """Of one visitor, by account id and visitor id. Room names are global: always with the account."""
    return f"visitor:{address[0]}:{address[1]}"
