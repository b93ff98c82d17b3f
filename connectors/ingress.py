"""Webhooks in: verify, parse, publish, and only then answer 2xx.

1. A provider hears 2xx after `Bus.publish` returned, never before: what was acknowledged is durable.
2. Whatever is the caller's fault is a 4xx with a problem (RFC 9457); whatever may pass (overload, the log or the
   database away) is 503 with Retry-After and nothing kept, so that the provider comes again.
3. An account that was switched off answers 404, as one that never was: to accept and drop would break promise 1, to
   accept and keep would collect what ops decided not to collect. Providers repeat for hours, so a short switch-off
   loses nothing; after a long one the webhook must be subscribed again at the provider (Meta disables it by itself).
4. An event that is too large for the log is not cut: the whole body goes to the blob store and an UnsupportedReceived
   that names the blob takes the event's place.
5. Where a caller is on the line and their PBX asks what to do (Parsed.ask), the answer comes within `call_s`: the
   router's, else the account's own. Nobody hears silence because our log or database is away; what the ask tells of
   the call is told again by its events.
6. A caller that goes away does not stop a publish (aiohttp's `handler_cancellation` must stay off).
"""

import asyncio
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from http import HTTPStatus
from typing import Any, Protocol

import orjson
from aiohttp import web
from prometheus_client import Counter

from connectors.accounts import ConnectorDirectory, RunningAccount
from connectors.base import CallAsk, Parsed, RawRequest, WebhookAnswer
from connectors.bodies import Bodies, BodyLimits, TooLarge, TooSlow
from connectors.limits import Network, Overloaded, Room, Seldom, client_address
from hub.calls import CallRouting
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
CALL_ASKS = counter("call_asks_total", "Callers on the line, by who said what to do with them.", ["outcome"])
CALL_SECONDS = histogram("call_ask_seconds", "From a PBX's question, verified, to its answer.")
DURABLE_SECONDS = histogram("webhook_durable_seconds", "From a webhook's first byte read to its events durable.")

NO_QUERY: Mapping[str, str] = {}
_CHANNELS = frozenset(channel.value for channel in Channel)

log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressLimits:
    """Seconds and bytes. Zalo gives a webhook 2 s in all, so the log gets less than that. `in_flight`: signed requests
    whose events are on their way into the log. `call_s`: for a PBX that asks; a fifth of a second is owed."""

    publish_s: float = 1.5
    call_s: float = 0.5
    in_flight_max: int = 1024
    in_flight_bytes_max: int = 64 * 1024 * 1024
    body: BodyLimits = field(default_factory=BodyLimits)


class Publisher(Protocol):
    """hub.bus.base.Bus, as far as it is needed here."""

    async def publish(self, events: Sequence[Envelope[Any]], *, deadline_s: float = ...) -> None: ...


class BodyStore(Protocol):
    """storage.blobs.BlobStore, as far as it is needed here."""

    async def put(self, content: bytes, *, mime: str, origin: str) -> str:
        """The name of the blob. Raises Transient."""
        ...


