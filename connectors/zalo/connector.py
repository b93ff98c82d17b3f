"""Zalo Official Account: the contract, wired from signature, inbound, outbound, refusals and tokens."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlencode

import orjson
from pydantic import ValidationError

from connectors.base import (
    AccountSettings,
    Capabilities,
    ConnectorContext,
    OutboundAttachment,
    OutboundMessage,
    Parsed,
    RawRequest,
    Sent,
)
from connectors.parts import read_attachment, send_parts
from connectors.payload import WebAddress, Wire, clip, read_json
from connectors.zalo import signature
from connectors.zalo.inbound import BODY_BYTES_MAX, Account, to_events
from connectors.zalo.outbound import CAPABILITIES, Part, appsecret_proof, file, file_name, media, plan, upload_kind
from connectors.zalo.refusals import ATTACHMENT_EXPIRED, BAD_PARAMETER, TokenRefused, rate_left, success
from connectors.zalo.settings import ZaloSettings
from connectors.zalo.tokens import Tokens
from hub.errors import OutcomeUnknown, SendRejected, SendTransient
from hub.events import Channel, FailureReason, Profile
from hub.events.common import NAME_MAX_CHARS
from hub.log import get_logger

UPLOAD_TIMEOUT_S = 60.0
SEND_PATH = "/v3.0/oa/message/cs"
RATE_LEFT_WARNING = 0.1

log = get_logger(__name__)


class _Person(Wire):
    display_name: str | None = None
    avatar: WebAddress = None


@dataclass(frozen=True, slots=True)
class _Ready:
    """A part whose attachment, if any, was uploaded. `shown` is how the message names it."""

    part: Part
    shown: dict[str, Any] | None


class ZaloConnector:
    """One OA. Its app may post webhooks of other OAs here as well: they are ignored and counted."""

    channel: ClassVar[Channel] = Channel.ZALO
    settings_model: ClassVar[type[AccountSettings]] = ZaloSettings
    capabilities: ClassVar[Capabilities] = CAPABILITIES
    media_hosts: ClassVar[tuple[str, ...]] = ("zdn.vn", "zadn.vn", "zalo.me", "zaloapp.com")  # as seen

    def __init__(self, settings: ZaloSettings, context: ConnectorContext) -> None:
        self._context = context
        self._tokens = Tokens(settings, context)

    @classmethod
    def build(cls, settings: Any, context: ConnectorContext) -> "ZaloConnector":
        return cls(ZaloSettings.model_validate(settings), context)

    def verify(self, request: RawRequest) -> None:
        """Zalo has no GET handshake. While no OA key is known, nothing can be checked and `parse` believes nothing."""
        settings = self._tokens.settings
        if request.method != "POST" or settings.oa_secret_key is None:
            return
        header = request.headers.get("x-zevent-signature", "")
        payload = read_json(request.body, BODY_BYTES_MAX)
        key = settings.oa_secret_key.get_secret_value()
        signature.check(header, settings.app_id, request.body, payload, key)

    def parse(self, request: RawRequest) -> Parsed:
        settings = self._tokens.settings
        if request.method != "POST":
            return Parsed()
        if settings.oa_secret_key is None:
            return Parsed(ignored=("zalo:no_oa_secret_key",))
        account = Account(self._context.account_id, settings.oa_id, self._context.clock.now())
        events, ignored = to_events(request.body, account)
        return Parsed(events=events, ignored=ignored)

    async def send(self, message: OutboundMessage) -> Sent:
        """Uploads come first: a file that Zalo refuses is found out before the text has left."""
        parts = plan(message)
        ready = [_Ready(part, await self._upload(part.attachment)) for part in parts]
        return await send_parts(ready, self._send_one)

    async def fetch_profile(self, identity: str) -> Profile | None:
        """Of people who follow the OA or have written to it; anonymous visitors show nothing."""
        if not identity.isdigit():
            return None
        query = urlencode({"data": orjson.dumps({"user_id": identity}).decode()})
        try:
            data = await self._call(f"/v3.0/oa/user/detail?{query}", method="GET")
            person = _Person.model_validate(data)
        except (SendRejected, ValidationError):
            return None
        name = clip(person.display_name, NAME_MAX_CHARS)
        return Profile(display_name=name, avatar_url=person.avatar) if name or person.avatar else None

    async def refresh_if_due(self, now: datetime) -> bool:
        """See Tokens.refresh_if_due: an ops task calls this every few minutes."""
        return await self._tokens.refresh_if_due(now)

    async def _send_one(self, ready: _Ready) -> str:
        try:
            return await self._send_message(ready.part.body(ready.shown))
        except SendRejected as error:
            if error.provider_code == BAD_PARAMETER and ready.part.quote:
                # The quoted message is deleted or too old; the answer itself is still wanted.
                return await self._send_message(ready.part.without_quote().body(ready.shown))
            if error.provider_code == ATTACHMENT_EXPIRED and ready.part.attachment is not None:
                again = await self._upload(ready.part.attachment)
                return await self._send_message(ready.part.body(again))
            raise

    async def _send_message(self, body: Mapping[str, Any]) -> str:
        data = await self._call(SEND_PATH, json=body)
        self._log_quota(data.get("quota"))
        message_id = data.get("message_id")
        if not isinstance(message_id, str | int) or not str(message_id) or isinstance(message_id, bool):
            raise OutcomeUnknown("Zalo took the message and gave no id")
        return str(message_id)

    async def _upload(self, attachment: OutboundAttachment | None) -> dict[str, Any] | None:
        """Nothing has reached the customer yet, so an unclear outcome may be tried again."""
        if attachment is None:
            return None
        kind, content = upload_kind(attachment), await read_attachment(attachment)
        sent_file = (file_name(attachment), content, attachment.mime)
        try:
            data = await self._call(f"/v2.0/oa/upload/{kind}", files={"file": sent_file}, timeout_s=UPLOAD_TIMEOUT_S)
        except OutcomeUnknown as error:
            raise SendTransient(f"upload unclear: {error.detail}", provider_code=error.provider_code) from error
        except SendRejected as error:
            reason = FailureReason.ATTACHMENT_REFUSED
            if error.reason != FailureReason.PROVIDER_REJECTED:
                raise
            raise SendRejected(reason, error.detail, provider_code=error.provider_code) from error
        return _shown(kind, data, content)

    async def _call(
        self,
        path: str,
        *,
        method: str = "POST",
        json: Mapping[str, Any] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        timeout_s: float = 15.0,
    ) -> dict[str, Any]:
        """`data` of the success. A refused token is renewed once; Zalo has done nothing with such a request."""
        settings = self._tokens.settings
        try:
            return await self._call_with(settings, method, path, json, files, timeout_s)
        except TokenRefused:
            settings = await self._tokens.replace(settings)
        return await self._call_with(settings, method, path, json, files, timeout_s)

    async def _call_with(
        self,
        settings: ZaloSettings,
        method: str,
        path: str,
        json: Mapping[str, Any] | None,
        files: Mapping[str, tuple[str, bytes, str]] | None,
        timeout_s: float,
    ) -> dict[str, Any]:
        token = settings.access_token.get_secret_value()
        proof = appsecret_proof(settings.app_secret.get_secret_value(), token)
        answer = await self._context.http.request(
            method,
            settings.api_url + path,
            headers={"access_token": token, "appsecret_proof": proof},
            json=json,
            files=files,
            timeout_s=timeout_s,
        )
        left = rate_left(answer.headers)
        if left is not None and left < RATE_LEFT_WARNING:
            log.warning("zalo_rate_limit_near", account=self._context.account_id, left=round(left, 3))
        return success(answer, rate_limit_s=self._until_next_minute_s())

    def _until_next_minute_s(self) -> float:
        """Zalo counts by the minute; the jitter keeps all senders from knocking at once."""
        return 60.0 - self._context.clock.now().second + random.uniform(0, 5)  # noqa: S311 - no secret

    def _log_quota(self, quota: object) -> None:
        if isinstance(quota, dict):
            log.info(
                "zalo_quota",
                account=self._context.account_id,
                kind=str(quota.get("quota_type"))[:40],
                left=str(quota.get("remain"))[:20],
                of=str(quota.get("total"))[:20],
            )


def _shown(kind: str, data: Mapping[str, Any], content: bytes) -> dict[str, Any]:
    """Zalo answers success with empty data for files that it does not like."""
    found = data.get("token" if kind == "file" else "attachment_id")
    if not isinstance(found, str | int) or not str(found):
        raise SendRejected(FailureReason.ATTACHMENT_REFUSED, "Zalo took the file and gave nothing to name it by")
    return file(str(found)) if kind == "file" else media(kind, str(found), content)
