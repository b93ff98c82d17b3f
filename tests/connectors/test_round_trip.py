"""Connector and simulated provider, two readings of the same documents, over real HTTP in both directions."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from bench.simulators.facebook import FacebookSimulator
from bench.simulators.serving import Serving
from bench.simulators.zalo import ZaloSimulator
from connectors.base import Connector, RawRequest
from connectors.facebook.connector import FacebookConnector
from connectors.zalo.connector import ZaloConnector
from hub.errors import BadInput
from hub.events import (
    Author,
    DeliveryState,
    MessageEdited,
    MessageReceived,
    ProfileReceived,
    ReceiptReceived,
    Strength,
    TouchpointEvent,
    UnsupportedReceived,
)
from tests.connectors.facebook.support import PSID
from tests.connectors.facebook.support import settings as facebook_settings
from tests.connectors.kit import ATTEMPT, context_for, reply
from tests.connectors.zalo.support import USER
from tests.connectors.zalo.support import settings as zalo_settings


class Received:
    """What a webhook receiver believed, and how often it still has to say 503."""

    def __init__(self) -> None:
        self.events: list[TouchpointEvent] = []
        self.repeats: list[str | None] = []
        self.refusals = 0
        self.unavailable = 0

    def of(self, kind: type[TouchpointEvent], wanted: Callable[[Any], bool] = lambda event: True) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind) and wanted(event)]


@asynccontextmanager
async def receiver(connector: Connector) -> AsyncIterator[tuple[str, Received]]:
    """A receiver at an address: verify, parse, keep, answer."""
    received = Received()

    async def handle(request: web.Request) -> web.Response:
        raw = await _raw(request)
        received.repeats.append(raw.headers.get("num_retry"))
        if received.unavailable:
            received.unavailable -= 1
            return web.Response(status=503)
        try:
            connector.verify(raw)
            parsed = connector.parse(raw)
        except BadInput as problem:
            received.refusals += 1
            return web.Response(status=problem.status)
        received.events += parsed.events
        return web.Response(status=parsed.answer.status, body=parsed.answer.body)

    app = web.Application()
    app.router.add_route("*", "/hook", handle)
    serving = Serving(app)
    await serving.start()
    yield f"{serving.url}/hook", received
    await serving.stop()


async def _raw(request: web.Request) -> RawRequest:
    headers = {name.lower(): value for name, value in request.headers.items()}
    query, body = dict(request.query), await request.read()
    return RawRequest(request.method, request.path, request.path_qs, query, headers, body, "127.0.0.1")


async def test_a_conversation_on_facebook() -> None:
    page = FacebookSimulator(receipts=True)
    await page.start()
    account = facebook_settings(graph_url=page.url)
    async with context_for(account, "facebook-main") as context:
        connector = FacebookConnector.build(account, context)
        async with receiver(connector) as (url, received):
            page.callback_url = url
            received.unavailable = 1
            mid = await page.customer_says(PSID, "Còn hàng không? 🛒", name="Lan Nguyễn")
            await page.customer_edits(PSID, mid, "Còn size M không?")
            await page.customer_sends_image(PSID)
            await page.customer_taps(PSID, "Gặp nhân viên", "TALK_TO_HUMAN")
            await page.customer_comments("7300000000000002", "Minh", "Giá?")
            await page.staff_says(PSID, "Em chào chị")
            sent = await connector.send(reply(PSID))
            profile = await connector.fetch_profile(PSID)
            assert await connector.fetch_profile("7300000000000404") is None
            await page.settled()
    await page.stop()

    assert received.refusals == 0
    assert profile is not None
    assert (profile.display_name, profile.avatar_url) == ("Lan Nguyễn", f"{page.url}/cdn/face.png")
    first, picture, tap = received.of(MessageReceived, lambda event: event.author is Author.CUSTOMER)
    assert (first.text, first.provider_message_id, tap.button_payload) == ("Còn hàng không? 🛒", mid, "TALK_TO_HUMAN")
    assert picture.attachments[0].url.startswith(page.url)
    assert [edit.text for edit in received.of(MessageEdited)] == ["Còn size M không?"]
    assert [comment.kind for comment in received.of(UnsupportedReceived)] == ["comment"]
    staff, ours = received.of(MessageReceived, lambda event: event.author is Author.BUSINESS)
    assert (staff.attempt_id, ours.attempt_id) == (None, ATTEMPT)
    assert (ours.provider_message_id,) == sent.provider_message_ids
    assert {e.state for e in received.of(ReceiptReceived)} == {DeliveryState.DELIVERED, DeliveryState.READ}


async def test_a_conversation_on_zalo() -> None:
    oa = ZaloSimulator(receipts=True)
    await oa.start()
    account = zalo_settings(api_url=oa.url, oauth_url=oa.url)
    async with context_for(account, "zalo-main") as context:
        connector = ZaloConnector.build(account, context)
        async with receiver(connector) as (url, received):
            oa.callback_url = url
            received.unavailable = 2
            message_id = await oa.customer_says(USER, "Còn hàng không? 🛒", name="Lan Nguyễn")
            await oa.customer_follows(USER)
            await oa.customer_shares_info(USER, "Lan Nguyễn", "84900000002")
            await oa.staff_says(USER, "Em chào chị")
            sent = await connector.send(reply(USER))
            profile = await connector.fetch_profile(USER)
            assert await connector.fetch_profile("2200000000000000404") is None
            await oa.settled()
    await oa.stop()

    assert received.refusals == 0
    assert profile is not None
    assert (profile.display_name, profile.avatar_url) == ("Lan Nguyễn", f"{oa.url}/cdn/face.png")
    assert received.repeats[:3] == [None, "1", "2"]
    (first,) = received.of(MessageReceived, lambda event: event.author is Author.CUSTOMER)
    assert (first.text, first.provider_message_id) == ("Còn hàng không? 🛒", message_id)
    _, info = received.of(ProfileReceived)
    assert info.evidence[0].strength is Strength.ATTESTED
    staff, ours = received.of(MessageReceived, lambda event: event.author is Author.BUSINESS)
    assert (staff.staff_name is None, ours.staff_name) == (False, None)
    assert (ours.provider_message_id,) == sent.provider_message_ids
    assert {e.state for e in received.of(ReceiptReceived)} == {DeliveryState.DELIVERED, DeliveryState.READ}


async def test_a_webhook_that_is_never_answered_is_given_up_in_the_end() -> None:
    page = FacebookSimulator(retry_delays_s=(0.01, 0.01))
    await page.start()
    page.callback_url = f"{page.url}/nothing-here"
    await page.customer_says(PSID, "alo")
    await page.stop()
    assert [(posted.status, posted.attempts) for posted in page.poster.posted] == [(404, 3)]


async def test_a_forged_webhook_is_refused() -> None:
    forger = FacebookSimulator(app_secret="a-guessed-secret", retry_delays_s=())
    await forger.start()
    account = facebook_settings(graph_url=forger.url)
    async with (
        context_for(account, "facebook-main") as context,
        receiver(FacebookConnector.build(account, context)) as (url, received),
    ):
        forger.callback_url = url
        await forger.customer_says(PSID, "tin giả")
    await forger.stop()
    assert (received.events, received.refusals) == ([], 1)
