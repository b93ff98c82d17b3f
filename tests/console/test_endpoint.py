"""What every route does before its handler is asked: who, may they, does it fit; and how errors are told."""

import asyncio
from typing import Any

import orjson
import pytest

from agent_console.api import openapi
from agent_console.api.routes import ROUTES
from agent_console.headers import ALWAYS
from hub.errors import StorageUnavailable
from hub.ids import new_id
from hub.schemas import REPOSITORY
from storage.engine import Database
from tests.console.conftest import ORIGIN, Browser, Shop


@pytest.fixture
async def lan(shop: Shop) -> Browser:
    await shop.add_agent("lan")
    return await shop.sign_in("lan")


async def test_without_the_csrf_token_nothing_changes(lan: Browser) -> None:
    for token in ("", "wrong", lan.csrf[:-1], "ÿ"):
        said = await lan.send("PUT", "/presence", json={"status": "away"}, headers={"X-CSRF-Token": token})
        assert (said.status, said.code) == (403, "csrf")
    assert (await lan.get("/me")).body["presence"] == "available"


async def test_another_page_changes_nothing_even_with_the_token(lan: Browser) -> None:
    for origin in ("https://evil.example", "null", ORIGIN + ".evil.example", "http://[", "https://hub.test"):
        said = await lan.send("PUT", "/presence", json={"status": "away"}, headers={"Origin": origin})
        assert (said.status, said.code) == (403, "origin_foreign"), origin


async def test_the_page_may_come_through_another_name_of_the_same_host(lan: Browser) -> None:
    lan.origin = lan.shop.url
    assert (await lan.send("PUT", "/presence", json={"status": "away"})).status == 200


async def test_a_token_of_another_sign_in_is_worth_nothing(shop: Shop, lan: Browser) -> None:
    other = await shop.sign_in("lan")
    lan.csrf = other.csrf
    assert (await lan.send("PUT", "/presence", json={"status": "away"})).code == "csrf"


OTHER_MEDIA = [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "application/json; charset=latin-1",
]


async def test_only_json_is_taken_for_json(lan: Browser) -> None:
    for media in OTHER_MEDIA:
        said = await lan.send("PUT", "/presence", data=b'{"status":"away"}', headers={"Content-Type": media})
        assert (said.status, said.code) == (415, "media_type_wrong")


async def test_every_fault_of_a_body_is_told_with_its_place(lan: Browser) -> None:
    body = {"client_id": "short", "identity_id": "no uuid", "text": 7, "attachments": ["a"] * 11, "role": "admin"}
    case = await lan.shop.waiting("u1")
    said = await lan.post(f"/conversations/{case.conversation_id}/reply", body)
    assert (said.status, said.code) == (400, "invalid")
    assert said.headers["Content-Type"].startswith("application/problem+json")
    places = {fault["where"] for fault in said.body["faults"]}
    assert places == {"body.client_id", "body.identity_id", "body.text", "body.attachments", "body.role"}
    assert all(fault["problem"] for fault in said.body["faults"])


NO_JSON = [
    b"",
    b"{",
    b"null",
    b"[]",
    b'{"status":"away"}{',
    b'{"status":"\\ud800"}',
    b'{"status":NaN}',
    b'{"status":' + b"[" * 50_000,
    b"\xff\xfe",
    b'{"status":"away","status":"busy","x":1}',
]


async def test_a_body_that_is_no_json_of_ours_is_refused(lan: Browser) -> None:
    for body in NO_JSON:
        said = await lan.send("PUT", "/presence", data=body, headers={"Content-Type": "application/json"})
        assert said.status == 400
        assert said.code == "invalid"


async def test_a_character_that_no_database_keeps_is_refused(lan: Browser) -> None:
    case = await lan.shop.waiting("u1")
    said = await lan.send("PATCH", f"/customers/{case.customer_id}", json={"name": "a\0b"})
    assert (said.status, said.code) == (400, "invalid")
    assert (await lan.get("/conversations", q="a\0b")).code == "invalid"


async def test_a_body_has_a_limit(lan: Browser) -> None:
    body = b'{"status":"' + b"x" * (1024 * 1024) + b'"}'
    said = await lan.send("PUT", "/presence", data=body, headers={"Content-Type": "application/json"})
    assert (said.status, said.code) == (413, "body_too_large")


async def test_a_query_is_checked_like_a_body(lan: Browser) -> None:
    said = await lan.get("/conversations", view="everything", limit=1000, colour="red")
    assert said.status == 400
    assert {fault["where"] for fault in said.body["faults"]} == {"query.view", "query.limit", "query.colour"}
    assert (await lan.send("GET", "/conversations?limit=1&limit=2")).body["faults"][0]["where"] == "query.limit"


