"""Facebook Messenger and Page comments: the contract, wired from inbound, outbound and refusals."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar
from urllib.parse import urlencode

from pydantic import ValidationError

from connectors.base import (
    AccountSettings,
    Capabilities,
    ConnectorContext,
    HttpAnswer,
    OutboundAttachment,
    OutboundMessage,
    Parsed,
    RawRequest,
    Sent,
    WebhookAnswer,
)
from connectors.facebook.inbound import BODY_BYTES_MAX, to_events
from connectors.facebook.outbound import CAPABILITIES, Part, appsecret_proof, plan
from connectors.facebook.reading import Page
from connectors.facebook.refusals import ANSWER_BYTES_MAX, refusal, usage_percent
from connectors.facebook.settings import FacebookSettings
from connectors.parts import read_attachment, send_parts
from connectors.payload import Id, WebAddress, Wire, clip, read_json
from hub.errors import BadInput, OutcomeUnknown, SendError, SendRejected, SendTransient, SignatureInvalid
from hub.events import Channel, FailureReason, Profile
from hub.events.common import NAME_MAX_CHARS
from hub.log import get_logger

SIGNATURE_PREFIX = "sha256="
CHALLENGE_CHARS_MAX = 1000
UPLOAD_TIMEOUT_S = 60.0
USAGE_WARNING_PERCENT = 80  # Meta's own advice: slow down from here

log = get_logger(__name__)


class _Accepted(Wire):
    message_id: Id


class _Person(Wire):
    """Any of it may be missing, with the permission for it."""

    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    profile_pic: WebAddress = None

    def shown_name(self) -> str | None:
        parts = (self.first_name, self.last_name)
        return clip(self.name or " ".join(part for part in parts if part), NAME_MAX_CHARS)


class _Uploaded(Wire):
    attachment_id: Id


W = TypeVar("W", bound=Wire)


class FacebookConnector:
    """One Page. Its app may post webhooks of other Pages here as well: they are ignored and counted."""

    channel: ClassVar[Channel] = Channel.FACEBOOK
    settings_model: ClassVar[type[AccountSettings]] = FacebookSettings
    capabilities: ClassVar[Capabilities] = CAPABILITIES
    media_hosts: ClassVar[tuple[str, ...]] = ("fbcdn.net", "fbsbx.com")  # signed addresses: no token ever goes there

    def __init__(self, settings: FacebookSettings, context: ConnectorContext) -> None:
        self._settings = settings
        self._context = context
        token = settings.page_access_token.get_secret_value()
        self._headers = {"Authorization": f"Bearer {token}"}
        self._proof = appsecret_proof(settings.app_secret.get_secret_value(), token)

    @classmethod
    def build(cls, settings: Any, context: ConnectorContext) -> "FacebookConnector":
        return cls(FacebookSettings.model_validate(settings), context)

    def verify(self, request: RawRequest) -> None:
        """GET: the handshake of the app dashboard. POST: HMAC-SHA256 of the bytes as they came."""
        if request.method in ("GET", "HEAD"):
            self._verify_handshake(request.query)
        else:
            self._verify_signature(request)

    def parse(self, request: RawRequest) -> Parsed:
        if request.method in ("GET", "HEAD"):
            return Parsed(answer=WebhookAnswer(body=request.query.get("hub.challenge", "").encode()))
        page = Page(self._context.account_id, self._settings.page_id, self._settings.app_id, self._context.clock.now())
        events, ignored = to_events(request.body, page)
        return Parsed(events=events, answer=WebhookAnswer(body=b"EVENT_RECEIVED"), ignored=ignored)

    async def send(self, message: OutboundMessage) -> Sent:
        """Uploads come first: a file that Meta refuses is found out before the text has left."""
        parts = plan(message, human_agent_allowed=self._settings.human_agent_allowed)
        bodies = [part.body(await self._payload(part)) for part in parts]
        return await send_parts(bodies, self._send_one)

    async def fetch_profile(self, identity: str) -> Profile | None:
        """Works after the person has written. Missing rights and phone-number accounts show nothing: normal."""
        if not identity.isdigit():
            return None
        query = urlencode({"fields": "first_name,last_name,name,profile_pic", "appsecret_proof": self._proof})
        url = f"{self._settings.graph_url}/{self._settings.api_version}/{identity}?{query}"
        answer = await self._context.http.request("GET", url, headers=self._headers)
        self._warn_of_usage(answer)
        try:
            person = _success(answer, _Person)
        except SendRejected as error:
            log.debug("facebook_profile_not_shown", account=self._context.account_id, code=error.provider_code)
            return None
        name = person.shown_name()
        return Profile(display_name=name, avatar_url=person.profile_pic) if name or person.profile_pic else None

    def _verify_handshake(self, query: Mapping[str, str]) -> None:
        expected = self._settings.verify_token.get_secret_value().encode()
        matches = hmac.compare_digest(query.get("hub.verify_token", "").encode(errors="replace"), expected)
        if not matches or query.get("hub.mode") != "subscribe":
            raise SignatureInvalid("verify_token_wrong", "The verify token is not the one of this account.")
        if not 0 < len(query.get("hub.challenge", "")) <= CHALLENGE_CHARS_MAX:
            raise BadInput("challenge_missing", "The handshake needs a challenge.", where="hub.challenge")

    def _verify_signature(self, request: RawRequest) -> None:
        if len(request.body) > BODY_BYTES_MAX:
            raise BadInput("body_too_large", f"A webhook has at most {BODY_BYTES_MAX} bytes.")
        secret = self._settings.app_secret.get_secret_value().encode()
        expected = SIGNATURE_PREFIX + hmac.new(secret, request.body, hashlib.sha256).hexdigest()
        given = request.headers.get("x-hub-signature-256", "")
        if not hmac.compare_digest(given.encode(errors="replace"), expected.encode()):
            raise SignatureInvalid("signature_invalid", "X-Hub-Signature-256 does not match the body.")

    async def _payload(self, part: Part) -> dict[str, Any] | None:
        """How Meta gets the part's attachment: from our public address, or from an upload made now."""
        if part.attachment is None:
            return None
        if part.attachment.public_url:
            return {"url": part.attachment.public_url}
        return {"attachment_id": await self._upload(part.attachment)}

    async def _upload(self, attachment: OutboundAttachment) -> str:
        """Nothing has reached the customer yet, so an unclear outcome may be tried again."""
        content = await read_attachment(attachment)
        described = {"attachment": {"type": attachment.kind.value, "payload": {"is_reusable": False}}}
        try:
            answer = await self._context.http.request(
                "POST",
                self._url("message_attachments"),
                headers=self._headers,
                form={"message": json.dumps(described), "appsecret_proof": self._proof},
                files={"filedata": (attachment.name, content, attachment.mime)},
                timeout_s=UPLOAD_TIMEOUT_S,
            )
            return self._taken(answer, _Uploaded).attachment_id
        except OutcomeUnknown as error:
            raise SendTransient(f"upload unclear: {error.detail}", provider_code=error.provider_code) from error
        except SendRejected as error:
            if error.reason != FailureReason.PROVIDER_REJECTED:
                raise
            reason = FailureReason.ATTACHMENT_REFUSED
            raise SendRejected(reason, error.detail, provider_code=error.provider_code) from error

    async def _send_one(self, body: Mapping[str, Any]) -> str:
        answer = await self._context.http.request(
            "POST", self._url("messages"), headers=self._headers, json={**body, "appsecret_proof": self._proof}
        )
        return self._taken(answer, _Accepted).message_id

    def _taken(self, answer: HttpAnswer, model: type[W]) -> W:
        """As `_success`; the log hears of a failure."""
        self._warn_of_usage(answer)
        try:
            return _success(answer, model)
        except SendError as error:
            log.warning(
                "facebook_refused",
                account=self._context.account_id,
                family=type(error).__name__,
                code=error.provider_code,
                detail=error.detail,
            )
            raise

    def _warn_of_usage(self, answer: HttpAnswer) -> None:
        percent = usage_percent(answer.headers)
        if percent >= USAGE_WARNING_PERCENT:
            log.warning("facebook_rate_limit_near", account=self._context.account_id, percent=percent)

    def _url(self, edge: str) -> str:
        return f"{self._settings.graph_url}/{self._settings.api_version}/{self._settings.page_id}/{edge}"


def _success(answer: HttpAnswer, model: type[W]) -> W:
    """What stands in `answer`. Raises the SendError that stands in it otherwise."""
    try:
        if answer.status < 300:
            return model.model_validate(read_json(answer.body, ANSWER_BYTES_MAX))
    except (BadInput, ValidationError):
        pass  # a success in words nobody knows: `refusal` looks for an error in it, else calls it unknown
    raise refusal(answer)
