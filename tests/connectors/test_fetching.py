import asyncio
import gzip
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from connectors.fetching import (
    Fetcher,
    FetchFailed,
    FetchRefused,
    FetchRules,
    NotPublic,
    PublicResolver,
    checked_url,
    is_public,
)
from tests.connectors.edge import serving

RULES = FetchRules(bytes_max=100_000, total_s=1.0, connect_s=0.5, silence_s=0.5, loopback_allowed=True)


@asynccontextmanager
async def fetcher(rules: FetchRules = RULES) -> AsyncIterator[Fetcher]:
    it = Fetcher(rules)
    await it.start()
    try:
        yield it
    finally:
        await it.stop()


class Cdn:
    """Serves what its paths say, and remembers the headers it was shown."""

    def __init__(self) -> None:
        self.headers: dict[str, dict[str, str]] = {}
        self.app = web.Application()
        self.app.router.add_get("/{name:.*}", self._serve)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        self.headers[name] = dict(request.headers)
        match name.partition("/")[0]:
            case "file":
                return web.Response(body=b"content")
            case "to":
                return web.Response(status=302, headers={"Location": request.query["where"]})
            case "loop":
                return web.Response(status=301, headers={"Location": "/loop"})
            case "bomb":
                return web.Response(body=gzip.compress(b"\0" * 10**7), headers={"Content-Encoding": "gzip"})
            case "large":
                return web.Response(body=b"x" * 100_001)
            case "endless":
                return await self._endless(request, b"x" * 10_000, 0.0)
            case "slow":
                return await self._endless(request, b"x", 0.2)
            case "silent":
                await asyncio.sleep(5)
        return web.Response(status=404)

    async def _endless(self, request: web.Request, piece: bytes, pause_s: float) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(1000):
            await response.write(piece)
            await asyncio.sleep(pause_s)
        return response


@pytest.fixture
async def cdn() -> AsyncIterator[tuple[Cdn, str]]:
    it = Cdn()
    async with serving(it.app) as url:
        yield it, url


async def test_a_file_comes_whole_over_a_few_redirects(cdn: tuple[Cdn, str]) -> None:
    _, url = cdn
    async with fetcher() as it:
        assert await it.fetch(f"{url}/file") == b"content"
        assert await it.fetch(f"{url}/to?where=/to%3Fwhere=/file") == b"content"


@pytest.mark.parametrize("path", ["loop", "bomb", "large", "endless"])
async def test_what_is_too_much_is_refused(cdn: tuple[Cdn, str], path: str) -> None:
    async with fetcher() as it:
        with pytest.raises(FetchRefused):
            await it.fetch(f"{cdn[1]}/{path}")


@pytest.mark.parametrize("path", ["slow", "silent", "missing"])
async def test_what_may_come_later_has_only_failed_and_in_time(cdn: tuple[Cdn, str], path: str) -> None:
    async with asyncio.timeout(3), fetcher() as it:
        with pytest.raises(FetchFailed):
            await it.fetch(f"{cdn[1]}/{path}")


async def test_credentials_are_made_for_each_hop_and_go_nowhere_else(cdn: tuple[Cdn, str]) -> None:
    it, url = cdn
    asked = []

    def headers_for(address: str) -> dict[str, str]:
        asked.append(address)
        return {"X-Auth": "secret"} if "/to" in address else {}

    async with fetcher() as fetch:
        await fetch.fetch(f"{url}/to?where=/file", headers_for=headers_for)
    assert [address.removeprefix(url) for address in asked] == ["/to?where=/file", "/file"]
    assert it.headers["to"]["X-Auth"] == "secret"
    assert "X-Auth" not in it.headers["file"]


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "gopher://x/",
        "http://10.0.0.1/",
        "//[::ffff:a00:1]/",
    ],
)
async def test_a_redirect_to_where_nobody_should_go_is_refused(cdn: tuple[Cdn, str], target: str) -> None:
    async with fetcher() as it:
        with pytest.raises(FetchRefused):
            await it.fetch(f"{cdn[1]}/to?where={target}")


LOCAL = (
    "http://127.0.0.1/", "http://localhost/", "http://[::1]/", "http://0x7f.1/", "http://2130706433/", "http://0/",
    "http://017700000001/", "http://[::ffff:127.0.0.1]/", "http://127.1/", "http://169.254.169.254/",
    "http://10.1.2.3/", "http://192.168.0.1/", "http://172.16.0.1/", "http://100.64.0.1/", "http://224.0.0.1/",
    "http://[fe80::1]/", "http://[fc00::1]/", "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://[::]/",
)  # fmt: skip


@pytest.mark.parametrize("url", LOCAL)
async def test_no_spelling_of_a_local_address_is_reached(url: str) -> None:
    async with fetcher(FetchRules(total_s=3.0)) as it:
        with pytest.raises(FetchRefused):
            await it.fetch(url)


async def test_a_local_server_is_not_reached_even_on_a_usual_port_by_any_name(cdn: tuple[Cdn, str]) -> None:
    resolver = PublicResolver(loopback_allowed=False)
    for name in ("localhost", "127.0.0.1", "2130706433", "0x7f.1"):
        with pytest.raises(NotPublic):
            await resolver.resolve(name, 80, socket.AF_INET)


@pytest.mark.parametrize(
    "url",
    [
        "", "nonsense", "//x", "file:///etc/passwd", "ftp://a.fbcdn.net/", "javascript:alert(1)",
        "https://user:pw@a.fbcdn.net/", "https://a.fbcdn.net:8443/", "https://fbcdn.net.evil.vn/",
        "https://evilfbcdn.net/", "https://evil.vn/?x=a.fbcdn.net", "https://evil.vn\\@a.fbcdn.net/",
        "https://93.184.216.34/", "https://a.fbcdn.net:99999/", "http://a.fbcdn.net:22/",
    ],
)  # fmt: skip
def test_addresses_outside_the_list_are_refused(url: str) -> None:
    with pytest.raises(FetchRefused):
        checked_url(url, ("fbcdn.net", "fbsbx.com"))


@pytest.mark.parametrize("url", ["https://scontent.xx.FBCDN.net/v/a%2Fb.jpg?oe=A%3D", "http://fbcdn.net./x"])
def test_addresses_on_the_list_pass_as_they_are(url: str) -> None:
    assert str(checked_url(url, ("fbcdn.net",))).lower() == url.lower()


def test_public_addresses_are_public() -> None:
    assert is_public("93.184.216.34")
    assert is_public("2606:2800:220:1:248:1893:25c8:1946")
    assert not is_public("240.0.0.1")
    assert not is_public("255.255.255.255")
    assert not is_public("no address")
