"""The `Http` of connectors/base.py: one session per process, every wait limited, secrets kept out of logs.

1. A failure before the connection stood is SendTransient: the provider certainly saw nothing. Everything later is
   OutcomeUnknown, for a request that left may have been carried out.
2. Idle connections are dropped after KEEPALIVE_S, before providers drop them: a POST on a connection that the other
   side is closing looks like a lost answer, and would leave a reply "unknown" for nothing.
3. Redirects are answers, never followed: credentials go to the configured host only.
4. Logged are method, host, path, status and time. Never headers, query, form or body: they carry tokens.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

import aiohttp
import orjson

from connectors.urls import provider_url
from hub.errors import OutcomeUnknown, SendTransient
from hub.log import get_logger

ANSWER_BYTES_MAX = 1024 * 1024  # providers answer sends with a few hundred bytes
CONNECT_S = 5.0  # pool, DNS, TCP and TLS together
READ_S = 15.0  # between two pieces of an answer
KEEPALIVE_S = 10.0
CONNECTIONS_MAX = 100
CONNECTIONS_PER_HOST_MAX = 32

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers` are looked up without regard to case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class ProviderHttp:
    """Build one per process; `start` inside the running loop, `stop` at the end."""

    def __init__(self, *, connect_s: float = CONNECT_S) -> None:
        self._connect_s = connect_s
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=CONNECTIONS_MAX, limit_per_host=CONNECTIONS_PER_HOST_MAX, keepalive_timeout=KEEPALIVE_S
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": "OneThread", "Accept-Encoding": "identity"},
            )

    async def stop(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        timeout_s: float = READ_S,
    ) -> Answer:
        """See Http. `json` or `form` (with or without `files`: name -> file name, bytes, media type), not both."""
        session = self._session
        if session is None:
            raise RuntimeError("ProviderHttp.start() was not awaited")
        where = _allowed(url)
        started = time.monotonic()
        data = _payload(json, form, files)
        limits = _limits(self._connect_s, timeout_s)
        try:
            answer = await _exchange(session, method, url, _headers(headers, json), data, limits)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            failure = _failure(error, where)
            log.warning(
                "provider_request_failed",
                method=method,
                host=where.netloc,
                path=where.path,
                family=type(failure).__name__,
                error=type(error).__name__,
                took_s=_since(started),
            )
            raise failure from error
        log.debug(
            "provider_request",
            method=method,
            host=where.netloc,
            path=where.path,
            status=answer.status,
            took_s=_since(started),
        )
        return answer


async def _exchange(
    session: aiohttp.ClientSession,
    method: str,
    url: str,
    headers: dict[str, str],
    data: bytes | aiohttp.FormData | None,
    limits: aiohttp.ClientTimeout,
) -> Answer:
    async with session.request(
        method, url, headers=headers, data=data, allow_redirects=False, timeout=limits
    ) as response:
        return Answer(response.status, response.headers, await _read(response))


def _limits(connect_s: float, timeout_s: float) -> aiohttp.ClientTimeout:
    """`total` includes `connect`: the sum keeps a slow connection from being taken for a lost answer."""
    return aiohttp.ClientTimeout(
        total=connect_s + timeout_s, connect=connect_s, sock_connect=connect_s, sock_read=timeout_s
    )


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The whole body. Raises ValueError above ANSWER_BYTES_MAX, without having kept more than that."""
    body = bytearray()
    async for piece in response.content.iter_chunked(64 * 1024):
        body += piece
        if len(body) > ANSWER_BYTES_MAX:
            raise ValueError(f"the answer is larger than {ANSWER_BYTES_MAX} bytes")
    return bytes(body)


def _failure(error: Exception, where: SplitResult) -> SendTransient | OutcomeUnknown:
    """Which side of point 1 `error` is on. Its own text is left out: it can hold the whole address with its query."""
    what = f"{type(error).__name__} at {where.netloc}"
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError | aiohttp.InvalidURL):
        return SendTransient(f"no connection: {what}")
    return OutcomeUnknown(f"no complete answer: {what}")


def _allowed(url: str) -> SplitResult:
    """Raises SendTransient for an address that settings should never have let through."""
    parts = urlsplit(url)
    try:
        provider_url(f"{parts.scheme}://{parts.netloc}")
    except ValueError as error:
        raise SendTransient(f"address of the provider refused: {error}") from error
    return parts


def _headers(headers: Mapping[str, str] | None, json: Any) -> dict[str, str]:
    given = dict(headers or {})
    return given if json is None else {"Content-Type": "application/json", **given}


def _payload(
    json: Any, form: Mapping[str, str] | None, files: Mapping[str, tuple[str, bytes, str]] | None
) -> bytes | aiohttp.FormData | None:
    if json is not None:
        return orjson.dumps(json)
    if form is None and files is None:
        return None
    # File names travel as UTF-8, as browsers send them: providers show customers what they find here.
    data = aiohttp.FormData(quote_fields=False, charset="utf-8")
    for name, value in (form or {}).items():
        data.add_field(name, value)
    for name, (file_name, content, mime) in (files or {}).items():
        data.add_field(name, content, filename=_header_safe(file_name), content_type=mime)
    return data


def _header_safe(file_name: str) -> str:
    return "".join("_" if c in '"\\/' or ord(c) < 32 or ord(c) == 127 else c for c in file_name) or "file"


def _since(started: float) -> float:
    return round(time.monotonic() - started, 3)