class Ingress:
    """One per process. Mount `routes()` on the application that the providers reach."""

    def __init__(
        self,
        directory: ConnectorDirectory,
        bus: Publisher,
        body_store: BodyStore,
        clock: Clock,
        *,
        calls: CallRouting | None = None,
        trusted_proxies: Sequence[Network] = (),
        limits: IngressLimits | None = None,
    ) -> None:
        self._directory = directory
        self._bus = bus
        self._body_store = body_store
        self._clock = clock
        self._trusted = tuple(trusted_proxies)
        limits = limits or IngressLimits()
        self._publish_s = limits.publish_s
        self._calls = calls
        self._call_s = limits.call_s
        self._bodies = Bodies(limits.body)
        self._in_flight = Room("webhooks", count_max=limits.in_flight_max, bytes_max=limits.in_flight_bytes_max)
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
            _counter(_label(request.match_info["channel"]), outcome).inc()

    async def _accept(self, request: web.Request) -> Parsed:
        running = await self._account(request)
        started = time.perf_counter()
        raw = self._raw(request, await self._bodies.read(request))
        running.connector.verify(raw)
        parsed = running.connector.parse(raw)
        if parsed.ignored:
            log.debug("webhook_parts_ignored", account=running.account.id, kinds=list(parsed.ignored)[:20])
        if parsed.ask is not None and self._calls is not None:
            return await self._on_the_line(running, parsed, raw, parsed.ask, self._calls)
        if parsed.events:
            self._in_flight.enter(len(raw.body))
            try:
                await self._publish(parsed, raw, self._publish_s)
            finally:
                self._in_flight.leave(len(raw.body))
            DURABLE_SECONDS.observe(time.perf_counter() - started)
        return parsed

    async def _on_the_line(
        self, running: RunningAccount, parsed: Parsed, raw: RawRequest, ask: CallAsk, calls: CallRouting
    ) -> Parsed:
        """The answer and the log at once: neither waits for the other."""
        started = time.perf_counter()
        told, answer = await asyncio.gather(self._tell(parsed, raw), self._ask(ask, calls))
        outcome = "routed" if answer is not None else "fallback"
        CALL_ASKS.labels(outcome).inc()
        CALL_SECONDS.observe(time.perf_counter() - started)
        if answer is None or not told:
            self._seldom.warning("call_not_routed", running.account.id, account=running.account.id, told=told)
        return parsed if answer is None else replace(parsed, answer=answer)

    async def _ask(self, ask: CallAsk, calls: CallRouting) -> WebhookAnswer | None:
        """None: no answer in time."""
        try:
            async with asyncio.timeout(self._call_s):
                return await ask(calls)
        except (Transient, TimeoutError) as error:
            log.info("call_ask_failed", error=str(error))
            return None

    async def _tell(self, parsed: Parsed, raw: RawRequest) -> bool:
        if not parsed.events:
            return True
        try:
            async with asyncio.timeout(self._call_s):
                await self._publish(parsed, raw, self._call_s)
        except (Transient, TimeoutError) as error:
            log.info("call_not_told", error=str(error))
            return False
        return True

    async def _publish(self, parsed: Parsed, raw: RawRequest, deadline_s: float) -> None:
        await self._bus.publish(await self._envelopes(parsed.events, raw.body), deadline_s=deadline_s)

    async def _account(self, request: web.Request) -> RunningAccount:
        where = request.match_info
        running = self._directory.known(where["account"]) or await self._directory.find(where["account"])
        if running is None or not running.account.active or running.account.channel != where["channel"]:
            raise NotFound("account_unknown", "No channel account receives webhooks here.")
        return running

    def _raw(self, request: web.Request, body: bytes) -> RawRequest:
        return RawRequest(
            method=request.method,
            path=request.path,
            target=request.raw_path,
            query=request.query if request.query_string else NO_QUERY,
            headers=request.headers,
            body=body,
            remote=self._remote(request),
        )

    def _remote(self, request: web.Request) -> str:
        if not self._trusted:
            return request.remote or ""
        return client_address(request.remote, request.headers.getall("X-Forwarded-For", ()), self._trusted)

    async def _envelopes(self, events: Sequence[TouchpointEvent], body: bytes) -> list[Envelope[Any]]:
        if len(body) <= SMALL_BODY_BYTES:
            return [wrap(event, self._clock) for event in events]
        blob: str | None = None
        fitting: list[Envelope[Any]] = []
        for event in events:
            envelope = wrap(event, self._clock)
            if _is_oversized(envelope):
                blob = blob or await self._body_store.put(body, mime="application/octet-stream", origin="webhook")
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


def _label(channel: str) -> str:
    """Only real channels: a label per made-up path would be a time series per attack."""
    return channel if channel in _CHANNELS else "unknown"


@cache
def _counter(channel: str, outcome: str) -> Counter:
    return REQUESTS.labels(channel, outcome)
