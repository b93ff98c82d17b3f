"""An agent's console as a program: it signs in, listens on the live socket, and keeps a screen as a browser does.

It shares no line with the hub or with the console's TypeScript, so that none of the three makes another's mistake.
"""

import asyncio
import contextlib
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any, TypeVar
from urllib.parse import quote

import aiohttp

from bench.console import LiveSocket
from bench.report import CannotMeasure

ANSWER_S = 15.0
COME_BACK_S = 0.2
HEARD_MAX = 20_000
API = "/api/v1"
ANOTHER_TIMELINE = frozenset({"hub.customer_merged.v1", "hub.customer_split.v1"})

T = TypeVar("T")
Json = dict[str, Any]


class Problem(Exception):
    """The hub said no. `code` is its word for why, `body` the whole answer."""

    def __init__(self, status: int, body: Json, request: str) -> None:
        super().__init__(f"{request}: {status} {body.get('code')}: {body.get('detail')} {body.get('faults') or ''}")
        self.status = status
        self.code = body.get("code")
        self.body = body


# What a line that broke looks like: gone, refused while the hub starts, or ended in the middle of a handshake.
BROKEN = (aiohttp.ClientError, aiohttp.WSMessageTypeError, CannotMeasure, Problem, TimeoutError, OSError)


@dataclass
class Screen:
    """Rows by conversation, timeline entries by conversation and touchpoint. Of two states the higher seq counts."""

    rows: dict[str, Json] = field(default_factory=dict)
    entries: dict[str, dict[str, Json]] = field(default_factory=dict)

    def take_row(self, row: Json) -> bool:
        """True when it was news."""
        known = self.rows.get(row["id"])
        if known is not None and known["seq"] >= row["seq"]:
            return False
        self.rows[row["id"]] = row
        return True

    def take_entry(self, conversation_id: str, entry: Json) -> None:
        """`conversation_id`: the one that tells of it. A timeline is its customer's, so it holds entries of others."""
        known = self.entries.setdefault(conversation_id, {})
        if entry["id"] not in known or known[entry["id"]]["seq"] <= entry["seq"]:
            known[entry["id"]] = entry

    def timeline(self, conversation_id: str) -> list[Json]:
        """From top to bottom."""
        return sorted(self.entries.get(conversation_id, {}).values(), key=lambda entry: int(entry["number"]))


