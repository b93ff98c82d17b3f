"""What strangers try: wrong pages, bad tokens, nonsense, floods. Refused with a reason; nothing stored or broken."""

import asyncio
import hashlib
import itertools
import json
import unicodedata
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey
from pydantic import ValidationError

from bench.simulators.webchat import Refused, ScriptedVisitor, SocketLine
from connectors.webchat.app import SIGNING_PURPOSE
from connectors.webchat.settings import WebchatSettings
from connectors.webchat.tokens import Visitor, VisitorTokens
from connectors.webchat.wire import BootIn, MessageIn, ProfileIn
from hub.clock import ManualClock, SystemClock
from hub.ids import ChannelAccountId
from tests.connectors.webchat.house import ACCOUNT, KEY, House, open_house

EVIL = "https://evil.example"


@pytest.fixture
async def visitor(house: House) -> AsyncIterator[ScriptedVisitor]:
    """One who has arrived."""
    visitor = house.visitor()
    await visitor.arrive()
    yield visitor
    await visitor.leave()


async def refusal_of(line: SocketLine, auth: Any) -> str:
    await line.open()
    try:
        with pytest.raises(Refused) as refused:
            await line.join(auth)
        return refused.value.code
    finally:
        await line.close()


# --- pages -----------------------------------------------------------------------------------------------------------


async def test_a_page_that_is_not_on_the_list_gets_neither_boot_nor_line(house: House) -> None:
    visitor = house.visitor()
    await visitor.boot()
    auth = {"token": visitor.access}
    assert await refusal_of(SocketLine(house.url, EVIL), auth) == "origin_not_allowed"
    async with aiohttp.ClientSession() as session:
        for headers in ({"Origin": EVIL}, {"Origin": "null"}, {}):
            async with session.post(f"{house.url}/w/v1/boot", json={"key": KEY}, headers=headers) as answer:
                assert (answer.status, (await answer.json())["code"]) == (403, "origin_not_allowed")
            path = f"{house.url}/w/v1/config?key={KEY}"
            if headers:
                async with session.get(path, headers=headers) as answer:
                    assert (answer.status, answer.headers.get("Access-Control-Allow-Origin")) == (403, None)


async def test_a_browser_less_client_without_an_origin_gets_no_line(house: House) -> None:
    visitor = house.visitor()
    await visitor.boot()
    async with aiohttp.ClientSession() as session:
        socket = await session.ws_connect(f"{house.url}/socket.io/?EIO=4&transport=websocket")
        await socket.receive_str()
        await socket.send_str("40/visitor," + json.dumps({"token": visitor.access}))
        assert "origin_not_allowed" in await socket.receive_str(timeout=5)
        await socket.close()


async def test_the_shops_page_may_read_the_configuration_and_nothing_else(house: House) -> None:
    async with aiohttp.ClientSession(headers={"Origin": "http://localhost"}) as session:
        async with session.get(f"{house.url}/w/v1/config?key={KEY}") as answer:
            assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost"
            assert answer.headers["Vary"] == "Origin"
            config = await answer.json()
        assert config["frame"] == f"/w/v1/frame?key={KEY}"
        assert "secret" not in json.dumps(config)
        async with session.get(f"{house.url}/w/v1/messages?after_seq=0") as answer:
            assert "Access-Control-Allow-Origin" not in answer.headers


async def test_the_frame_may_be_shown_by_the_shops_on_the_list_only(house: House) -> None:
    await house.change(title_vi='<script>alert("x")</script>')
    async with aiohttp.ClientSession() as session, session.get(f"{house.url}/w/v1/frame?key={KEY}") as answer:
        page = await answer.text()
    policy = dict(rule.split(" ", 1) for rule in answer.headers["Content-Security-Policy"].split("; "))
    assert policy["frame-ancestors"] == "http://localhost"
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert "X-Frame-Options" not in answer.headers
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "<script>alert" not in page
    assert "<style" not in page
    assert page.count("<script") == 1


@pytest.mark.parametrize(
    "path",
    [
        "/w/v1/frame", "/w/v1/frame?key=", "/w/v1/frame?key=wk_unknown_widget", "/w/v1/config?key=%00",
        "/w/v1/assets/..%2f..%2fapp.py", "/w/v1/assets/.vite", "/w/v1/assets/nothing.js",
        "/w/v1/assets/%2e%2e/.vite/manifest.json", "/w/v1/messages?after_seq=-1", "/w/v1/messages?after_seq=9e9",
        "/w/v1/messages?after_seq=99999999999999999999", "/w/v1/unread?key=" + KEY,
    ],
)  # fmt: skip
async def test_addresses_that_mean_nothing_are_the_callers_fault(house: House, path: str) -> None:
    async with aiohttp.ClientSession() as session, session.get(house.url + path) as answer:
        assert 400 <= answer.status < 500
        assert "Traceback" not in await answer.text()


