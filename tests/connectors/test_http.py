"""The provider HTTP client against servers that refuse, cut, hang and answer too much."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
import structlog
from aiohttp import web

from bench.simulators.serving import Serving
from connectors.http import ProviderHttp
from hub.errors import OutcomeUnknown, SendTransient

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
SECRET = "s3cr3t-token-value"


@pytest.fixture
async def http() -> AsyncIterator[ProviderHttp]:
    client = ProviderHttp()
    await client.start()
    yield client
    await client.stop()


@pytest.fixture
async def impatient() -> AsyncIterator[ProviderHttp]:
    client = ProviderHttp(connect_s=0.3)
    await client.start()
    yield client
    await client.stop()


@pytest.fixture
def every_line_is_logged() -> Iterator[None]:
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG))
    yield
    structlog.configure(**before)


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[Handler], Awaitable[str]]]:
    """Serves one handler for every path; the answer is its base address."""
    running: list[Serving] = []

    async def start(handler: Handler) -> str:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)
        running.append(Serving(app))
        await running[-1].start()
        return running[-1].url

    yield start
    for serving in running:
        await serving.stop()


async def test_any_status_is_an_answer_with_headers_of_any_case(http: ProviderHttp, serve: "Serve") -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=418, text=await request.text(), headers={"X-Usage": "1"})

    answer = await http.request("POST", await serve(handler) + "/x", json={"chữ": "tiếng Việt"})
    assert (answer.status, answer.body.decode(), answer.headers["x-usage"]) == (418, '{"chữ":"tiếng Việt"}', "1")


async def test_files_keep_their_vietnamese_names(http: ProviderHttp, serve: "Serve") -> None:
    async def handler(request: web.Request) -> web.Response:
        form = await request.post()
        upload = form["file"]
        assert isinstance(upload, web.FileField)
        return web.Response(text=f"{form['a']!r}|{upload.filename}|{upload.content_type}|{upload.file.read()!r}")

    files = {"file": ('đơn "hàng"\r\n.pdf', b"%PDF", "application/pdf")}
    answer = await http.request("POST", await serve(handler), form={"a": "b"}, files=files)
    assert answer.body.decode() == "'b'|đơn _hàng___.pdf|application/pdf|b'%PDF'"


async def test_a_refused_connection_certainly_sent_nothing(http: ProviderHttp) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(SendTransient):
        await http.request("POST", f"http://127.0.0.1:{port}/x", json={})


async def test_a_name_that_does_not_resolve_certainly_sent_nothing(http: ProviderHttp) -> None:
    with pytest.raises(SendTransient):
        await http.request("POST", "https://provider.invalid/x", json={})


async def test_a_server_that_speaks_no_tls_was_sent_nothing(http: ProviderHttp, serve: "Serve") -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response()

    url = (await serve(handler)).replace("http://", "https://")
    with pytest.raises(SendTransient):
        await http.request("POST", url, json={})


async def test_a_handshake_that_never_ends_certainly_sent_nothing(impatient: ProviderHttp) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(SendTransient):
            await impatient.request("POST", f"https://127.0.0.1:{port}/x", json={})


async def test_a_cut_after_the_request_leaves_the_outcome_unknown(http: ProviderHttp, serve: "Serve") -> None:
    async def handler(request: web.Request) -> web.Response:
        await request.read()
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    with pytest.raises(OutcomeUnknown):
        await http.request("POST", await serve(handler), json={})


async def test_a_cut_in_the_middle_of_the_answer_leaves_the_outcome_unknown(http: ProviderHttp, serve: "Serve") -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Length": "100"})
        await answer.prepare(request)
        await answer.write(b"half")
        assert request.transport is not None
        request.transport.abort()
        return answer

    with pytest.raises(OutcomeUnknown):
        await http.request("POST", await serve(handler), json={})


async def test_a_hanging_server_leaves_the_outcome_unknown_in_time(http: ProviderHttp, serve: "Serve") -> None:
    async def handler(request: web.Request) -> web.Response:
        await asyncio.sleep(3)
        return web.Response()

    async with asyncio.timeout(2):
        with pytest.raises(OutcomeUnknown):
            await http.request("POST", await serve(handler), json={}, timeout_s=0.2)


async def test_a_server_that_drips_its_answer_is_left_in_time(impatient: ProviderHttp, serve: "Serve") -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        for _ in range(30):
            await answer.write(b".")
            await asyncio.sleep(0.1)
        return answer

    async with asyncio.timeout(2):
        with pytest.raises(OutcomeUnknown):
            await impatient.request("POST", await serve(handler), json={}, timeout_s=0.3)


async def test_an_endless_answer_is_not_kept(http: ProviderHttp, serve: "Serve") -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(body=b"x" * (2 * 1024 * 1024))

    with pytest.raises(OutcomeUnknown):
        await http.request("POST", await serve(handler), json={})


async def test_redirects_are_answers_and_never_followed(http: ProviderHttp, serve: "Serve") -> None:
    seen: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request.path)
        return web.Response(status=302, headers={"Location": "/elsewhere"})

    answer = await http.request("POST", await serve(handler) + "/here", json={})
    assert (answer.status, seen) == (302, ["/here"])


async def test_cookies_of_one_account_never_reach_another(http: ProviderHttp, serve: "Serve") -> None:
    seen: list[str | None] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Cookie"))
        return web.Response(headers={"Set-Cookie": "a=b"})

    url = await serve(handler)
    await http.request("GET", url)
    await http.request("GET", url)
    assert seen == [None, None]


@pytest.mark.parametrize("url", ["http://graph.facebook.com/x", "ftp://127.0.0.1/x", "/x", "https://", "nonsense"])
async def test_credentials_never_leave_in_clear_text(http: ProviderHttp, url: str) -> None:
    with pytest.raises(SendTransient):
        await http.request("POST", url, json={})


@pytest.mark.usefixtures("every_line_is_logged")
async def test_no_log_line_and_no_error_holds_a_secret(http: ProviderHttp, serve: "Serve") -> None:
    async def handler(request: web.Request) -> web.Response:
        if request.path == "/cut":
            assert request.transport is not None
            request.transport.abort()
        return web.Response(text=SECRET)

    url = await serve(handler)
    headers = {"access_token": SECRET, "Authorization": f"Bearer {SECRET}", "secret_key": SECRET}
    with structlog.testing.capture_logs() as lines:
        await http.request("POST", f"{url}/ok?access_token={SECRET}", headers=headers, form={"refresh_token": SECRET})
        with pytest.raises(OutcomeUnknown) as failure:
            await http.request("POST", f"{url}/cut?access_token={SECRET}", headers=headers, json={"t": SECRET})
    assert [line["event"] for line in lines] == ["provider_request", "provider_request_failed"]
    assert SECRET not in repr(lines) + str(failure.value) + repr(failure.value)


async def test_a_client_that_was_not_started_says_so() -> None:
    with pytest.raises(RuntimeError):
        await ProviderHttp().request("GET", "https://127.0.0.1/")


Serve = Callable[[Handler], Awaitable[str]]
