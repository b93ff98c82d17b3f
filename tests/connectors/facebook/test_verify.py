"""Signature and handshake, with the vectors that Meta's formula gives."""

from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from connectors.facebook.connector import FacebookConnector
from connectors.facebook.outbound import appsecret_proof
from hub.errors import BadInput, SignatureInvalid
from tests.connectors.facebook.support import settings, signed
from tests.connectors.kit import HOSTILE_BODIES, context_for, fetched, posted

BODY = (
    b'{"object":"page","entry":[{"id":"104200000000001","time":1790000000123,"messaging":[{"sender":{"id":'
    b'"7300000000000001"},"recipient":{"id":"104200000000001"},"timestamp":1790000000100,"message":{"mid":"m_AbC123",'
    b'"text":"Xin ch\\u00e0o"}}]}]}'
)
GOOD = "sha256=75fe59b031a750fdec4385a4edf24e4b41688a13a1948c17d32fc227ed6a0b71"
HANDSHAKE = {"hub.mode": "subscribe", "hub.verify_token": "demo-verify-token", "hub.challenge": "1158201444"}


@pytest.fixture
async def connector() -> AsyncIterator[FacebookConnector]:
    account = settings()
    async with context_for(account, "facebook-main") as context:
        yield FacebookConnector.build(account, context)


def test_the_vector_of_the_document_is_accepted(connector: FacebookConnector) -> None:
    assert len(BODY) == 239
    connector.verify(posted(BODY, {"x-hub-signature-256": GOOD}))


def test_the_same_text_serialised_again_is_refused(connector: FacebookConnector) -> None:
    again = BODY.decode().replace("\\u00e0", "à").encode()
    assert len(again) == 235
    with pytest.raises(SignatureInvalid):
        connector.verify(posted(again, {"x-hub-signature-256": GOOD}))


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        GOOD.removeprefix("sha256="),
        GOOD.upper(),
        GOOD[:-1],
        GOOD + "0",
        GOOD + " ",
        "sha1=c2eb3d495725bdfc1035ec4363181d6895b9faeb",
        "sha256=44a6893b65db90a0b3e1401daf96d4c3d7a07b3ebacff1974e75060b1a9b5493",
        "sha256=" + "à" * 64,
        "sha256=\udcff",
    ],
)
def test_any_other_signature_is_refused(connector: FacebookConnector, header: str | None) -> None:
    headers = {} if header is None else {"x-hub-signature-256": header}
    with pytest.raises(SignatureInvalid):
        connector.verify(posted(BODY, headers))


def test_the_legacy_signature_alone_is_refused(connector: FacebookConnector) -> None:
    with pytest.raises(SignatureInvalid):
        connector.verify(posted(BODY, {"x-hub-signature": "sha1=c2eb3d495725bdfc1035ec4363181d6895b9faeb"}))


@pytest.mark.parametrize("name", HOSTILE_BODIES)
def test_hostile_bodies_are_refused_unsigned_and_bad_input_or_harmless_when_signed(
    connector: FacebookConnector, name: str
) -> None:
    body = HOSTILE_BODIES[name]
    with pytest.raises((SignatureInvalid, BadInput)):
        connector.verify(posted(body))
    with suppress(BadInput):
        connector.verify(posted(body, signed(body)))
        assert not connector.parse(posted(body)).events


def test_the_handshake_answers_the_challenge_and_nothing_else(connector: FacebookConnector) -> None:
    request = fetched(HANDSHAKE)
    connector.verify(request)
    parsed = connector.parse(request)
    assert (parsed.answer.status, parsed.answer.body, parsed.answer.content_type) == (200, b"1158201444", "text/plain")
    assert not parsed.events


@pytest.mark.parametrize(
    "wrong",
    [
        {"hub.verify_token": "demo-verify-toke"},
        {"hub.verify_token": ""},
        {"hub.verify_token": "đ"},
        {"hub.verify_token": "\udcff"},
        {"hub.mode": "unsubscribe"},
        {"hub.challenge": ""},
        {"hub.challenge": "x" * 2000},
    ],
)
def test_a_wrong_handshake_is_refused(connector: FacebookConnector, wrong: dict[str, str]) -> None:
    with pytest.raises((SignatureInvalid, BadInput)):
        connector.verify(fetched({**HANDSHAKE, **wrong}))


def test_an_empty_get_is_refused(connector: FacebookConnector) -> None:
    with pytest.raises(SignatureInvalid):
        connector.verify(fetched({}))


def test_the_proof_of_the_app_secret_matches_the_vector_of_the_document() -> None:
    proof = appsecret_proof("fb_app_secret_demo_1", "EAAdemoPageToken1")
    assert proof == "82c9162d8e9d2875126ffe1f1017c022383b7f3bd6921dfdd93f169468970d90"


def test_settings_show_no_secret(connector: FacebookConnector) -> None:
    shown = repr(settings()) + str(settings()) + settings().model_dump_json()
    for secret in ("fb_app_secret_demo_1", "EAAdemoPageToken1", "demo-verify-token"):
        assert secret not in shown


@pytest.mark.parametrize(
    "url", ["http://graph.facebook.com", "https://u:p@graph.facebook.com", "nonsense", "file:///x"]
)
def test_settings_refuse_addresses_that_would_leak_the_token(url: str) -> None:
    with pytest.raises(ValueError, match="graph_url"):
        settings(graph_url=url)