async def test_a_widget_that_was_switched_off_is_gone_at_once(house: House, visitor: ScriptedVisitor) -> None:
    await house.change(active=False)
    with pytest.raises(Refused) as refused:
        await visitor.say("còn ai không?")
    assert refused.value.code == "token_refused"
    with pytest.raises(Refused) as refused:
        await house.visitor().boot()
    assert refused.value.code == "widget_unknown"
    assert await house.texts() == []


# --- tokens ----------------------------------------------------------------------------------------------------------


async def test_an_expired_token_is_refused_by_name_and_booting_gives_a_new_one(house: House) -> None:
    visitor = house.visitor()
    await visitor.boot()
    past = ManualClock(SystemClock().now() - timedelta(days=1))
    tokens = VisitorTokens(house.box.signing_keys(SIGNING_PURPOSE), past)
    settings = WebchatSettings(widget_key=KEY, allowed_origins=("http://localhost",))
    stale = tokens.access(Visitor(ChannelAccountId(ACCOUNT), "somebody"), settings)
    assert await refusal_of(SocketLine(house.url, house.url), {"token": stale}) == "token_expired"
    await visitor.arrive()
    assert (await visitor.say("lại đây"))["ok"]
    await visitor.leave()


@pytest.mark.parametrize(
    ("auth", "code"),
    [
        (None, "auth_invalid"),
        ({}, "auth_invalid"),
        ([], "auth_invalid"),
        ({"token": 7}, "auth_invalid"),
        ({"token": "x", "last_seq": "7"}, "auth_invalid"),
        ({"token": "x", "room": "visitor:website:somebody"}, "auth_invalid"),
        ({"token": "x"}, "token_refused"),
        ({"token": "x" * 5000}, "auth_invalid"),
        ({"token": "eyJhbGciOiJub25lIn0.eyJ0eXAiOiJhY2Nlc3MifQ."}, "token_refused"),
        ({"token": "." * 4000}, "token_refused"),
    ],
)
async def test_a_line_without_a_good_token_is_refused_with_the_reason(house: House, auth: Any, code: str) -> None:
    assert await refusal_of(SocketLine(house.url, house.url), auth) == code


async def test_tokens_of_another_kind_or_key_open_nothing(house: House) -> None:
    visitor = house.visitor()
    await visitor.boot()
    header, payload, _ = visitor.access.split(".")
    ours = house.box.signing_keys("another purpose")[0]
    forged = jwt.encode(
        {"alg": "HS256"}, {"typ": "access", "wid": ACCOUNT, "vid": "x", "ver": 1}, OctKey.import_key(ours)
    )
    for token in (visitor.token, forged, f"{header}.{payload}.", f"{payload}.{payload}.{payload}"):
        assert await refusal_of(SocketLine(house.url, house.url), {"token": token}) == "token_refused"


# --- events ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", ["no.such.event", "message.created", "connect_error", "__class__", ""])
async def test_an_unknown_event_is_acknowledged_as_such(visitor: ScriptedVisitor, event: str) -> None:
    assert await visitor._line().call(event, {}) == {"ok": False, "code": "unknown_event"}
    assert (await visitor.say("vẫn nói được"))["ok"]


MESSAGE = {"client_id": str(uuid.UUID(int=7)), "text": "chào"}


