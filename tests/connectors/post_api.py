"""The sending side of the made-up channel of edge.py: a provider that can do to us whatever providers do.

`ledger` is what it accepted, in order: the truth that no reply may appear in twice.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

import orjson
from aiohttp import web
from pydantic import SecretStr

from connectors.base import AccountSettings, Connector, ConnectorContext, OutboundMessage, Sent
from hub.errors import CredentialsInvalid, OutcomeUnknown, SendRejected, SendThrottled, SendTransient
from hub.events import FailureReason
from tests.connectors.edge import PostOffice, PostSettings

TOKEN = "the-right-token"


@dataclass(frozen=True)
class Letter:
    to: str
    text: str
    attempt_id: UUID
    files: tuple[bytes, ...] = ()
    quoted: str | None = None


@dataclass
class PostApi:
    """`plan` decides over each letter: None accepts it, a status refuses it, "lost" accepts it and cuts the line,
    "cut" cuts the line without, "hang" waits for `gate`."""

    plan: Callable[[Letter], int | str | None] = lambda letter: None
    token: str = TOKEN
    retry_after_s: float = 3.0
    takes_s: float = 0.0
    ledger: list[Letter] = field(default_factory=list)
    seen: list[Letter] = field(default_factory=list)
    at_once: int = 0
    at_once_max: int = 0

    def __post_init__(self) -> None:
        self.gate = asyncio.Event()
        self.app = web.Application(client_max_size=8 * 1024 * 1024)
        self.app.router.add_post("/send", self._send)

    async def _send(self, request: web.Request) -> web.StreamResponse:
        body = orjson.loads(await request.read())
        files = tuple(bytes.fromhex(text) for text in body["files"])
        letter = Letter(body["to"], body["text"], UUID(body["attempt_id"]), files, body["quoted"])
        self.seen.append(letter)
        if request.headers.get("X-Token") != self.token:
            return web.Response(status=401)
        self.at_once += 1
        self.at_once_max = max(self.at_once_max, self.at_once)
        try:
            return await self._decide(request, letter)
        finally:
            self.at_once -= 1

    async def _decide(self, request: web.Request, letter: Letter) -> web.StreamResponse:
        decided = self.plan(letter)
        if isinstance(decided, int):
            return web.Response(status=decided, headers={"Retry-After": str(self.retry_after_s)})
        if decided == "hang":
            await self.gate.wait()
        if decided != "cut":
            self.ledger.append(letter)
        if decided in ("cut", "lost"):
            assert request.transport is not None
            request.transport.abort()
        await asyncio.sleep(self.takes_s)
        return web.Response(text=f"p-{letter.attempt_id}")

    @property
    def accepted(self) -> list[str]:
        return [letter.text for letter in self.ledger]


class SendingSettings(PostSettings):
    api_url: str
    api_token: SecretStr = SecretStr(TOKEN)


class SendingPostOffice(PostOffice):
    """Sends through PostApi."""

    settings_model: ClassVar[type[AccountSettings]] = SendingSettings

    def __init__(self, settings: SendingSettings, context: ConnectorContext) -> None:
        super().__init__(settings, context)
        self._url = settings.api_url
        self._headers = {"X-Token": settings.api_token.get_secret_value()}

    @classmethod
    def build(cls, settings: Any, context: ConnectorContext) -> Connector:
        return cls(settings, context)

    async def send(self, message: OutboundMessage) -> Sent:
        if message.text == "a bug":
            raise KeyError("what no connector should raise")
        body = {
            "to": message.identity,
            "text": message.text,
            "attempt_id": str(message.attempt_id),
            "files": [(await attachment.read()).hex() for attachment in message.attachments],
            "quoted": message.reply_to,
        }
        answer = await self.context.http.request("POST", f"{self._url}/send", json=body, headers=self._headers)
        if answer.status == 200:
            return Sent((answer.body.decode(),))
        if answer.status == 401:
            raise CredentialsInvalid("the token is not accepted", provider_code="401")
        if answer.status == 429:
            raise SendThrottled("too fast", retry_after_s=float(answer.headers["Retry-After"]))
        if answer.status == 503:
            raise SendTransient("the post office is closed")
        if answer.status == 400:
            raise SendRejected(FailureReason.OUTSIDE_WINDOW, "too late for a letter")
        raise OutcomeUnknown(f"HTTP {answer.status}")
