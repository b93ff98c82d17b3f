"""What connector tests share: requests, replies, a token store in memory, a context."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from connectors.base import AccountSettings, ConnectorContext, OutboundAttachment, OutboundMessage, RawRequest
from connectors.http import ProviderHttp
from hub.clock import ManualClock
from hub.events import AttachmentKind
from hub.ids import AttemptId, ChannelAccountId, TouchpointId, new_id

ATTEMPT = AttemptId(UUID("0198c0de-0000-7000-8000-000000000001"))
HOSTILE_BODIES = {
    "empty": b"",
    "garbage": b"\x00\xff\xfe garbage",
    "cut": b'{"object":"page","entry":[{"id"',
    "deep lists": b"[" * 10_000,
    "deep objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "too large": b'{"a":"' + b"x" * (3 * 1024 * 1024) + b'"}',
    "NaN": b'{"timestamp":NaN,"entry":NaN,"object":"page"}',
    "a key twice": b'{"object":1,"object":"page","entry":1,"entry":2,"event_name":1,"event_name":2}',
    "lone surrogate": b'{"object":"\\ud800","entry":"\\udc00","event_name":"\\ud83d"}',
    "raw surrogate": b'{"object":"\xed\xa0\x80"}',
    "huge integer": b'{"object":' + b"9" * 4000 + b',"entry":[],"timestamp":' + b"9" * 4000 + b"}",
    "longest integer": b'{"timestamp":' + b"9" * 100_000 + b"}",
    "list": b"[]",
    "number": b"17",
    "null": b"null",
    "UTF-16": '{"object":"page"}'.encode("utf-16"),
}


def posted(body: bytes, headers: Mapping[str, str] | None = None) -> RawRequest:
    return _request("POST", body, headers or {}, {})


def fetched(query: Mapping[str, str]) -> RawRequest:
    return _request("GET", b"", {}, query)


def _request(method: str, body: bytes, headers: Mapping[str, str], query: Mapping[str, str]) -> RawRequest:
    path = "/webhooks/any/main"
    return RawRequest(method, path, path, query, headers, body, "127.0.0.1")


class MemoryTokens:
    """A TokenStore for one process; `commits` counts renewals that were stored."""

    def __init__(self, settings: AccountSettings) -> None:
        self.settings = settings
        self.commits = 0
        self.fail_commit_with: Exception | None = None
        self._row = asyncio.Lock()

    async def current(self) -> AccountSettings:
        return self.settings

    async def renew(self, renewer: Callable[[Any], Awaitable[Any]]) -> AccountSettings:
        async with self._row:
            renewed: AccountSettings = await renewer(self.settings)
            if self.fail_commit_with is not None:
                failure, self.fail_commit_with = self.fail_commit_with, None
                raise failure
            if renewed is not self.settings:
                self.settings = renewed
                self.commits += 1
            return self.settings


@asynccontextmanager
async def context_for(
    settings: AccountSettings, account_id: str, tokens: MemoryTokens | None = None, clock: ManualClock | None = None
) -> AsyncIterator[ConnectorContext]:
    http = ProviderHttp()
    await http.start()
    store = tokens or MemoryTokens(settings)
    try:
        yield ConnectorContext(ChannelAccountId(account_id), http, clock or ManualClock(), store)
    finally:
        await http.stop()


def reply(
    identity: str,
    text: str | None = "Dạ còn ạ",
    *,
    attachments: Sequence[OutboundAttachment] = (),
    reply_to: str | None = None,
    since: timedelta | None = timedelta(minutes=5),
) -> OutboundMessage:
    return OutboundMessage(
        touchpoint_id=TouchpointId(new_id()),
        attempt_id=ATTEMPT,
        account_id=ChannelAccountId("main"),
        identity=identity,
        text=text,
        attachments=attachments,
        reply_to=reply_to,
        since_last_inbound=since,
    )


def attached(
    content: bytes, name: str, mime: str, kind: AttachmentKind = AttachmentKind.IMAGE, public_url: str | None = None
) -> OutboundAttachment:
    async def read() -> bytes:
        return content

    return OutboundAttachment(kind, name, mime, len(content), read, public_url)
