"""The Socket.IO server, shared by all namespaces of a process: WebSocket only, bounded in both directions.

1. Each namespace checks the Origin itself (the console's page is our own, a shop's pages are on its list), so the
   library's check, one list for all, is given a function that lets pass; nothing but WebSocket is spoken, so no CORS
   header is ever at stake. The list "*", and an empty one, would switch checks off silently: they are not used.
2. What is sent to a socket waits in a queue that the library does not bound: `Outlet` does, and drops who is slow.
3. A connection that joined no namespace in time is nobody's: `sweep` ends it.
4. Messages are not compressed: a deflate window of 300 KiB for each of thousands of sockets costs more than it saves.
"""

import logging
import time
from collections.abc import Iterable
from typing import Any, Protocol, cast

import engineio.async_drivers.aiohttp
import engineio.packet
import orjson
import socketio
import socketio.packet
from aiohttp import web

from hub.metrics import counter, gauge

MESSAGE_BYTES_MAX = 64 * 1024  # from a client; files go by HTTP
PING_EVERY_S, PING_ANSWER_S = 20, 15
WAITING_MAX = 500  # messages or bundles for one socket
JOIN_S = 10.0

SLOW_SOCKETS = counter("sockets_dropped_total", "Sockets that were ended by us.", ["reason"])
SOCKETS = gauge("sockets_open", "Open sockets, by namespace.", ["namespace"])


class _Json:
    """The library wants json's signature and str."""

    @staticmethod
    def dumps(value: Any, **_: Any) -> str:
        return orjson.dumps(value).decode()

    @staticmethod
    def loads(text: str | bytes, **_: Any) -> Any:
        return orjson.loads(text)


def socket_server() -> socketio.AsyncServer:
    """One per process. `server.attach(app)` serves it under /socket.io/."""
    quiet = logging.getLogger("socketio.quiet")
    quiet.setLevel(logging.CRITICAL)  # what strangers send is logged as our errors, with their text, line by line
    server = socketio.AsyncServer(
        async_mode="aiohttp",
        transports=["websocket"],
        cors_allowed_origins=_each_namespace_checks,
        cors_credentials=False,
        ping_interval=PING_EVERY_S,
        ping_timeout=PING_ANSWER_S,
        max_http_buffer_size=MESSAGE_BYTES_MAX,
        json=_Json,
        logger=quiet,
        engineio_logger=quiet,
    )
    server.eio._async = {**server.eio._async, "websocket": _PlainWebSocket}  # the library has no setting for it
    return server


class _PlainWebSocket(engineio.async_drivers.aiohttp.WebSocket):
    """As the library's, without compression."""

    async def __call__(self, environ: dict[str, Any]) -> web.WebSocketResponse:
        self._sock = web.WebSocketResponse(max_msg_size=self.server.max_http_buffer_size, compress=False)
        await self._sock.prepare(environ["aiohttp.request"])
        self.environ = environ
        await self.handler(self)
        return self._sock


def _each_namespace_checks(_origin: str | None, _environ: dict[str, Any]) -> bool:
    return True


class Outlet(Protocol):
    """Where messages to sockets go. Tests have one of their own."""

    def send(self, sids: Iterable[str], event: str, message: Any) -> None: ...

    def waiting(self, sid: str) -> int | None: ...

    def drop(self, sid: str, reason: str) -> None: ...


class SocketOutlet:
    """Sends to sockets of one namespace. Never waits: a message is encoded once and put into each socket's queue."""

    def __init__(self, server: socketio.AsyncServer, namespace: str) -> None:
        self._server = server
        self._namespace = namespace

    def send(self, sids: Iterable[str], event: str, message: Any) -> None:
        """`message` is JSON-ready, orjson.Fragment included. Sockets that are gone are let pass, slow ones end."""
        packet = socketio.packet.Packet(
            socketio.packet.EVENT, namespace=self._namespace, data=[event, message], binary=False
        )
        encoded = engineio.packet.Packet(engineio.packet.MESSAGE, packet.encode())
        for sid in sids:
            socket = self._socket(sid)
            if socket is None:
                continue
            if socket.queue.qsize() >= WAITING_MAX:
                self.drop(sid, "slow")
            else:
                socket.queue.put_nowait(encoded)

    def waiting(self, sid: str) -> int | None:
        """How many messages it has not taken yet; None when it is gone."""
        socket = self._socket(sid)
        return None if socket is None else int(socket.queue.qsize())

    def drop(self, sid: str, reason: str) -> None:
        """Ends the connection under it, without a word: whoever does not read would not read that either."""
        socket = self._socket(sid)
        if socket is not None:
            SLOW_SOCKETS.labels(reason=reason).inc()
            _abort(self._server, socket.sid)

    def _socket(self, sid: str) -> Any:
        eio_sid = self._server.manager.eio_sid_from_sid(sid, self._namespace)
        socket = self._server.eio.sockets.get(eio_sid) if eio_sid else None
        return None if socket is None or socket.closed or socket.closing else socket


class Sweeper:
    """Ends connections that joined no namespace within JOIN_S. Call `sweep` every few seconds."""

    def __init__(self, server: socketio.AsyncServer) -> None:
        self._server = server
        self._first_seen: dict[str, float] = {}

    def sweep(self, now: float | None = None) -> None:
        now = time.monotonic() if now is None else now
        manager = self._server.manager
        joined = {
            eio_sid
            for namespace in manager.get_namespaces()
            for _, eio_sid in manager.get_participants(namespace, None)
        }
        idle = [eio_sid for eio_sid in self._server.environ if eio_sid not in joined]
        self._first_seen = {eio_sid: self._first_seen.get(eio_sid, now) for eio_sid in idle}
        for eio_sid, since in self._first_seen.items():
            if now - since >= JOIN_S:
                SLOW_SOCKETS.labels(reason="joined_nothing").inc()
                _abort(self._server, eio_sid)


def _abort(server: socketio.AsyncServer, eio_sid: str) -> None:
    environ = cast("dict[str, Any] | None", server.environ.get(eio_sid))
    transport = environ["aiohttp.request"].transport if environ else None
    if transport is not None:
        transport.abort()
