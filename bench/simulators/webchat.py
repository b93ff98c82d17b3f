"""A visitor of a shop's web chat, and the shop's page, for tests and the demo.

Speaks the widget's wire (HTTP, Engine.IO 4, Socket.IO 5) by itself and shares no line with the hub or the widget, so
that none of the three makes the same mistake as another.
"""

import asyncio
import contextlib
import io
import json
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote

import aiohttp

ANSWER_S = 10.0
BUSY_PAUSES_S = (0.5, 1.0, 2.0)
NAMESPACE = "/visitor"

T = TypeVar("T")


class Refused(Exception):
    """The hub said no. `code` is its word for why."""

    def __init__(self, code: str, answer: Mapping[str, Any]) -> None:
        super().__init__(code)
        self.code = code
        self.answer = answer


class SocketLine:
    """One websocket with namespace /visitor joined. `frames` gets every text frame that came, in order."""

    def __init__(self, hub_url: str, origin: str) -> None:
        self._hub_url = hub_url
        self._origin = origin
        self._session: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reader: asyncio.Task[None] | None = None
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._joined: asyncio.Future[dict[str, Any]] | None = None
        self._count = 0
        self.frames: list[str] = []
        self.events: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        self.ended = asyncio.Event()

    async def open(self) -> None:
        """Up to the Engine.IO handshake. Raises aiohttp.ClientError."""
        self._session = aiohttp.ClientSession()
        url = f"{self._hub_url}/socket.io/?EIO=4&transport=websocket"
        try:
            self._socket = await self._session.ws_connect(url, origin=self._origin, timeout=_closing())
        except BaseException:
            await self._session.close()
            raise
        self._reader = asyncio.create_task(self._read(self._socket))

    async def join(self, auth: Mapping[str, Any] | None) -> dict[str, Any]:
        """Raises Refused."""
        self._joined = asyncio.get_running_loop().create_future()
        await self.send_frame(f"40{NAMESPACE}," + (json.dumps(auth) if auth is not None else ""))
        async with asyncio.timeout(ANSWER_S):
            return await self._joined

    async def call(self, event: str, *payload: Any) -> Any:
        """What the hub acknowledged with. Raises TimeoutError, ConnectionError."""
        self._count += 1
        waiter = self._waiting[self._count] = asyncio.get_running_loop().create_future()
        await self.send_frame(f"42{NAMESPACE},{self._count}" + json.dumps([event, *payload]))
        async with asyncio.timeout(ANSWER_S):  # wait_for may keep a cancellation to itself before Python 3.12
            return await waiter

    async def send_frame(self, frame: str) -> None:
        if self._socket is None:
            raise ConnectionError("not connected")
        await self._socket.send_str(frame)

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.wait([self._reader])
        if self._session is not None:
            await self._session.close()

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        try:
            async for frame in socket:
                if frame.type is not aiohttp.WSMsgType.TEXT:
                    break
                self.frames.append(frame.data)
                if frame.data.startswith(f"41{NAMESPACE}"):
                    break
                if frame.data == "2":
                    await socket.send_str("3")
                else:
                    self._take(frame.data)
        finally:
            self.ended.set()
            await socket.close()
            for waiter in [*self._waiting.values(), self._joined]:
                if waiter is not None and not waiter.done():
                    waiter.set_exception(ConnectionError("the socket ended"))
                    waiter.exception()  # nobody may be waiting any more

    def _take(self, frame: str) -> None:
        kind, rest = frame[:2], frame[2:].partition(",")[2]
        if kind == "40" and self._joined is not None and not self._joined.done():
            self._joined.set_result(json.loads(rest))
        elif kind == "44" and self._joined is not None and not self._joined.done():
            refusal = json.loads(rest)
            self._joined.set_exception(Refused(refusal.get("message", ""), refusal))
        elif kind == "42":
            event, *payload = json.loads(rest)
            self.events.put_nowait((event, payload[0] if payload else None))
        elif kind == "43":
            number, bracket, answer = rest.partition("[")
            waiter = self._waiting.pop(int(number), None)
            if waiter is not None and not waiter.done():
                waiter.set_result((json.loads(bracket + answer) or [None])[0])


