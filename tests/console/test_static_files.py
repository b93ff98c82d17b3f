"""The built console as it is served: cached for ever where the name says so, never from the file system."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from agent_console.headers import ALWAYS, PAGE_CSP
from agent_console.static_files import NOT_BUILT, load, page_handler

SCRIPT = "console.log('xin chào');" * 200


@pytest.fixture
async def url(tmp_path: Path) -> AsyncIterator[str]:
    """A console that was built into a folder, with a secret beside it."""
    built = tmp_path / "static"
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_text("<!doctype html><title>OneThread</title>")
    (built / "favicon.svg").write_text("<svg/>")
    (built / "assets/index-a1b2c3.js").write_text(SCRIPT)
    (tmp_path / "secret.key").write_text("secret")
    (built / "link").symlink_to(tmp_path / "secret.key")
    app = web.Application()
    app.add_routes([web.get("/{path:.*}", page_handler(load(built), https=True))])
    server = TestServer(app)
    await server.start_server()
    yield str(server.make_url("")).rstrip("/")
    await server.close()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        yield session


async def test_every_page_is_the_console(url: str, http: aiohttp.ClientSession) -> None:
    for path in ("/", "/conversations/123", "/admin/agents", "/index.html"):
        async with http.get(url + path) as answer:
            assert answer.status == 200
            assert "<title>OneThread</title>" in await answer.text()
            assert answer.headers["Content-Security-Policy"] == PAGE_CSP
            assert answer.headers["Cache-Control"] == "no-cache"
            assert "Strict-Transport-Security" in answer.headers
            for name, value in ALWAYS.items():
                assert answer.headers[name] == value


def test_the_page_allows_nothing_inline_and_nothing_foreign() -> None:
    assert "unsafe" not in PAGE_CSP
    assert "http" not in PAGE_CSP
    assert "default-src 'none'" in PAGE_CSP
    assert "frame-ancestors 'none'" in PAGE_CSP


async def test_a_file_whose_name_is_its_content_is_kept_for_ever(url: str, http: aiohttp.ClientSession) -> None:
    async with http.get(f"{url}/assets/index-a1b2c3.js", headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.headers["Content-Type"].startswith("text/javascript")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert gzip.decompress(await answer.read()).decode() == SCRIPT
        tag = answer.headers["ETag"]
    async with http.get(f"{url}/assets/index-a1b2c3.js", headers={"Accept-Encoding": "identity"}) as answer:
        assert (await answer.read()).decode() == SCRIPT
    async with http.get(f"{url}/assets/index-a1b2c3.js", headers={"If-None-Match": tag}) as answer:
        assert answer.status == 304


async def test_a_file_that_may_change_is_asked_for_again(url: str, http: aiohttp.ClientSession) -> None:
    async with http.get(f"{url}/favicon.svg") as answer:
        assert answer.headers["Cache-Control"] == "no-cache"
        assert answer.headers["Content-Type"] == "image/svg+xml"


async def test_no_path_leads_out_of_the_console(url: str, http: aiohttp.ClientSession) -> None:
    for path in ("/../secret.key", "/%2e%2e/secret.key", "/..%2fsecret.key", "/assets/../../secret.key", "/link"):
        async with http.get(url + path) as answer:
            assert b"secret" not in await answer.read(), path
    for path in ("/assets/old-d4e5f6.js", "/.env", "/wp-login.php"):
        async with http.get(url + path) as answer:
            assert answer.status == 404, path


async def test_a_console_that_was_never_built_says_so(tmp_path: Path) -> None:
    assert load(tmp_path / "nothing") == {}
    assert b"make web" in NOT_BUILT
