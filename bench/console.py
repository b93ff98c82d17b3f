"""A console as a browser would be one: HTTP API and live socket, without React."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import orjson

from bench.people import Person
from bench.report import CannotMeasure

ANSWER_S = 15.0
NAMESPACE = "/agent"
MESSAGE_BYTES_MAX = 4 * 1024 * 1024

Told = Callable[[str, dict[str, Any]], None]  # name of the message, its content


class Console:
    """One signed-in person. `own` the session: it may be shared by many consoles."""

    def __init__(self, session: aiohttp.ClientSession, port: int, person: Person) -> None:
        self.person = person
        self._session = session
        self._root = f"http://localhost:{port}"
        # To this very machine the hub's cookie is Secure, so no cookie jar would send it over plain HTTP.
        self.headers = {
            "Cookie": f"__Host-onethread={person.token}",
            "Origin": self._root,
            "X-CSRF-Token": person.csrf,
        }

    async def get(self, path: str, **query: str | int) -> Any:
        """Raises CannotMeasure for anything but 200, aiohttp.ClientError when there is no answer."""
        return await self._call("GET", path, params=query)

    async def post(self, path: str, body: Any = None) -> Any:
        return await self._call("POST", path, json=body)

    async def put(self, path: str, body: Any) -> Any:
        return await self._call("PUT", path, json=body)

    async def snapshot(self) -> dict[str, Any]:
        snapshot: dict[str, Any] = await self.get("/snapshot")
        return snapshot

    async def available(self) -> None:
        await self.put("/presence", {"status": "available"})

    async def _call(self, method: str, path: str, **how: Any) -> Any:
        timeout = aiohttp.ClientTimeout(total=ANSWER_S)
        url = f"{self._root}/api/v1{path}"
        async with self._session.request(method, url, headers=self.headers, timeout=timeout, **how) as answer:
            body = await answer.read()
            if answer.status >= 300:
                raise Refused(f"{method} {path}: {answer.status} {body[:300]!r}", answer.status)
            return orjson.loads(body) if body else None

    @asynccontextmanager
    async def live(self, on_message: Told, *, cursor: str | None = None) -> AsyncIterator["LiveSocket"]:
        """Connected and caught up. Raises CannotMeasure or aiohttp.ClientError when it cannot be."""
        socket = LiveSocket(self._session, self._root, self.headers, on_message)
        await socket.connect(self.person.csrf, cursor)
        try:
            yield socket
        finally:
            await socket.close()


class Refused(CannotMeasure):
    def __init__(self, what: str, status: int) -> None:
        super().__init__(what)
        self.status = status


class LiveSocket:
    """Socket.IO 5 over Engine.IO 4, as far as the console needs it: one namespace, JSON, acknowledgements."""

    def __init__(self, session: aiohttp.ClientSession, root: str, headers: dict[str, str], on_message: Told) -> None:
        self.lost = asyncio.Event()
        self._session = session
        self._url = f"{root.replace('http', 'ws', 1)}/socket.io/?EIO=4&transport=websocket"
        self._headers = headers
        self._on_message = on_message
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reading: asyncio.Task[None] | None = None
        self._synced = asyncio.Event()
        self._acks: dict[int, asyncio.Future[Any]] = {}
        self._next_ack = 0

    async def connect(self, csrf: str, cursor: str | None) -> None:
        """Returns after `sync` or `reload`; what was missed has been given to `on_message` by then."""
        auth = {"csrf": csrf} | ({"cursor": cursor} if cursor else {})
        async with asyncio.timeout(ANSWER_S):
            self._socket = await self._session.ws_connect(
                self._url, headers=self._headers, max_msg_size=MESSAGE_BYTES_MAX, compress=0
            )
            await self._word(self._socket)  # Engine.IO open: its intervals do not concern us
            await self._socket.send_str(f"40{NAMESPACE},{orjson.dumps(auth).decode()}")
            answer = await self._word(self._socket)
            if not answer.startswith(f"40{NAMESPACE},"):
                await self._socket.close()
                raise CannotMeasure(f"the live socket was refused: {answer[:300]}")
            self._reading = asyncio.create_task(self._read(self._socket), name="live socket")
            await self._synced.wait()
        if self.lost.is_set():
            raise CannotMeasure("the live socket was closed while it caught up")

    async def ask(self, event: str, data: Any) -> dict[str, Any]:
        """Sends an event and awaits its acknowledgement."""
        if self._socket is None:
            raise CannotMeasure("the live socket is not connected")
        self._next_ack += 1
        number = self._next_ack
        self._acks[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_str(f"42{NAMESPACE},{number}{orjson.dumps([event, data]).decode()}")
        async with asyncio.timeout(ANSWER_S):
            answer: dict[str, Any] = await self._acks[number]
        return answer

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])

    async def _word(self, socket: aiohttp.ClientWebSocketResponse) -> str:
        message = await socket.receive()
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise CannotMeasure(f"the live socket was closed while it connected: {message.type.name} {message.data}")
        text: str = message.data
        return text

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        try:
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    await self._take(socket, message.data)
        finally:
            self.lost.set()
            self._synced.set()
            for ack in self._acks.values():
                if not ack.done():
                    ack.set_exception(CannotMeasure("the live socket was closed"))

    def _hear(self, name: str, content: dict[str, Any]) -> None:
        if name == "bundle":
            for message in content["messages"]:
                self._on_message("event" if "type" in message else "row", message)
            return
        self._on_message(name, content)
        if name in {"sync", "reload"}:
            self._synced.set()

    async def _take(self, socket: aiohttp.ClientWebSocketResponse, text: str) -> None:
        kind = text[:2]
        if text == "2":
            await socket.send_str("3")
        elif kind == "42":
            name, content = orjson.loads(text[text.index("[") :])
            self._hear(name, content)
        elif kind == "43":
            head, _, body = text.partition("[")
            ack = self._acks.pop(int(head.rpartition(",")[2]))
            if not ack.done():
                ack.set_result(orjson.loads(f"[{body}")[0])
        elif kind == "41":
            await socket.close()
