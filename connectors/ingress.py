"""Webhooks in: verify, parse, publish, and only then answer 2xx.

1. A provider hears 2xx after `Bus.publish` returned, never before: what was acknowledged is durable.
2. Whatever is the caller's fault is a 4xx with a problem (RFC 9457); whatever may pass (overload, the log or the
   database away) is 503 with Retry-After and nothing kept, so that the provider comes again.
3. An account that was switched off answers 404, as one that never was: to accept and drop would break promise 1, to
   accept and keep would collect what ops decided not to collect. Providers repeat for hours, so a short switch-off
   loses nothing; after a long one the webhook must be subscribed again at the provider (Meta disables it by itself).
4. An event that is too large for the log is not cut: the whole body goes to the blob store and an UnsupportedReceived
   that names the blob takes the event's place.
5. A caller that goes away does not stop a publish (aiohttp's `handler_cancellation` must stay off).
"""

import asyncio
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

import orjson
from aiohttp import web

from connectors.accounts import ConnectorDirectory, RunningAccount
from connectors.base import Parsed, RawRequest, WebhookAnswer
from connectors.limits import Network, Overloaded, Place, Room, Seldom, client_address
from hub.clock import Clock
from hub.errors import BadInput, NotFound, SignatureInvalid, Transient
from hub.events import Channel, Envelope, TouchpointEvent, UnsupportedReceived, encode, wrap
from hub.events.envelope import EVENT_BYTES_MAX
from hub.log import get_logger
from hub.metrics import counter, histogram

OVERSIZED = "oversized"  # kind of UnsupportedReceived; connectors use it, too
EXCERPT_CHARS = 1000
# An event holds what its body held, some of it twice: from a body this small no event outgrows the log.
SMALL_BODY_BYTES = EVENT_BYTES_MAX // 6

REQUESTS = counter("webhook_requests_total", "Webhooks by what became of them.", ["channel", "outcome"])
DURABLE_SECONDS = histogram("webhook_durable_seconds", "From a webhook's first byte read to its events durable.")

log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressLimits:
    """Seconds and bytes. Zalo gives a webhook 2 s in all, so the log gets less than that."""

    body_bytes_max: int = 4 * 1024 * 1024
    body_s: float = 5.0
    publish_s: float = 1.5
    in_flight_max: int = 1024  # signed requests whose events are on their way into the log
    reading_max: int = 4096
    reading_bytes_max: int = 64 * 1024 * 1024


class Publisher(Protocol):
    """hub.bus.base.Bus, as far as it is needed here."""

    async def publish(self, events: Sequence[Envelope[Any]], *, deadline_s: float = ...) -> None: ...


class BodyStore(Protocol):
    """storage.blobs.BlobStore, as far as it is needed here."""

    async def put(self, content: bytes, *, mime: str, origin: str) -> str:
        """The name of the blob. Raises Transient."""
        ...


class TooSlow(BadInput):
    status = 408


class TooLarge(BadInput):
    status = 413


class Encoded(BadInput):
    status = 415


