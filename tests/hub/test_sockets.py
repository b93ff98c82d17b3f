"""The Socket.IO server that all namespaces share: WebSocket only, and bounded whatever a client does."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
import socketio
from aiohttp import web
from aiohttp.test_utils import TestServer

from hub import sockets
from hub.sockets import MESSAGE_BYTES_MAX, SocketOutlet, Sweeper, socket_server

NAMESPACE = "/test"
CONNECT = f"40{NAMESPACE},"


class Echo(socketio.AsyncNamespace):
    """Knows who is there, and says back what it is told."""

    def __init__(self) -> None:
        super().__init__(NAMESPACE)  # type: ignore[no-untyped-call]  # the library is untyped
        self.sids: list[str] = []

    async def trigger_event(self, event: str, *args: Any) -> Any:
        if event == "connect":
            self.sids.append(args[0])
            return None
        if event == "disconnect":
            self.sids.remove(args[0])
            return None
        return args[1] if len(args) > 1 else None


class Place:
    def __init__(self, url: str, server: socketio.AsyncServer, echo: Echo) -> None:
        self.url = url
        self.server = server
        self.echo = echo
        self.outlet = SocketOutlet(server, NAMESPACE)


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    server, echo = socket_server(), Echo()
    server.register_namespace(echo)
    app = web.Application()
    server.attach(app)
    test_server = TestServer(app)
    await test_server.start_server()
    yield Place(str(test_server.make_url("/socket.io/?EIO=4&transport=websocket")), server, echo)
    await test_server.close()
    await server.shutdown()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def joined(place: Place, http: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
    socket = await http.ws_connect(place.url, max_msg_size=0)
    assert (await socket.receive_str()).startswith("0{")
    await socket.send_str(CONNECT)
    assert (await socket.receive_str()).startswith(CONNECT)
    return socket


async def until(condition: Callable[[], bool], *, within_s: float = 5.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_message_is_sent_to_those_named_as_plain_utf_8(place: Place, http: aiohttp.ClientSession) -> None:
    first, second = await joined(place, http), await joined(place, http)
    place.outlet.send([place.echo.sids[1], "nobody"], "told", {"text": "Xin chào"})
    assert await second.receive_str() == '42/test,["told",{"text":"Xin chào"}]'
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await first.receive_str()


async def test_nothing_is_compressed(place: Place, http: aiohttp.ClientSession) -> None:
    socket = await http.ws_connect(place.url, compress=15)
    assert socket.compress == 0
    assert (await socket.receive_str()).startswith("0{")
    await socket.close()


async def test_polling_is_refused(place: Place, http: aiohttp.ClientSession) -> None:
    async with http.get(place.url.replace("websocket", "polling")) as answer:
        assert answer.status == 400


async def test_whoever_takes_nothing_is_dropped_and_nobody_else(
    place: Place, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "WAITING_MAX", 50)
    unread = await joined(place, http)
    reading = await joined(place, http)
    slow, quick = place.echo.sids
    got = 0
    for number in range(400):
        place.outlet.send([slow, quick], "told", {"number": number, "ballast": "x" * 50_000})
        assert (await reading.receive_str()).startswith("42/test,")
        got += 1
    assert got == 400
    await until(lambda: place.echo.sids == [quick])
    assert place.outlet.waiting(slow) is None
    assert place.outlet.waiting(quick) == 0
    await unread.close()


async def test_a_message_that_is_too_large_ends_the_connection(place: Place, http: aiohttp.ClientSession) -> None:
    socket = await joined(place, http)
    await socket.send_str(f'42{NAMESPACE},["x","{"y" * (MESSAGE_BYTES_MAX + 1)}"]')
    await until(lambda: place.echo.sids == [])


async def test_nonsense_on_the_wire_harms_nobody_else(place: Place, http: aiohttp.ClientSession) -> None:
    steady = await joined(place, http)
    for nonsense in (
        "",
        "4",
        "49",
        "42/test,{",
        "42/test,[]",
        "45-/test,",
        "451-/test,[{}]",
        "9",
        "\0",
        "42/other,[1]",
    ):
        socket = await joined(place, http)
        await socket.send_str(nonsense)
        await socket.close()
    await steady.send_str(f'42{NAMESPACE},7["ask",{{"still":"there"}}]')
    assert await steady.receive_str() == '43/test,7[{"still":"there"}]'


async def test_whoever_joins_nothing_is_swept_out(place: Place, http: aiohttp.ClientSession) -> None:
    sweeper = Sweeper(place.server)
    loitering = await http.ws_connect(place.url)
    await loitering.receive_str()
    steady = await joined(place, http)
    now = time.monotonic()
    sweeper.sweep(now)
    sweeper.sweep(now + 5)
    assert len(place.server.environ) == 2
    sweeper.sweep(now + 11)
    await until(lambda: len(place.server.environ) == 1)
    await steady.send_str(f'42{NAMESPACE},1["ask",1]')
    assert await steady.receive_str() == "43/test,1[1]"


async def test_no_list_of_origins_switches_the_check_off() -> None:
    server = socket_server()
    assert server.eio.cors_allowed_origins not in ("*", [])
    assert server.eio.cors_credentials is False
    assert server.eio.transports == ["websocket"]
