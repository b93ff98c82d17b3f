"""What a channel is: verify, parse, send, and its abilities as data.

Every channel folder has the same files: wire.py (the provider's payloads as pydantic models), inbound.py (payload ->
events, pure), outbound.py (reply -> provider request, pure), connector.py (this contract), settings.py (credentials
and options of one channel account). A new channel is one folder and one line in connectors/__init__.py.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict

from hub.calls import CallRouting
from hub.clock import Clock
from hub.events import AttachmentKind, Channel, Profile, TouchpointEvent
from hub.ids import AttemptId, ChannelAccountId, TouchpointId


@dataclass(frozen=True, slots=True)
class RawRequest:
    """A webhook exactly as it came. `headers` are looked up by lower-case names, of two with one name the first counts;
    `target` is path plus query, undecoded; `remote` is the client as our own proxies saw it."""

    method: str
    path: str
    target: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    remote: str


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """What the provider wants to hear. Sent only after `events` are durable."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain"


# Finds the answer to a PBX that asks what to do with a caller who is on the line now.
CallAsk = Callable[[CallRouting], Awaitable[WebhookAnswer]]


@dataclass(frozen=True, slots=True)
class Parsed:
    """`ignored` counts what the provider sends and the hub rightly has no use for (logged, never an error). With
    `ask`, a caller waits: `answer` is what they get when nobody answers the ask in time, and `events` are told again
    by later webhooks, so that an outage of the log need not silence the line."""

    events: Sequence[TouchpointEvent] = ()
    answer: WebhookAnswer = WebhookAnswer()
    ignored: Sequence[str] = ()
    ask: CallAsk | None = None


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Limits as data for router and console. A window of None means none."""

    can_send: bool
    text_chars_max: int = 0
    attachments: Mapping[AttachmentKind, int] = field(default_factory=dict)  # kind -> bytes at most
    text_with_attachment: bool = False
    reply_window: timedelta | None = None  # since the customer's last message
    receipts: bool = False
    typing: bool = False
    quotes: bool = False


@dataclass(frozen=True, slots=True)
class OutboundAttachment:
    """`read` gives the whole file; `public_url` is set when the hub can show it to the provider by HTTPS."""

    kind: AttachmentKind
    name: str
    mime: str
    size_bytes: int
    read: Callable[[], Awaitable[bytes]]
    public_url: str | None = None


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """One reply to one channel identity. `attempt_id` is new with each try and travels as the provider's
    correlation field where there is one, so that an echo can settle an unknown outcome."""

    touchpoint_id: TouchpointId
    attempt_id: AttemptId
    account_id: ChannelAccountId
    identity: str
    text: str | None
    attachments: Sequence[OutboundAttachment] = ()
    reply_to: str | None = None  # provider's message id
    since_last_inbound: timedelta | None = None  # None: the customer has never written on this identity


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider took it. Several ids when one reply became several provider messages, in order."""

    provider_message_ids: tuple[str, ...]


class AccountSettings(BaseModel):
    """Base of each channel's settings.py. Secrets are SecretStr. Stored encrypted, validated before storing."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TokenStore(Protocol):
    """For channels whose credentials change while we run (Zalo's single-use refresh token)."""

    async def current(self) -> AccountSettings:
        """The account's settings as stored now."""
        ...

    async def renew(self, renewer: Callable[[Any], Awaitable[Any]]) -> AccountSettings:
        """Locks the account's row over all processes, hands the settings as stored now to `renewer`, and commits what
        it returns before returning it. `renewer` returns its argument unchanged when somebody else has already
        renewed. If `renewer` raises, nothing changes."""
        ...


class HttpAnswer(Protocol):
    """A provider's whole answer. `headers` are looked up without regard to case."""

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Mapping[str, str]: ...

    @property
    def body(self) -> bytes: ...


class Http(Protocol):
    """connectors/http.py: one session, four time limits, error families, secrets kept out of logs."""

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        timeout_s: float = 15.0,
    ) -> HttpAnswer:
        """Any HTTP status is an answer. Raises SendTransient when the request certainly did not reach the provider
        (no connection), OutcomeUnknown when it may have (time-out or cut after it left)."""
        ...


@dataclass(frozen=True, slots=True)
class ConnectorContext:
    """What a connector is given. It gets nothing else of the application."""

    account_id: ChannelAccountId
    http: Http
    clock: Clock
    tokens: TokenStore


class Connector(Protocol):
    """One instance per channel account and process. Built by `build(settings, context)`; holds no connection."""

    channel: ClassVar[Channel]
    settings_model: ClassVar[type[AccountSettings]]
    capabilities: ClassVar[Capabilities]

    @classmethod
    def build(cls, settings: Any, context: ConnectorContext) -> "Connector": ...

    def verify(self, request: RawRequest) -> None:
        """Raises SignatureInvalid. Must be cheap and constant-time; sees the raw bytes before anyone parses them."""
        ...

    def parse(self, request: RawRequest) -> Parsed:
        """Pure. Raises BadInput for bodies that are no webhook of this provider at all; kinds that are unknown become
        UnsupportedReceived or `ignored`, never an error."""
        ...

    async def send(self, message: OutboundMessage) -> Sent:
        """Raises a SendError of the right family, nothing else. Of a reply in several parts, `sent_ids` of the error
        names the parts already taken; such an error is SendRejected or OutcomeUnknown (connectors/parts.py)."""
        ...


@runtime_checkable
class ShowsProfiles(Protocol):
    """What a connector offers besides, when its webhooks do not say who writes: `isinstance(it, ShowsProfiles)`."""

    async def fetch_profile(self, identity: str) -> Profile | None:
        """None when the provider shows nothing of this person. Raises a SendError as `send` does; nothing was sent,
        so each of them may be tried again."""
        ...


@runtime_checkable
class RenewsCredentials(Protocol):
    """What a connector offers besides, when its credentials end by themselves."""

    async def refresh_if_due(self, now: datetime) -> object:
        """Renews in good time before they end. Raises CredentialsInvalid, and SendTransient when it may be tried
        again."""
        ...


@runtime_checkable
class KnowsMediaHosts(Protocol):
    """What a connector offers besides, when its provider's files lie on known hosts: no other is asked for them."""

    media_hosts: ClassVar[tuple[str, ...]]  # host names, with all below them


@runtime_checkable
class HasTelephones(Protocol):
    """What a connector offers besides, when agents answer calls on telephones that its provider names."""

    @property
    def telephones(self) -> Mapping[str, str]:
        """Agent's login -> what the provider calls their telephone."""
        ...


@runtime_checkable
class OpensMedia(Protocol):
    """What a connector offers besides, when its provider's files cannot be had without credentials."""

    def media_headers(self, url: str) -> Mapping[str, str]:
        """For one GET of `url`, made anew for each try and each hop; empty for addresses that may not see them."""
        ...
