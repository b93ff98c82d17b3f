import asyncio
import gzip
import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.accounts import ConnectorDirectory
from connectors.bodies import BodyLimits
from connectors.ingress import REQUESTS, IngressLimits
from connectors.limits import client_address, networks
from hub.errors import BusUnavailable
from hub.events import MessageReceived, UnsupportedReceived
from storage import accounts as account_store
from storage.unit_of_work import Units
from tests.connectors import edge
from tests.connectors.kit import HOSTILE_BODIES


@dataclass
class Edge:
    url: str
    shelf: edge.Shelf
    drawer: edge.Drawer
    directory: ConnectorDirectory
    units: Units
    session: aiohttp.ClientSession

    async def post(self, body: bytes, *, path: str = "/webhooks/facebook/post-main", **headers: str) -> "Answer":
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        signed = {"X-Signature": edge.signature(body), **named}
        async with self.session.post(self.url + path, data=io.BytesIO(body), headers=signed) as response:
            return Answer(response.status, await response.read(), dict(response.headers))


@dataclass
class Answer:
    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def problem(self) -> dict[str, Any]:
        assert self.headers["Content-Type"] == "application/problem+json"
        problem: dict[str, Any] = orjson.loads(self.body)
        assert problem["status"] == self.status
        return problem


LIMITS = IngressLimits(publish_s=1.0, in_flight_max=3, body=BodyLimits(bytes_max=600_000, read_s=0.5))


@pytest.fixture
async def hub(units: Units) -> AsyncIterator[Edge]:
    await edge.add_account(units)
    shelf, drawer = edge.Shelf(), edge.Drawer()
    async with (
        edge.directory_of(units) as directory,
        edge.ingress_at(directory, shelf, drawer, limits=LIMITS) as url,
        aiohttp.ClientSession() as session,
    ):
        yield Edge(url, shelf, drawer, directory, units, session)


async def test_a_signed_webhook_is_published_and_answered_as_its_connector_says(hub: Edge) -> None:
    answer = await hub.post(edge.letters("chào shop", "còn hàng không ạ"))
    assert (answer.status, answer.body) == (202, b"127.0.0.1")
    assert hub.shelf.texts == ["chào shop", "còn hàng không ạ"]
    assert {event.key for event in hub.shelf.events} == {"post-main|lan"}


async def test_nothing_is_answered_before_the_events_are_durable(hub: Edge) -> None:
    hub.shelf.gate.clear()
    posting = asyncio.create_task(hub.post(edge.letters("chào")))
    while not hub.shelf.waiting:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    assert not posting.done()
    hub.shelf.gate.set()
    assert (await posting).status == 202


async def test_a_log_that_is_away_means_503_and_come_again(hub: Edge) -> None:
    hub.shelf.trouble = BusUnavailable("no quorum", retry_after_s=7)
    answer = await hub.post(edge.letters("chào"))
    assert (answer.status, answer.headers["Retry-After"]) == (503, "7")
    assert answer.problem["code"] == "try_again"
    assert "quorum" not in answer.body.decode()
    hub.shelf.trouble = None
    assert (await hub.post(edge.letters("chào"))).status == 202


async def test_more_than_the_bound_in_flight_means_503_and_the_others_are_served(hub: Edge) -> None:
    hub.shelf.gate.clear()
    posts = [asyncio.create_task(hub.post(edge.letters(f"chào {i}"))) for i in range(10)]
    while sum(post.done() for post in posts) < 7:
        await asyncio.sleep(0.01)
    hub.shelf.gate.set()
    statuses = sorted([(await post).status for post in posts])
    assert statuses == [202] * 3 + [503] * 7
    assert len(hub.shelf.events) == 3
    assert (await hub.post(edge.letters("và tôi"))).status == 202