class Console:
    """One tab of one agent. `sign_in`, then `open`; `close` at the end. Once open it comes back after every cut."""

    def __init__(self, url: str, login: str, password: str) -> None:
        self.url = url
        self.login = login
        self.me: Json = {}
        self.screen = Screen()
        self.cursor: str | None = None
        self.heard: deque[tuple[str, Json]] = deque(maxlen=HEARD_MAX)
        self.reloads: list[str] = []
        self.synced = 0
        self.on_message: Callable[[str, Json], None] = lambda kind, message: None
        self._password = password
        self._cookie = ""
        self._closing = False
        self._session: aiohttp.ClientSession | None = None
        self._line: LiveSocket | None = None
        self._watched: set[str] = set()
        self._keeper: asyncio.Task[None] | None = None
        self._may_connect = asyncio.Event()
        self._changed = asyncio.Event()

    # --- over HTTP ---------------------------------------------------------------------------------------------------

    async def sign_in(self) -> Json:
        """Who we are. Raises Problem."""
        self.me = await self.post("/sign-in", {"login": self.login, "password": self._password})
        return self.me

    def tab(self) -> "Console":
        """Another one of the same sign-in."""
        tab = Console(self.url, self.login, self._password)
        tab.me, tab._cookie = self.me, self._cookie
        return tab

    @property
    def cookie(self) -> tuple[str, str]:
        """Name and value, for a browser."""
        name, _, value = self._cookie.partition("=")
        return name, value

    @property
    def agent_id(self) -> str:
        return str(self.me["agent"]["id"])

    async def get(self, path: str, **query: Any) -> Any:
        return await self.call("GET", path, query=query)

    async def post(self, path: str, body: Any = None) -> Any:
        return await self.call("POST", path, json=body)

    async def put(self, path: str, body: Any) -> Any:
        return await self.call("PUT", path, json=body)

    async def patch(self, path: str, body: Any) -> Any:
        return await self.call("PATCH", path, json=body)

    async def upload(self, content: bytes, name: str) -> Json:
        uploaded: Json = await self.call("POST", f"/uploads?name={quote(name)}", data=content)
        return uploaded

    async def call(
        self, method: str, path: str, *, query: Mapping[str, Any] | None = None, json: Any = None, data: Any = None
    ) -> Any:
        """The answer's JSON; None for none; of a redirect, where it leads. Raises Problem, aiohttp.ClientError."""
        wanted = {name: str(value) for name, value in (query or {}).items() if value is not None}
        async with self._http().request(
            method, self.url + API + path, params=wanted or None, json=json, data=data, headers=self._headers(),
            allow_redirects=False,
        ) as answer:  # fmt: skip
            self._keep_cookie(answer)
            if answer.status in (302, 303, 307):
                return answer.headers["Location"]
            body = await answer.json(content_type=None) if answer.content_length != 0 and answer.status != 204 else None
            if answer.status >= 400:
                raise Problem(answer.status, body or {}, f"{method} {path}")
            return body

    async def fetch(self, address: str, **headers: str) -> tuple[int, Mapping[str, str], bytes]:
        """A file at an address of the hub: status, headers, bytes."""
        whole = address if "://" in address else self.url + address
        async with self._http().get(whole, headers=self._headers() | headers) as answer:
            return answer.status, answer.headers, await answer.read()

    # --- live --------------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Takes the snapshot and goes live from there."""
        await self.take_snapshot()
        self._may_connect.set()
        self._keeper = asyncio.create_task(self._keep_connected(), name=f"console of {self.login}")
        await self.until(lambda console: console.synced > 0, "the first sync")

    async def take_snapshot(self) -> Json:
        """A new screen. Conversations that were open in it are read anew."""
        snapshot: Json = await self.get("/snapshot")
        opened = list(self.screen.entries)
        self.screen = Screen()
        self.cursor = snapshot["cursor"]
        for row in snapshot["conversations"]:
            self.screen.take_row(row)
        for conversation_id in opened:
            await self.read(conversation_id)
        return snapshot

    async def read(self, conversation_id: str) -> Json:
        """Opens a conversation without watching it: its detail."""
        detail: Json = await self.get(f"/conversations/{conversation_id}")
        self.screen.take_row(detail["conversation"])
        newer = [e for e in self.screen.timeline(conversation_id) if e["seq"] > detail["conversation"]["seq"]]
        self.screen.entries[conversation_id] = {}
        for entry in [*detail["timeline"]["touchpoints"], *newer]:
            self.screen.take_entry(conversation_id, entry)
        return detail

    async def watch(self, conversation_id: str) -> Json:
        """Opens a conversation: from now on everything about it is told. Its detail."""
        await self._watch(self._joined(), conversation_id)
        self._watched.add(conversation_id)
        return await self.read(conversation_id)

    async def typing(self, conversation_id: str, *, on: bool = True) -> Json:
        ack: Json = await self._joined().ask("typing", {"conversation_id": conversation_id, "on": on})
        return ack

    async def cut(self) -> None:
        """The line breaks, and stays broken until `mend`."""
        self._may_connect.clear()
        if self._line is not None:
            await self._line.close()

    async def mend(self) -> None:
        """Comes back with the cursor it had, and has caught up when this returns."""
        seen = self.synced
        self._may_connect.set()
        await self.until(lambda console: console.synced > seen, "sync after the cut")

    async def until(self, condition: Callable[["Console"], T | None], what: str, *, within_s: float = ANSWER_S) -> T:
        """The first true value of `condition`, looked at after everything heard. Raises TimeoutError."""
        try:
            async with asyncio.timeout(within_s):
                while not (found := condition(self)):
                    self._changed.clear()
                    if self._keeper is not None and self._keeper.done():
                        await self._keeper
                    await self._changed.wait()
                return found
        except TimeoutError as error:
            raise TimeoutError(f"{self.login} waited {within_s:g} s in vain for {what}\n{self._shown()}") from error

    async def close(self) -> None:
        self._closing = True
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])
        if self._line is not None:
            await self._line.close()
        if self._session is not None:
            await self._session.close()

    async def _keep_connected(self) -> None:
        """Whatever breaks the line, it comes back; what the hub would not answer on the way counts as that, too."""
        try:
            while not self._closing:
                await self._may_connect.wait()
                with contextlib.suppress(*BROKEN):
                    await self._listen()
                await asyncio.sleep(COME_BACK_S)
        finally:
            self._changed.set()

    async def _listen(self) -> None:
        """Until the line breaks. Raises CannotMeasure when the hub refuses it."""
        heard: asyncio.Queue[tuple[str, Json] | None] = asyncio.Queue()
        line = LiveSocket(self._http(), self.url, self._headers(), lambda *message: heard.put_nowait(message))
        await line.connect(self.me["csrf"], self.cursor)
        self._line = line
        ended = asyncio.create_task(_tell_end(line, heard))
        try:
            for conversation_id in sorted(self._watched):
                seq = await self._watch(line, conversation_id)
                if seq > self.screen.rows[conversation_id]["seq"]:
                    await self._catch_up(conversation_id)
            while (message := await heard.get()) is not None:
                await self._take(*message)
        finally:
            ended.cancel()
            await line.close()

    async def _take(self, kind: str, message: Json) -> None:
        self.heard.append((kind, message))
        if kind == "event":
            await self._take_event(message["type"], message["event"])
        elif kind == "row":
            self.screen.take_row(message["conversation"])
        elif kind == "reload":
            self.reloads.append(message["reason"])
            await self.take_snapshot()
        self.cursor = message.get("cursor", self.cursor)
        if kind in ("sync", "reload"):
            self.synced += 1
        self.on_message(kind, message)
        self._changed.set()

    async def _take_event(self, kind: str, event: Json) -> None:
        row = event["conversation"]
        known = self.screen.rows.get(row["id"])
        if row["id"] in self._watched and known is not None and row["seq"] > known["seq"] + 1:
            await self._catch_up(row["id"])
        self.screen.take_row(row)
        if "touchpoint" in event:
            self.screen.take_entry(row["id"], event["touchpoint"])
        elif kind in ANOTHER_TIMELINE and row["id"] in self._watched:
            await self.read(row["id"])

    async def _catch_up(self, conversation_id: str) -> None:
        """Asks for what is missing in an open conversation."""
        after_seq = self.screen.rows[conversation_id]["seq"]
        changes: Json = await self.get(f"/conversations/{conversation_id}/changes", after_seq=after_seq)
        if changes["reload"]:
            await self.read(conversation_id)
            return
        for entry in changes["touchpoints"]:
            self.screen.take_entry(conversation_id, entry)
        self.screen.take_row(changes["conversation"])

    async def _watch(self, line: LiveSocket, conversation_id: str) -> int:
        """The conversation's seq. Raises CannotMeasure when the hub refuses it."""
        ack = await line.ask("watch", {"conversation_id": conversation_id})
        if not ack.get("ok"):
            raise CannotMeasure(f"watching {conversation_id} was refused: {ack}")
        return int(ack["seq"])

    # --- what agents do ----------------------------------------------------------------------------------------------

    async def be(self, presence: str) -> None:
        self.me = await self.put("/presence", {"status": presence})

    async def do(self, verb: str, conversation_id: str, body: Any = None) -> Json:
        """accept, decline, release, take, resolve, reopen, read: the row as it is then."""
        row: Json = await self.post(f"/conversations/{conversation_id}/{verb}", body)
        self.screen.take_row(row)
        self._changed.set()
        return row

    async def reply(self, conversation_id: str, identity_id: str, text: str | None, **more: Any) -> Json:
        """`more`: client_id, attachments, reply_to. The reply as a timeline entry."""
        body = {"identity_id": identity_id, "text": text, **more}
        body.setdefault("client_id", str(uuid.uuid4()))
        entry: Json = await self.post(f"/conversations/{conversation_id}/reply", body)
        self.screen.take_entry(conversation_id, entry)
        self._changed.set()
        return entry

    def _joined(self) -> LiveSocket:
        if self._line is None:
            raise ConnectionError("open the console first")
        return self._line

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_S))
        return self._session

    def _headers(self) -> dict[str, str]:
        signed_in = {"X-CSRF-Token": self.me["csrf"], "Cookie": self._cookie} if self.me else {}
        return {"Origin": self.url, **signed_in}

    def _keep_cookie(self, answer: aiohttp.ClientResponse) -> None:
        """By hand: it is marked Secure, which browsers allow on loopback and aiohttp's jar does not."""
        for line in answer.headers.getall("Set-Cookie", ()):
            for name, morsel in SimpleCookie(line).items():
                self._cookie = f"{name}={morsel.value}"

    def _shown(self) -> str:
        rows = [
            f"  {row['id']} seq {row['seq']} {row['status']} {row['customer_name']} {row['customer_phone']}"
            for row in self.screen.rows.values()
        ]
        heard = [f"  {kind} {message.get('type', '')}" for kind, message in list(self.heard)[-8:]]
        return "\n".join(["rows:", *rows[-20:], "heard last:", *heard])


async def _tell_end(line: LiveSocket, heard: "asyncio.Queue[tuple[str, Json] | None]") -> None:
    await line.lost.wait()
    heard.put_nowait(None)


async def insist(ask: Callable[[], Awaitable[T]], what: str, *, within_s: float = ANSWER_S, every_s: float = 0.05) -> T:
    """Asks until the answer is true. Raises TimeoutError."""
    loop = asyncio.get_running_loop()
    until = loop.time() + within_s
    while not (answer := await ask()):
        if loop.time() > until:
            raise TimeoutError(f"{what}: not within {within_s:g} s; the last answer was {answer!r}")
        await asyncio.sleep(every_s)
    return answer
