"""What automation tells other systems: signed, until it is taken, and to nobody inside."""

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp import web
from aiohttp.test_utils import TestServer

from connectors.fetching import Fetcher, FetchRules
from connectors.webhook_calls import WebhookCalls, WebhookPace
from hub.clock import ManualClock
from hub.ids import EventId, new_id
from storage import tables, webhook_calls
from storage.unit_of_work import Units
from storage.webhook_calls import WebhookCall

KEYS = (b"k" * 32, b"o" * 32)


class Other:
    """Another system, which answers as it is told."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []

    async def take(self, request: web.Request) -> web.Response:
        self.heard.append((dict(request.headers), await request.read()))
        status = self.answers.pop(0) if self.answers else 204
        return web.Response(status=status, headers={"Location": "/elsewhere"} if status == 302 else {})


@pytest.fixture
async def other() -> AsyncIterator[tuple[Other, str]]:
    system, app = Other(), web.Application()
    app.router.add_post("/{rest:.*}", system.take)
    async with TestServer(app, host="127.0.0.1") as server:
        yield system, str(server.make_url("/hook"))


@pytest.fixture
async def sender(units: Units) -> AsyncIterator[Callable[..., Awaitable[WebhookCalls]]]:
    started: list[Fetcher] = []

    async def make(*, loopback_allowed: bool = True) -> WebhookCalls:
        fetcher = Fetcher(FetchRules(loopback_allowed=loopback_allowed))
        await fetcher.start()
        started.append(fetcher)
        return WebhookCalls(units, fetcher, KEYS, pace=WebhookPace(retry_s=(5, 30), answer_s=2.0))

    yield make
    for fetcher in started:
        await fetcher.stop()


async def queued(units: Units, url: str, body: bytes = b'{"a":1}') -> WebhookCall:
    now = units.clock.now()
    call = WebhookCall(
        id=new_id(), rule_id="r", event_id=EventId(new_id()), url=url, body=body, made_at=now, next_attempt_at=now
    )
    async with units.begin() as work:
        await webhook_calls.add(work, call)
        await work.commit()
    return call


async def row(units: Units) -> Any:
    async with units.database.reading() as connection:
        return (await connection.execute(sa.select(tables.webhook_calls))).one()


async def test_a_call_is_signed_so_that_who_knows_the_secret_can_tell(
    units: Units, other: tuple[Other, str], sender: Any
) -> None:
    system, url = other
    call = await queued(units, url)
    calls = await sender()
    assert [await calls.call_due(), await calls.call_due()] == [1, 0]
    [(headers, body)] = system.heard
    signed = f"{call.id}.{int(units.clock.now().timestamp())}.".encode() + body
    marks = [base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in KEYS]
    assert headers["webhook-id"] == str(call.id)
    assert headers["webhook-signature"].split() == [f"v1,{mark}" for mark in marks]
    assert (await row(units)).state == "taken"


async def test_it_is_tried_again_with_growing_pauses_and_then_given_up(
    units: Units, other: tuple[Other, str], sender: Any, clock: ManualClock
) -> None:
    system, url = other
    system.answers = [500, 302, 503]
    call = await queued(units, url)
    calls = await sender()
    assert await calls.call_due() == 1
    for pause_s in (5, 30):
        clock.advance(pause_s - 1)
        assert await calls.call_due() == 0
        clock.advance(1)
        assert await calls.call_due() == 1
    assert [headers["webhook-id"] for headers, _ in system.heard] == [str(call.id)] * 3  # a redirect is no address
    found = await row(units)
    assert (found.state, found.attempts, found.problem) == ("failed", 3, "HTTP 503")
    clock.advance(3600)
    assert await calls.call_due() == 0


@pytest.mark.parametrize(
    "url",
    ["https://10.0.0.1/x", "https://169.254.169.254/latest", "https://user:pw@crm.example/x", "http://127.0.0.1:1/x"],
)
async def test_nothing_inside_is_called(units: Units, sender: Any, url: str) -> None:
    await queued(units, url)
    calls = await sender(loopback_allowed=False)
    assert await calls.call_due() == 1
    found = await row(units)
    assert (found.state, found.attempts) == ("failed", 1)


async def test_clear_text_goes_nowhere_but_to_this_machine(units: Units, sender: Any) -> None:
    await queued(units, "http://crm.example/x")
    assert await (await sender()).call_due() == 1
    assert (await row(units)).problem == "not https"


async def test_a_call_that_was_cut_off_is_made_again_and_old_ones_are_forgotten(
    units: Units, other: tuple[Other, str], sender: Any, clock: ManualClock
) -> None:
    await queued(units, other[1])
    [claimed] = await webhook_calls.claim(units, limit=1, lease=timedelta(seconds=60))
    calls = await sender()
    assert await calls.call_due() == 0
    clock.advance(60)
    assert await calls.call_due() == 1
    await webhook_calls.settle(units, claimed, "failed", problem="late")  # the one that was cut off says nothing now
    assert (await row(units)).state == "taken"
    clock.advance(31 * 24 * 3600)
    await webhook_calls.forget_old(units)
    async with units.database.reading() as connection:
        assert (await connection.execute(sa.select(tables.webhook_calls))).first() is None