@dataclass
class ScriptedVisitor:
    """One browser: remembers its resume token over `leave` and `arrive`, as a shop's page does.

    `messages` are what it was shown, by seq. `on_message` is called for each new one of the shop.
    """

    hub_url: str
    key: str
    page_url: str = "http://localhost/"
    locale: str = "vi"
    acknowledges: bool = True
    on_message: Callable[[Mapping[str, Any]], None] | None = None
    token: str | None = None
    user_jwt: str | None = None
    access: str = ""
    boot_answer: dict[str, Any] = field(default_factory=dict)
    messages: dict[int, dict[str, Any]] = field(default_factory=dict)
    last_seq: int = 0
    seen_seq: int = 0
    agent_types: bool = False

    def __post_init__(self) -> None:
        self.line: SocketLine | None = None
        self._pump: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    async def arrive(self) -> None:
        """Boots and connects. Raises Refused."""
        await self.boot()
        await self.connect()

    async def boot(self, **more: Any) -> dict[str, Any]:
        body = {"key": self.key, "page": {"url": self.page_url, "title": "Cửa hàng"}, "locale": self.locale, **more}
        if self.token:
            body["token"] = self.token
        if self.user_jwt:
            body["user_jwt"] = self.user_jwt
        answer = self.boot_answer = await self._patiently(lambda: self.request("POST", "/w/v1/boot", json=body))
        self.token, self.access = answer["token"], answer["access"]
        self.seen_seq = answer["seen_seq"]
        for message in answer["messages"]:
            self._keep(message)
        return answer

    async def connect(self) -> None:
        await self._patiently(self._connect)

    async def _connect(self) -> None:
        self.line = SocketLine(self.hub_url, self.hub_url)
        await self.line.open()
        try:
            await self.line.join({"token": self.access, "last_seq": self.last_seq, "locale": self.locale})
        except BaseException:
            await self.line.close()
            raise
        self._pump = asyncio.create_task(self._listen(self.line))

    async def leave(self) -> None:
        """Closes the page. The conversation goes on with the next `arrive`."""
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.wait([self._pump])
        if self.line is not None:
            await self.line.close()
        self.line = self._pump = None

    async def say(
        self, text: str, *, client_id: str | None = None, attachments: list[str] | None = None, retry: bool = False
    ) -> dict[str, Any]:
        """The ack. Raises Refused, TimeoutError, ConnectionError."""
        message: dict[str, Any] = {"client_id": client_id or str(uuid.uuid4()), "text": text, "page_url": self.page_url}
        if attachments:
            message["attachments"] = attachments
        if retry:
            message["retry"] = True
        answer: dict[str, Any] = await self._line().call("message.send", message)
        if not answer.get("ok"):
            raise Refused(answer.get("code", ""), answer)
        return answer

    async def introduce(self, name: str, phone: str, *, consent_version: str | None = "1") -> None:
        """Fills the form before the chat. Raises Refused."""
        form = {"client_id": str(uuid.uuid4()), "name": name, "phone": phone, "page_url": self.page_url}
        if consent_version is not None:
            form["consent_version"] = consent_version
        await self.request("POST", "/w/v1/profile", json=form, token=self.access)

    async def upload(self, content: bytes, name: str) -> str:
        """The ticket for `say(attachments=…)`. Raises Refused."""
        path = f"/w/v1/uploads?name={quote(name)}"
        return str((await self.request("POST", path, data=content, token=self.access))["upload_id"])

    async def type(self, *, on: bool = True) -> None:
        await self._line().call("typing", {"on": on})

    async def received(self, seq: int) -> Any:
        return await self._line().call("received", {"seq": seq})

    async def read(self, seq: int) -> Any:
        return await self._line().call("read", {"seq": seq})

    async def until(self, condition: Callable[["ScriptedVisitor"], bool], *, within_s: float = ANSWER_S) -> None:
        """Returns when `condition` holds for what was shown so far. Raises TimeoutError."""
        async with asyncio.timeout(within_s):
            while not condition(self):
                self._changed.clear()
                await self._changed.wait()

    def texts(self) -> list[str | None]:
        """What the visitor reads, from top to bottom."""
        return [self.messages[seq].get("text") for seq in sorted(self.messages) if not self.messages[seq]["hidden"]]

    async def request(
        self, method: str, path: str, *, json: Any = None, data: bytes | None = None, token: str | None = None
    ) -> dict[str, Any]:
        """Raises Refused."""
        headers = {"Origin": self.hub_url} | ({"Authorization": f"Bearer {token}"} if token else {})
        timeout = aiohttp.ClientTimeout(total=ANSWER_S)
        body = io.BytesIO(data) if data is not None else None
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.request(method, self.hub_url + path, json=json, data=body, headers=headers) as response,
        ):
            answer: dict[str, Any] = await response.json(content_type=None)
            if response.status >= 300:
                raise Refused(answer.get("code", str(response.status)), answer)
            return answer

    async def _patiently(self, step: Callable[[], Awaitable[T]]) -> T:
        """A busy hub is asked again, as the widget does."""
        for pause_s in BUSY_PAUSES_S:
            try:
                return await step()
            except Refused as refused:
                if refused.code != "unavailable":
                    raise
            await asyncio.sleep(pause_s)
        return await step()

    def _line(self) -> SocketLine:
        if self.line is None:
            raise ConnectionError("arrive first")
        return self.line

    async def _listen(self, line: SocketLine) -> None:
        while True:
            event, payload = await line.events.get()
            if event == "sync":
                self.seen_seq = max(self.seen_seq, payload["seen_seq"])
                for message in payload["messages"]:
                    self._keep(message)
            elif event in ("message.created", "message.updated"):
                self._keep(payload)
            elif event == "seen":
                self.seen_seq = max(self.seen_seq, payload["seq"])
            elif event == "typing":
                self.agent_types = payload["on"]
            self._changed.set()
            if self.acknowledges and event in ("sync", "message.created") and self.last_seq:
                with contextlib.suppress(ConnectionError, TimeoutError):
                    await self.read(self.last_seq)

    def _keep(self, message: dict[str, Any]) -> None:
        seq = message["seq"]
        is_new = seq not in self.messages
        self.messages[seq] = message
        while self.last_seq + 1 in self.messages or (not self.last_seq and self.messages):
            self.last_seq = self.last_seq + 1 if self.last_seq else min(self.messages)
        if is_new and message["author"]["kind"] == "agent" and self.on_message is not None:
            self.on_message(message)


def _closing() -> aiohttp.ClientWSTimeout:
    return aiohttp.ClientWSTimeout(ws_close=2.0)