@pytest.mark.parametrize(
    "payload",
    [
        (), ({}, {}), (None,), ([],), ("text",), (7,), ({},), ({**MESSAGE, "text": 7},),
        ({**MESSAGE, "client_id": "c-1"},),
        ({**MESSAGE, "conversation_id": "x"},), ({**MESSAGE, "author": "agent"},), ({**MESSAGE, "attachments": "x"},),
        ({**MESSAGE, "attachments": ["t"] * 6},), ({**MESSAGE, "retry": "yes"},), ({**MESSAGE, "text": "x" * 8001},),
        ({**MESSAGE, "client_id": None},), ({**MESSAGE, "text": True},),
    ],
)  # fmt: skip
async def test_a_malformed_message_is_refused_and_the_line_stays(
    house: House, visitor: ScriptedVisitor, payload: tuple[Any, ...]
) -> None:
    assert await visitor._line().call("message.send", *payload) == {"ok": False, "code": "invalid"}
    assert (await visitor.say("vẫn nói được"))["ok"]
    await house.until_stored("vẫn nói được")
    assert await house.texts() == ["vẫn nói được"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "message_empty"),
        (" \n\t ", "message_empty"),
        ("\u202e\u200f", "message_empty"),
        ("x" * 4001, "message_too_long"),
    ],
)
async def test_a_message_that_says_nothing_or_too_much_is_refused(
    visitor: ScriptedVisitor, text: str, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        await visitor.say(text)
    assert refused.value.code == code


async def test_four_thousand_letters_with_marks_of_their_own_are_not_too_long(
    house: House, visitor: ScriptedVisitor
) -> None:
    text = "ễ" * 4000
    decomposed = unicodedata.normalize("NFD", "ễ" * 2600)
    await visitor.say(text)
    await visitor.say(decomposed)
    await house.until_stored(text, "ễ" * 2600)


async def test_html_is_text(house: House, visitor: ScriptedVisitor) -> None:
    text = "<img src=x onerror=alert(1)> <svg onload=alert(2)> [x](javascript:alert(3))"
    await visitor.say(text)
    await visitor.until(lambda v: len(v.messages) == 1)
    assert await house.texts() == [text]


async def test_frames_that_no_widget_sends_harm_nobody(house: House, visitor: ScriptedVisitor) -> None:
    nonsense = house.visitor()
    await nonsense.arrive()
    line = nonsense._line()
    for frame in (
        "42/visitor,", "42/visitor,{}", "42/visitor,[]", '42/visitor,["message.send"', "42/visitor,1[7]", "4", "49",
        '451-/visitor,3["blob",{"_placeholder":true,"num":0}]', "43/visitor,99[{}]", "6", "42/other,[]", "40/none,",
    ):  # fmt: skip
        if line.ended.is_set():
            break
        await line.send_frame(frame)
    await asyncio.sleep(0.1)
    assert (await visitor.say("vẫn nói được"))["ok"]
    await house.until_stored("vẫn nói được")
    await nonsense.leave()


async def test_a_frame_of_seventy_kilobytes_ends_its_own_line_only(house: House, visitor: ScriptedVisitor) -> None:
    other = house.visitor()
    await other.arrive()
    await other._line().send_frame('42/visitor,1["message.send",{"text":"' + "x" * 70_000 + '"}]')
    await asyncio.wait_for(other._line().ended.wait(), 5)
    await other.leave()
    await other.connect()
    assert (await other.say("quay lại"))["ok"]
    assert (await visitor.say("vẫn nói được"))["ok"]
    await house.until_stored("quay lại", "vẫn nói được")
    assert len(await house.texts()) == 2
    await other.leave()


async def test_whoever_sends_nothing_but_nonsense_is_cut_off(visitor: ScriptedVisitor) -> None:
    line = visitor._line()
    for _ in range(25):
        if line.ended.is_set():
            break
        await line.call("nonsense", {})
    await asyncio.wait_for(line.ended.wait(), 5)
    assert any('"closed"' in frame and "nonsense" in frame for frame in line.frames)


# --- limits ----------------------------------------------------------------------------------------------------------


async def test_a_flood_is_answered_with_when_to_come_again_and_not_stored(
    house: House, visitor: ScriptedVisitor
) -> None:
    answers = [
        await visitor._line().call("message.send", {"client_id": str(uuid.uuid4()), "text": f"lũ {n}"})
        for n in range(12)
    ]
    taken = [answer for answer in answers if answer["ok"]]
    refused = [answer for answer in answers if not answer["ok"]]
    assert 5 <= len(taken) <= 7
    assert {answer["code"] for answer in refused} == {"too_fast"}
    assert all(0 < answer["retry_after"] <= 5 for answer in refused)
    await house.until_stored(*(f"lũ {n}" for n in range(5)))
    assert len(await house.texts()) == len(taken)


async def test_limits_are_the_accounts_settings(house: House) -> None:
    await house.change(messages_per_minute=2)
    visitor = house.visitor()
    await visitor.arrive()
    for text in ("một", "hai"):
        await visitor.say(text)
    with pytest.raises(Refused) as refused:
        await visitor.say("ba")
    assert refused.value.code == "too_fast"
    assert refused.value.answer["retry_after"] > 20
    await visitor.leave()


async def test_the_oldest_tab_gives_way_when_there_are_too_many(house: House) -> None:
    await house.change(sockets_per_visitor=2)
    first = house.visitor()
    await first.arrive()
    tabs = [house.visitor(token=first.token) for _ in range(2)]
    for tab in tabs:
        await tab.arrive()
    await asyncio.wait_for(first._line().ended.wait(), 5)
    assert any("too_many_tabs" in frame for frame in first._line().frames)
    for tab in tabs:
        assert (await tab.say("còn đây"))["ok"]
        await tab.leave()
    await first.leave()


async def test_an_address_has_so_many_lines_and_no_more(house: House) -> None:
    await house.change(sockets_per_address=2)
    visitors = [house.visitor() for _ in range(3)]
    for visitor in visitors[:2]:
        await visitor.arrive()
    with pytest.raises(Refused) as refused:
        await visitors[2].arrive()
    assert (refused.value.code, refused.value.answer["data"]) == ("too_many_sockets", {"retry": True})
    await visitors[0].leave()
    await asyncio.sleep(0.1)
    await visitors[2].connect()
    for visitor in visitors[1:]:
        await visitor.leave()


async def test_many_new_visitors_of_one_address_prove_work_instead_of_being_refused(tmp_path: Path) -> None:
    async with open_house(tmp_path, new_visitors_per_hour=2) as house:
        for _ in range(2):
            await house.visitor().boot()
        newcomer = house.visitor()
        with pytest.raises(Refused) as refused:
            await newcomer.boot()
        challenge, bits = refused.value.answer["challenge"], refused.value.answer["bits"]
        nonce = next(n for n in map(str, itertools.count()) if solves(challenge, n, bits))
        for wrong in ({"challenge": challenge, "nonce": "x"}, {"challenge": "x", "nonce": nonce}):
            with pytest.raises(Refused) as refused:
                await newcomer.boot(proof=wrong)
            assert refused.value.code == "challenge_required"
        booted = await newcomer.boot(proof={"challenge": challenge, "nonce": nonce})
        assert booted["visitor"]["resumed"] is False
        with pytest.raises(Refused) as refused:
            await house.visitor().boot(proof={"challenge": challenge, "nonce": nonce})
        assert refused.value.code == "challenge_required", "a proof is good for one visitor"
        assert (await newcomer.boot())["visitor"]["resumed"], "who is known already needs none"


def solves(challenge: str, nonce: str, bits: int) -> bool:
    return int.from_bytes(hashlib.sha256(f"{challenge}.{nonce}".encode()).digest()) >> (256 - bits) == 0


async def test_a_widget_takes_so_many_new_visitors_a_minute(house: House) -> None:
    await house.change(new_visitors_per_minute=3)
    for _ in range(3):
        await house.visitor().boot()
    with pytest.raises(Refused) as refused:
        await house.visitor().boot()
    assert refused.value.code == "too_fast"


# --- HTTP bodies -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b"[" * 20_000, "application/json", 400),
        (b'{"key":"\xff"}', "application/json", 400),
        (b'{"key":"wk_live_0123456789","isAdmin":true}', "application/json", 400),
        (b'{"key":7}', "application/json", 400),
        (b'{"key":"wk_live_0123456789"}', "text/plain", 415),
        (b"x" * 40_000, "application/json", 413),
        (b'{"key":"wk_live_0123456789","page":{"url":"\\ud800"}}', "application/json", 400),
    ],
)
async def test_bodies_that_are_no_boot_are_the_callers_fault(house: House, body: bytes, kind: str, status: int) -> None:
    headers = {"Content-Type": kind, "Origin": house.url}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{house.url}/w/v1/boot", data=body, headers=headers) as answer,
    ):
        assert answer.status == status
        assert answer.content_type == "application/problem+json"
        assert "Traceback" not in await answer.text()


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
NAMES = st.sampled_from(["key", "token", "page", "proof", "locale", "url", "client_id", "text", "x"])


@given(st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner), max_leaves=8))
def test_no_boot_body_is_taken_that_the_model_does_not_know(value: Any) -> None:
    for model in (BootIn, MessageIn, ProfileIn):
        try:
            taken = model.model_validate(value)
        except ValidationError:
            continue
        assert isinstance(value, dict)
        assert set(value) <= set(type(taken).model_fields)