@pytest.mark.parametrize("given_signature", ["", "00", "không phải chữ ký", edge.signature(b"another body")])
async def test_what_is_not_signed_is_refused_and_counted_and_nothing_is_stored(hub: Edge, given_signature: str) -> None:
    refused = REQUESTS.labels("facebook", "SignatureInvalid")
    before = refused._value.get()
    body = edge.letters("giả mạo")
    async with hub.session.post(
        hub.url + "/webhooks/facebook/post-main", data=body, headers={"X-Signature": given_signature}
    ) as response:
        assert response.status == 401
    assert refused._value.get() == before + 1
    assert hub.shelf.events == []


async def test_unknown_channels_accounts_and_inactive_ones_get_the_same_404(hub: Edge) -> None:
    await edge.add_account(hub.units, "post-closed")
    async with hub.units.begin() as work:
        await account_store.change(work, edge.box(), "post-closed", active=False)
        await work.commit()
    hub.directory.forget()
    paths = [
        "/webhooks/zalo/post-main",
        "/webhooks/nope/x",
        "/webhooks/facebook/nope",
        "/webhooks/facebook/post-closed",
    ]
    answers = [await hub.post(edge.letters("chào"), path=path) for path in paths]
    assert {answer.status for answer in answers} == {404}
    assert len({answer.body for answer in answers}) == 1
    assert answers[0].problem["code"] == "account_unknown"
    assert hub.shelf.events == []


async def test_the_tail_of_a_path_reaches_the_connector(hub: Edge) -> None:
    answer = await hub.post(edge.letters("chào"), path="/webhooks/facebook/post-main/event/late?x=1")
    assert answer.status == 202


async def test_a_handshake_is_answered_as_plain_text_that_no_browser_runs(hub: Edge) -> None:
    headers = {"X-Signature": edge.signature(b"")}
    url = hub.url + "/webhooks/facebook/post-main?challenge=%3Cscript%3E"
    async with hub.session.get(url, headers=headers) as response:
        assert await response.text() == "<script>"
        assert response.headers["Content-Type"] == "text/plain"
        assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", sorted(HOSTILE_BODIES))
async def test_hostile_bodies_are_refused_with_a_problem_and_never_with_500(hub: Edge, name: str) -> None:
    answer = await hub.post(HOSTILE_BODIES[name])
    assert answer.status in (400, 413), answer
    assert answer.problem["code"]
    assert hub.shelf.events == []


async def test_a_body_that_is_too_large_is_refused_by_its_length_or_its_size(hub: Edge) -> None:
    large = b"x" * 700_000

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(7):
            yield b"x" * 100_000

    assert (await hub.post(large)).status == 413
    async with hub.session.post(hub.url + "/webhooks/facebook/post-main", data=chunks()) as response:
        assert response.status == 413


async def test_a_compressed_body_is_refused_unread(hub: Edge) -> None:
    bomb = gzip.compress(b"\0" * 5_000_000)
    answer = await hub.post(bomb, Content_Encoding="gzip")
    assert (answer.status, answer.problem["code"]) == (415, "body_encoded")


