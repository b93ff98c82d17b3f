"""Whatever is sent, to whatever route and by whomever, the answer is never 500, and always one of ours."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from agent_console.api.openapi import document
from agent_console.api.routes import PREFIX, ROUTES, Route
from tests.console.conftest import PASSWORD, Browser, Shop
from tests.console.sockets import Line
from tests.console.test_permissions import Things, make_things

TEXTS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["", " ", "\0", "\u202e", "🙂" * 50, "%00", "../../x", "' OR 1=1 --", "<img onerror=x>", "x" * 999]
    ),
)
NUMBERS = st.one_of(st.integers(), st.sampled_from([2**31, 2**63, 2**200, -1, 0]), st.floats(allow_nan=True))
LEAVES = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=12
)
HARMLESS = {"sign_out", "sign_in", "set_presence"}  # so that the browser that fuzzes stays signed in and unthrottled
ROUTE = st.sampled_from([route for route in ROUTES if route.name not in HARMLESS])
SETTINGS = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture
async def scene(shop: Shop) -> tuple[Things, list[Browser]]:
    await shop.add_agent("lan", capacity=1000)
    await shop.add_agent("root", role="admin", capacity=1000)
    return await make_things(shop, 1), [await shop.sign_in("lan"), await shop.sign_in("root")]


def names(model: Any) -> list[str]:
    return list(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []


def ids(things: Things) -> st.SearchStrategy[Any]:
    known = [value for name, value in things.path.items() if name not in {"agent_id", "account_id"}]
    return st.one_of(st.sampled_from(known), VALUES, st.uuids().map(str))


def body_for(route: Route, things: Things) -> st.SearchStrategy[Any]:
    fields = st.sampled_from([*names(route.takes), "role", "__proto__"])
    shaped = st.dictionaries(fields, ids(things), max_size=8)
    return st.one_of(shaped, VALUES)


@given(data=st.data(), route=ROUTE)
@SETTINGS
async def test_no_request_is_answered_with_a_fault_of_ours(
    scene: tuple[Things, list[Browser]], data: st.DataObject, route: Route
) -> None:
    things, browsers = scene
    path = things.path
    for name in route.parameters:
        if name == "agent_id" or data.draw(st.booleans()):  # nobody's rights are changed by chance
            path[name] = quote(str(data.draw(ids(things))), safe="")
    query = {name: str(data.draw(ids(things))) for name in names(route.query) if data.draw(st.booleans())}
    content = data.draw(st.one_of(body_for(route, things).map(_json), st.binary(max_size=200)))
    browser = data.draw(st.sampled_from(browsers))
    said = await browser.send(
        route.method,
        PREFIX + route.path.format_map(path),
        data=content if route.changes else None,
        headers={"Content-Type": "application/json"} if route.changes else None,
        params={name: value.encode("utf-8", "replace").decode() for name, value in query.items()},
    )
    assert said.status < 500, (route.name, said)
    answers = document()["paths"][PREFIX + route.path][route.method.lower()]["responses"]
    elsewhere = said.code in {"path_unknown", "method_not_allowed"}  # an id of dots leads to another path
    assert elsewhere or str(said.status) in answers, (route.name, said)
    if said.status >= 400:
        assert said.headers["Content-Type"].startswith("application/problem+json")
        assert {"type", "title", "status", "code", "detail"} <= set(said.body)


@given(event=st.one_of(st.sampled_from(["watch", "unwatch", "typing"]), st.text(max_size=20)), data=VALUES)
@settings(parent=SETTINGS, max_examples=60)
async def test_no_socket_event_breaks_anything(scene: tuple[Things, list[Browser]], event: str, data: Any) -> None:
    _, [lan, _] = scene
    line = await Line(lan).open()
    try:
        if _too_large(data) or event in {
            "connect",
            "disconnect",
            "connect_error",
        }:  # the client's library keeps these to itself
            return
        ack = await line.ask(event, json.loads(_json(data)))
        assert ack["ok"] in {True, False}
        assert ack.get("code") != "failed"
    finally:
        await line.close()


async def test_a_login_is_only_a_text(shop: Shop) -> None:
    await shop.add_agent("lan")
    browser = Browser(shop)
    shop.browsers.append(browser)
    for login in ("' OR '1'='1", "lan' --", "%", "_an", "LAN\u0000", "l\u200ban"):
        assert (await browser.sign_in(login, PASSWORD)).status in {400, 401}


def _too_large(value: Any) -> bool:
    """The client's own encoder takes whole numbers of 64 bits only."""
    if isinstance(value, dict | list):
        return any(_too_large(one) for one in (value.values() if isinstance(value, dict) else value))
    return isinstance(value, int) and not -(2**63) <= value < 2**64


def _json(value: Any) -> bytes:
    return json.dumps(value).encode("utf-8", "surrogatepass")
