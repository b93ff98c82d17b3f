"""What the tests of the edge share: an account of a made-up channel, servers on loopback, a log that can fail."""

import asyncio
import hmac
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import orjson
from aiohttp import web
from pydantic import SecretStr

from connectors.accounts import ConnectorDirectory, plain_settings
from connectors.base import (
    AccountSettings,
    Capabilities,
    Connector,
    ConnectorContext,
    OutboundMessage,
    Parsed,
    RawRequest,
    Sent,
    WebhookAnswer,
)
from connectors.http import ProviderHttp
from connectors.ingress import BodyStore, Ingress, IngressLimits, Publisher
from connectors.limits import Network
from connectors.payload import read_json, unsupported
from hub.calls import CallRouting
from hub.clock import Clock, SystemClock
from hub.errors import BadInput, SignatureInvalid
from hub.events import Channel, Envelope, MessageReceived, TouchpointEvent
from storage import accounts as account_store
from storage.secrets import SecretBox
from storage.unit_of_work import Units

SECRET_KEY = "only-for-tests-0123456789-abcdefghij"
SIGNING_SECRET = "letters-of-the-provider"


class PostSettings(AccountSettings):
    signing_secret: SecretStr = SecretStr(SIGNING_SECRET)
    token: SecretStr = SecretStr("first")
    greeting: str = "Xin chào"


class PostOffice:
    """A channel small enough to see through: signed JSON letters in. It stands in Facebook's place."""

    channel: ClassVar[Channel] = Channel.FACEBOOK
    settings_model: ClassVar[type[AccountSettings]] = PostSettings
    capabilities: ClassVar[Capabilities] = Capabilities(can_send=True, text_chars_max=2000)
    built: ClassVar[int] = 0

    def __init__(self, settings: PostSettings, context: ConnectorContext) -> None:
        self.settings = settings
        self.context = context
        type(self).built += 1

    @classmethod
    def build(cls, settings: Any, context: ConnectorContext) -> "Connector":
        return cls(settings, context)

    def verify(self, request: RawRequest) -> None:
        given = request.headers.get("x-signature", "").encode(errors="replace")
        if not hmac.compare_digest(given, signature(request.body).encode()):
            raise SignatureInvalid("signature_invalid", "X-Signature does not match the body.")

    def parse(self, request: RawRequest) -> Parsed:
        if request.method == "GET":
            return Parsed(answer=WebhookAnswer(body=request.query.get("challenge", "").encode()))
        letters = read_json(request.body, 8 * 1024 * 1024).get("letters")
        if not isinstance(letters, list):
            raise BadInput("letters_missing", "There are no letters.", where="letters")
        answer = WebhookAnswer(status=202, body=request.remote.encode())
        try:
            return Parsed(events=[self._event(letter) for letter in letters], answer=answer)
        except (TypeError, KeyError, ValueError) as error:
            raise BadInput("letter_unreadable", f"A letter cannot be read: {error}.", where="letters") from error

    async def send(self, message: OutboundMessage) -> Sent:
        answer = await self.context.http.request("POST", "http://127.0.0.1:9/", json={"text": message.text})
        return Sent((str(answer.status),))

    def _event(self, letter: Mapping[str, Any]) -> TouchpointEvent:
        """A letter in verse is more than this channel can show: like the real ones it keeps an excerpt of it."""
        head: dict[str, Any] = {
            "account_id": self.context.account_id,
            "identity": letter["from"],
            "dedupe_key": letter["id"],
            "occurred_at": self.context.clock.now(),
        }
        if "verse" in letter:
            return unsupported(self.channel, head, "oversized", letter["verse"])
        return MessageReceived(channel=self.channel, provider_message_id=letter["id"], text=letter["text"], **head)


def signature(body: bytes) -> str:
    return hmac.digest(SIGNING_SECRET.encode(), body, "sha256").hex()


def letters(*texts: str, sender: str = "lan") -> bytes:
    return orjson.dumps({"letters": [{"id": f"m{i}", "from": sender, "text": text} for i, text in enumerate(texts)]})


class Shelf:
    """Where published events land. `trouble` is raised instead; `gate` holds every publish until it is set."""

    def __init__(self) -> None:
        self.events: list[Envelope[Any]] = []
        self.trouble: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.waiting = 0

    async def publish(self, events: Sequence[Envelope[Any]], *, deadline_s: float = 2.0) -> None:
        self.waiting += 1
        try:
            await self.gate.wait()
        finally:
            self.waiting -= 1
        if self.trouble is not None:
            raise self.trouble
        self.events.extend(events)

    @property
    def texts(self) -> list[str | None]:
        return [event.data.text for event in self.events]


class Drawer:
    """Bodies put aside, by name."""

    def __init__(self) -> None:
        self.bodies: dict[str, bytes] = {}

    async def put(self, content: bytes, *, mime: str, origin: str) -> str:
        name = f"blob{len(self.bodies)}"
        self.bodies[name] = content
        return name


def box() -> SecretBox:
    return SecretBox([SECRET_KEY])


async def add_account(units: Units, account_id: str = "post-main", **settings: Any) -> None:
    async with units.begin() as work:
        await account_store.add(
            work,
            box(),
            account_id=account_id,
            channel=Channel.FACEBOOK,
            display_name="Bưu điện",
            settings=plain_settings(PostSettings(**settings)),
        )
        await work.commit()


@asynccontextmanager
async def directory_of(
    units: Units, *, clock: Clock | None = None, kind: type[Connector] = PostOffice
) -> AsyncIterator[ConnectorDirectory]:
    http = ProviderHttp()
    await http.start()
    try:
        yield ConnectorDirectory(units, box(), http, clock or SystemClock(), connectors={kind.channel: kind})
    finally:
        await http.stop()


@asynccontextmanager
async def ingress_at(
    directory: ConnectorDirectory,
    bus: Publisher,
    bodies: BodyStore | None = None,
    *,
    limits: IngressLimits | None = None,
    calls: CallRouting | None = None,
    trusted_proxies: Sequence[Network] = (),
) -> AsyncIterator[str]:
    """The address it serves at."""
    drawer = bodies or Drawer()
    ingress = Ingress(
        directory, bus, drawer, SystemClock(), limits=limits, calls=calls, trusted_proxies=trusted_proxies
    )
    app = web.Application()
    app.add_routes(ingress.routes())
    async with serving(app) as url:
        yield url


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    """On a free loopback port."""
    runner = web.AppRunner(app, shutdown_timeout=1.0, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()
