"""A hotline connector as the hub builds it, and webhooks for it."""

import base64
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from connectors.base import AccountSettings, ConnectorContext, HttpAnswer, RawRequest
from connectors.hotline.connector import HotlineConnector
from connectors.hotline.settings import HotlineSettings
from hub.clock import ManualClock
from hub.ids import ChannelAccountId

ACCOUNT = ChannelAccountId("hotline-main")
PATH = f"/webhooks/hotline/{ACCOUNT}"
SIGNING_SECRET = "stringee-signing-secret"
URL_TOKEN = "an-unguessable-url-token"

STRINGEE: dict[str, Any] = {
    "supplier": "stringee",
    "signing_secret": SIGNING_SECRET,
    "api_key_sid": "SK.0.abc",
    "api_key_secret": "api-key-secret-0123456789abcdef",
    "webhook_url": f"https://hub.example{PATH}",
    "hotline_numbers": ["8419001234", "842838123456"],
    "operators": ["op-201", "op-202"],
}
ZORIO: dict[str, Any] = {
    "supplier": "generic",
    "preset": "zorio",
    "auth": {"secret": "zorio-secret"},
    "hotline_numbers": ["19001234"],
}
VOICECLOUD: dict[str, Any] = {
    "supplier": "generic",
    "preset": "voicecloud",
    "auth": {"token": URL_TOKEN},
    "hotline_numbers": ["19001234"],
}


class FixedTokens:
    """The hotline's credentials never change while we run."""

    def __init__(self, settings: AccountSettings) -> None:
        self._settings = settings

    async def current(self) -> AccountSettings:
        return self._settings

    async def renew(self, renewer: Callable[[Any], Awaitable[Any]]) -> AccountSettings:
        raise AssertionError("the hotline renews nothing")


class NoHttp:
    """The hotline asks its supplier for nothing."""

    async def request(self, *_: object, **__: object) -> HttpAnswer:
        raise AssertionError("the hotline sends no request")


def connector(pbx: Mapping[str, Any], **changes: Any) -> HotlineConnector:
    settings = HotlineSettings.model_validate({"pbx": {**pbx, **changes}})
    context = ConnectorContext(ACCOUNT, NoHttp(), ManualClock(), FixedTokens(settings))
    return HotlineConnector.build(settings, context)


def request(
    method: str,
    target: str = PATH,
    *,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    remote: str = "203.0.113.7",
) -> RawRequest:
    parts = urlsplit(target)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return RawRequest(method, parts.path, target, query, headers or {}, body, remote)


def stringee_post(tail: str, body: Mapping[str, Any] | bytes) -> RawRequest:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return request("POST", f"{PATH}/{tail}", body=raw, headers=stringee_signature(raw))


def stringee_get(tail: str, query: Mapping[str, str]) -> RawRequest:
    target = f"{PATH}/{tail}?{urlencode(query)}"
    return request("GET", target, headers=stringee_signature(target.encode()))


def stringee_signature(signed: bytes) -> dict[str, str]:
    mac = hmac.new(SIGNING_SECRET.encode(), signed, hashlib.sha1).digest()
    return {"x-stringee-signature": base64.b64encode(mac).decode()}


def zorio_post(event: str, **data: Any) -> RawRequest:
    body = {"event": event, "timestamp": "2026-11-22T02:00:00Z", "data": data}
    raw = json.dumps(body).encode()
    signature = hmac.new(b"zorio-secret", raw, hashlib.sha256).hexdigest()
    return request("POST", PATH, body=raw, headers={"x-zorio-signature": f"sha256={signature}"})


def voicecloud_get(tail: str, **query: str) -> RawRequest:
    return request("GET", f"{PATH}/{tail}?{urlencode({**query, 'token': URL_TOKEN})}")