class Ingress:
    """One per process. Mount `routes()` on the application that the providers reach."""

    def __init__(
        self,
        directory: ConnectorDirectory,
        bus: Publisher,
        bodies: BodyStore,
        clock: Clock,
        *,
        trusted_proxies: Sequence[Network] = (),
        limits: IngressLimits | None = None,
    ) -> None:
        self._directory = directory
        self._bus = bus
        self._bodies = bodies
        self._clock = clock
        self._trusted = tuple(trusted_proxies)
        self._limits = limits = limits or IngressLimits()
        self._reading = Room("bodies", count_max=limits.reading_max, bytes_max=limits.reading_bytes_max)
        self._publishing = Room("webhooks", count_max=limits.in_flight_max)
        self._seldom = Seldom(clock)

    def routes(self) -> list[web.RouteDef]:
        paths = ("/webhooks/{channel}/{account}", "/webhooks/{channel}/{account}/{tail:.+}")
        return [
            route
            for path in paths
            for route in (web.get(path, self.receive, allow_head=False), web.post(path, self.receive))
        ]

    async def receive(self, request: web.Request) -> web.StreamResponse:
        outcome = "failed"
        try:
            parsed = await self._accept(request)
            outcome = "accepted" if parsed.events else "nothing_new"
            return _answer(parsed.answer)
        except BadInput as error:
            outcome = error.code if isinstance(error, (TooSlow, TooLarge, NotFound)) else type(error).__name__
            return await self._refuse(request, error)
        except Transient as error:
            outcome = type(error).__name__
            self._seldom.warning("webhook_put_off", outcome, error=str(error))
            return _later(error)
        finally:
            REQUESTS.labels(_label(request), outcome).inc()

    async def _accept(self, request: web.Request) -> Parsed:
        running = await self._account(request)
        started = time.perf_counter()
        with self._reading.place() as place:
            raw = self._raw(request, await self._body(request, place))
            running.connector.verify(raw)
            parsed = running.connector.parse(raw)
            if parsed.ignored:
                log.debug("webhook_parts_ignored", account=running.account.id, kinds=list(parsed.ignored)[:20])
            if parsed.events:
                with self._publishing.place():
                    events = await self._envelopes(parsed.events, raw.body)
                    await self._bus.publish(events, deadline_s=self._limits.publish_s)
                DURABLE_SECONDS.observe(time.perf_counter() - started)
        return parsed

    async def _account(self, request: web.Request) -> RunningAccount:
        name = request.match_info["account"]
        running = self._directory.known(name) or await self._directory.find(name)
        if running is None or not running.account.active or running.account.channel != request.match_info["channel"]:
            raise NotFound("account_unknown", "No channel account receives webhooks here.")
        return running

    async def _body(self, request: web.Request, place: Place) -> bytes:
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise Encoded("body_encoded", "Send the body as it is: it is signed and bounded uncompressed.")
        largest = self._limits.body_bytes_max
        if (request.content_length or 0) > largest:
            raise TooLarge("body_too_large", f"A webhook has at most {largest} bytes.")
        body = bytearray()
        try:
            async with asyncio.timeout(self._limits.body_s):
                while chunk := await request.content.readany():
                    place.take(len(chunk))
                    body += chunk
                    if len(body) > largest:
                        raise TooLarge("body_too_large", f"A webhook has at most {largest} bytes.")
        except TimeoutError as error:
            raise TooSlow("body_too_slow", f"The body did not arrive within {self._limits.body_s:g} s.") from error
        except (web.RequestPayloadError, ConnectionError) as error:
            raise BadInput("body_broken", "The body ended before it was complete.") from error
        return bytes(body)

    def _raw(self, request: web.Request, body: bytes) -> RawRequest:
        headers = request.headers
        return RawRequest(
            method=request.method,
            path=request.path,
            target=request.raw_path,
            query=request.query,
            headers={name.lower(): value for name, value in reversed([*headers.items()])},  # of two, the first counts
            body=body,
            remote=client_address(request.remote, headers.getall("X-Forwarded-For", ()), self._trusted),
        )

    async def _envelopes(self, events: Sequence[TouchpointEvent], body: bytes) -> list[Envelope[Any]]:
        if len(body) <= SMALL_BODY_BYTES:
            return [wrap(event, self._clock) for event in events]
        blob: str | None = None
        fitting: list[Envelope[Any]] = []
        for event in events:
            envelope = wrap(event, self._clock)
            if _is_oversized(envelope):
                blob = blob or await self._bodies.put(body, mime="application/octet-stream", origin="webhook")
                envelope = wrap(_reference(event, blob), self._clock)
                log.warning("event_too_large", account=event.account_id, type=event.TYPE, blob=blob)
            fitting.append(envelope)
        return fitting

    async def _refuse(self, request: web.Request, error: BadInput) -> web.StreamResponse:
        if isinstance(error, SignatureInvalid):
            account = request.match_info["account"]
            self._seldom.warning("webhook_not_signed", account, account=account, code=error.code)
        response = _problem(error.status, error.code, error.problem, where=error.where)
        if isinstance(error, TooSlow):
            await _send_and_close(request, response)
        return response


def _is_oversized(event: Envelope[Any]) -> bool:
    """Also what its connector had to cut already: then the log would fit, but not hold all of it."""
    if isinstance(event.data, UnsupportedReceived) and event.data.kind == OVERSIZED:
        return True
    try:
        encode(event)
    except ValueError:
        return True
    return False


def _reference(event: TouchpointEvent, blob: str) -> UnsupportedReceived:
    told = {"blob": blob, "type": event.TYPE}
    if isinstance(event, UnsupportedReceived):
        told["excerpt"] = event.raw[:EXCERPT_CHARS]
    return UnsupportedReceived(
        channel=event.channel,
        account_id=event.account_id,
        identity=event.identity,
        dedupe_key=event.dedupe_key,
        occurred_at=event.occurred_at,
        kind=OVERSIZED,
        raw=orjson.dumps(told).decode(),
    )


def _answer(answer: WebhookAnswer) -> web.Response:
    headers = {"Content-Type": answer.content_type, "X-Content-Type-Options": "nosniff"}
    return web.Response(status=answer.status, body=answer.body, headers=headers)


def _later(error: Transient) -> web.Response:
    shown = "The hub is busy." if isinstance(error, Overloaded) else "The hub cannot store events at the moment."
    retry_after_s = max(1, math.ceil(error.retry_after_s or 2))
    return _problem(503, "try_again", shown, headers={"Retry-After": str(min(retry_after_s, 600))})


def _problem(
    status: int, code: str, detail: str, *, where: str | None = None, headers: Mapping[str, str] | None = None
) -> web.Response:
    problem = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    problem |= {"code": code, "detail": detail} | ({"where": where} if where else {})
    return web.Response(
        status=status,
        body=orjson.dumps(problem),
        headers={"Content-Type": "application/problem+json", "X-Content-Type-Options": "nosniff", **(headers or {})},
    )


async def _send_and_close(request: web.Request, response: web.Response) -> None:
    """Now, without the time that aiohttp gives a client to send the rest of its body."""
    response.force_close()
    await response.prepare(request)
    await response.write_eof()
    if request.transport is not None:
        request.transport.close()


def _label(request: web.Request) -> str:
    """Only real channels: a label per made-up path would be a time series per attack."""
    channel = request.match_info["channel"]
    return channel if channel in _CHANNELS else "unknown"


_CHANNELS = frozenset(channel.value for channel in Channel)