async def test_a_slow_body_is_cut_with_408_and_the_connection_closed(hub: Edge) -> None:
    where = urlsplit(hub.url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    try:
        head = "POST /webhooks/facebook/post-main HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n"
        writer.write(head.encode() + b"{")
        async with asyncio.timeout(15):
            answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 408 ")
    finally:
        writer.close()


async def test_a_caller_that_leaves_after_the_publish_began_loses_nothing(hub: Edge) -> None:
    hub.shelf.gate.clear()
    body = edge.letters("đi đây")
    where = urlsplit(hub.url)
    _, writer = await asyncio.open_connection(where.hostname, where.port)
    head = f"POST /webhooks/facebook/post-main HTTP/1.1\r\nHost: h\r\nX-Signature: {edge.signature(body)}\r\n"
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    while not hub.shelf.waiting:
        await asyncio.sleep(0.01)
    writer.transport.abort()
    await asyncio.sleep(0.1)
    hub.shelf.gate.set()
    async with asyncio.timeout(15):
        while hub.shelf.texts != ["đi đây"]:
            await asyncio.sleep(0.01)


async def test_an_event_too_large_for_the_log_stands_there_as_a_reference_to_the_whole_body(hub: Edge) -> None:
    body = edge.letters("ngắn", "ế" * 95_000)
    assert (await hub.post(body)).status == 202
    short, long = [event.data for event in hub.shelf.events]
    assert isinstance(short, MessageReceived)
    assert short.text == "ngắn"
    assert isinstance(long, UnsupportedReceived)
    assert (long.kind, long.dedupe_key, long.identity) == ("oversized", "m1", "lan")
    assert hub.drawer.bodies[orjson.loads(long.raw)["blob"]] == body


async def test_what_a_connector_had_to_cut_is_kept_whole_as_well(hub: Edge) -> None:
    body = orjson.dumps({"letters": [{"id": "m1", "from": "lan", "verse": "lục bát " * 10_000}]})
    assert (await hub.post(body)).status == 202
    [event] = hub.shelf.events
    assert isinstance(event.data, UnsupportedReceived)
    told = orjson.loads(event.data.raw)
    assert hub.drawer.bodies[told["blob"]] == body
    assert told["excerpt"].startswith('"lục bát lục bát')


async def test_smuggled_and_broken_requests_get_400_and_a_closed_connection(hub: Edge) -> None:
    where = urlsplit(hub.url)
    path = "POST /webhooks/facebook/post-main HTTP/1.1\r\nHost: h\r\n"
    for raw in (
        path + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        path + "Content-Length: +5\r\n\r\nhello",
        path + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        path + "Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
    ):
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        writer.write(raw.encode())
        async with asyncio.timeout(5):
            answer = await reader.read()
        assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 ")), (raw, answer)
        writer.close()
    assert hub.shelf.events == []


async def test_a_change_of_an_account_counts_within_a_second(hub: Edge) -> None:
    assert (await hub.post(edge.letters("trước"))).status == 202
    await change(hub, active=False)
    async with asyncio.timeout(15):
        while (await hub.post(edge.letters("sau"))).status != 404:
            await asyncio.sleep(0.05)


async def test_a_connector_is_built_anew_for_new_settings_only(hub: Edge) -> None:
    assert (await hub.post(edge.letters("một"))).status == 202
    built = edge.PostOffice.built
    for changes in ({"display_name": "Bưu điện lớn"}, {"active": False}, {"active": True}):
        await change(hub, **changes)
        hub.directory.forget()
        await hub.directory.find("post-main")
    assert edge.PostOffice.built == built
    await change(hub, settings={"greeting": "Chào bạn"})
    hub.directory.forget()
    assert (await hub.post(edge.letters("hai"))).status == 202
    assert edge.PostOffice.built == built + 1


async def change(hub: Edge, **changes: Any) -> None:
    async with hub.units.begin() as work:
        await account_store.change(work, edge.box(), "post-main", **changes)
        await work.commit()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["letters", "id", "from", "text"]), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=300) | JSON.map(lambda value: json.dumps(value).encode()))
async def test_no_body_that_its_connector_refuses_is_answered_with_500(hub: Edge, body: bytes) -> None:
    assert (await hub.post(body)).status in (202, 400)


PROXIES = networks(["10.0.0.0/8", "::1"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "believed"),
    [
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),  # a stranger may claim what it likes
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.2.3.4, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),  # the leftmost was the client's own lie
        ("10.0.0.1", ["1.2.3.4", "198.51.100.1"], "198.51.100.1"),  # two headers are one list
        ("::1", ["[2001:db8::7]:4711"], "2001:db8::7"),
        ("10.0.0.1", ["198.51.100.1:5000"], "198.51.100.1"),
        ("10.0.0.1", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1, nonsense"], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.3"], "10.0.0.3"),
        (None, ["198.51.100.1"], "198.51.100.1"),
    ],
)
def test_only_hops_that_our_own_proxies_saw_are_believed(peer: str | None, forwarded: list[str], believed: str) -> None:
    assert client_address(peer, forwarded, PROXIES) == believed