NO_IDS = ["x", "1", "00000000-0000-0000-0000-00000000000g", "..%2f..%2fetc", "%00", "ÿ", "'--"]


async def test_what_is_no_id_is_the_id_of_nothing(lan: Browser) -> None:
    for name in NO_IDS:
        said = await lan.get(f"/conversations/{name}")
        assert said.status == 404


async def test_what_is_no_route_is_told_as_a_problem(lan: Browser) -> None:
    for path in ("/nothing", "/conversations/1/2/3/4", "", "/"):
        said = await lan.get(path)
        assert (said.status, said.code) == (404, "path_unknown"), path
    said = await lan.send("DELETE", f"/conversations/{new_id()}")
    assert (said.status, said.code) == (405, "method_not_allowed")
    assert said.headers["Allow"] == "GET"


async def test_every_answer_carries_the_headers_that_protect(lan: Browser) -> None:
    answers = [
        await lan.get("/me"),
        await lan.get("/nothing"),
        await lan.get("/conversations", view="no"),
        await lan.post("/sign-out"),
    ]
    for said in answers:
        for name, value in ALWAYS.items():
            assert said.headers[name] == value
        assert said.headers["Cache-Control"] == "no-store"
        assert "frame-ancestors 'none'" in said.headers["Content-Security-Policy"]
        assert "Strict-Transport-Security" not in said.headers  # this one is plain HTTP


async def test_trouble_of_the_database_asks_to_come_again(
    shop: Shop, lan: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: Database) -> Any:
        raise StorageUnavailable("gone for a moment", retry_after_s=3)

    monkeypatch.setattr(Database, "reading", away)
    said = await lan.get("/me")
    assert (said.status, said.code) == (503, "unavailable")
    assert said.headers["Retry-After"] == "3"
    assert "gone" not in str(said.body)


async def test_our_own_fault_says_where_to_look_and_nothing_else(
    shop: Shop, lan: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Database) -> Any:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(Database, "reading", broken)
    said = await lan.get("/me")
    assert (said.status, said.code) == (500, "failed")
    assert len(said.body["reference"]) == 32
    assert "secret" not in str(said.body)
    assert "Traceback" not in str(said.body)


async def test_a_body_that_never_ends_is_given_up(shop: Shop, lan: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent_console.api.endpoint.READ_JSON_S", 0.2)
    host, port = shop.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = [
        "PUT /api/v1/presence HTTP/1.1",
        f"Host: {host}:{port}",
        "Content-Type: application/json",
        "Content-Length: 20",
        f"X-CSRF-Token: {lan.csrf}",
        *(f"{name}: {value}" for name, value in lan.headers().items()),
    ]
    writer.write(("\r\n".join(head) + "\r\n\r\n{").encode())
    async with asyncio.timeout(5):
        answer = await reader.readuntil(b"\r\n")
    assert b" 400 " in answer
    writer.close()


async def test_the_document_is_what_the_repository_holds(lan: Browser) -> None:
    said = await lan.get("/openapi.json")
    stored = orjson.loads((REPOSITORY / openapi.PATH).read_bytes())
    assert said.status == 200
    assert said.body == stored


def test_every_name_of_a_route_is_its_own() -> None:
    assert len({route.name for route in ROUTES}) == len(ROUTES)
    assert len({(route.method, route.path) for route in ROUTES}) == len(ROUTES)


def test_what_is_taken_and_what_is_answered_differ_only_in_what_may_be_left_out() -> None:
    schemas = openapi.document()["components"]["schemas"]
    twofold = [name.removesuffix("-Input") for name in schemas if name.endswith("-Input")]
    assert {name for name in schemas if "-" in name} == {f"{n}-{side}" for n in twofold for side in ("Input", "Output")}
    for name in twofold:
        taken, answered = _without_required(schemas[f"{name}-Input"]), _without_required(schemas[f"{name}-Output"])
        assert taken == answered, name


def _without_required(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {key: _without_required(value) for key, value in schema.items() if key != "required"}
    if isinstance(schema, list):
        return [_without_required(value) for value in schema]
    return schema.removesuffix("-Input").removesuffix("-Output") if isinstance(schema, str) else schema


def test_the_document_is_whole() -> None:
    """Every reference leads somewhere."""
    document = openapi.document()
    for reference in _references(document):
        found: Any = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
        assert isinstance(found, dict)


def _references(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        return own + [found for value in part.values() for found in _references(value)]
    return [found for value in part for found in _references(value)] if isinstance(part, list) else []
