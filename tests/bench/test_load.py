"""The load generator counts what it is told, keeps its rate, and does not hide a server that is slow or gone."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from bench.load import Load, whole_answer
from bench.report import CannotMeasure
from bench.webhooks import http_post
from tools.servers import free_port

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[int]:
    app = web.Application()
    app.add_routes([web.post("/", handler)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def requests(port: int, count: int) -> list[bytes]:
    return [http_post(port, "/", f"{number}".encode(), {}) for number in range(count)]


async def test_every_request_is_sent_once_and_counted_by_its_answer() -> None:
    seen: list[int] = []

    async def take(request: web.Request) -> web.Response:
        seen.append(int(await request.read()))
        return web.Response(status=503 if seen[-1] % 10 == 0 else 200)

    async with serving(take) as port:
        tally = await Load(port, requests(port, 200), connections=8).flood(seconds=20)
    assert sorted(seen) == list(range(200))
    assert tally.count == {200: 180, 503: 20}
    assert [index for index, status in enumerate(tally.statuses) if status == 503] == list(range(0, 200, 10))
    with pytest.raises(CannotMeasure, match="not every request was accepted"):
        tally.unrefused()


async def test_a_flood_ends_when_its_time_is_up() -> None:
    async def slowly(request: web.Request) -> web.Response:
        await asyncio.sleep(0.02)
        return web.Response()

    async with serving(slowly) as port:
        began = time.monotonic()
        tally = await Load(port, requests(port, 10_000), connections=2).flood(seconds=0.3)
    assert time.monotonic() - began < 5
    assert 0 < tally.accepted < 1000


async def test_the_wait_of_a_request_that_found_no_free_connection_counts() -> None:
    async def slowly(request: web.Request) -> web.Response:
        await asyncio.sleep(0.05)
        return web.Response()

    async with serving(slowly) as port:
        tally = await Load(port, requests(port, 20), connections=1).pace(100, seconds=20)
    assert tally.accepted == 20
    gaps = [after - before for before, after in zip(tally.due_at, tally.due_at[1:], strict=False)]
    assert gaps == pytest.approx([0.01] * 19), "they were due at the rate asked for, whatever the server did"
    assert tally.wait_ms(100) >= 20 * 50 - 20 * 10 - 10, "the last one waited for all before it"


async def test_connections_that_the_server_closes_are_not_taken_for_answers() -> None:
    async def vanish(request: web.Request) -> web.Response:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    async with serving(vanish) as port:
        tally = await Load(port, requests(port, 50), connections=3).flood(seconds=5)
    assert tally.accepted == 0
    assert tally.count[0] == 3, "one on each connection; nobody is left to send the rest"
    with pytest.raises(CannotMeasure, match="no request was accepted"):
        _ = tally.per_s


async def test_nobody_listening_cannot_be_measured() -> None:
    port = free_port()
    with pytest.raises(CannotMeasure, match="takes no connections"):
        await Load(port, requests(port, 1), connections=1).flood(seconds=1)


@pytest.mark.parametrize(
    ("received", "status"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", 200),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab", None),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204),
        (b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n", None),
    ],
)
def test_an_answer_counts_when_all_of_it_is_there(received: bytes, status: int | None) -> None:
    assert whole_answer(received) == status
