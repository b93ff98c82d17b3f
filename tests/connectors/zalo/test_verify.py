"""The signature, with the vectors that Zalo's formula gives."""

from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from connectors.zalo.connector import ZaloConnector
from connectors.zalo.outbound import appsecret_proof
from hub.errors import BadInput, SignatureInvalid
from tests.connectors.kit import HOSTILE_BODIES, context_for, fetched, posted
from tests.connectors.zalo.support import recorded, settings, signed

FIRST = (
    '{"app_id":"3100000000000000001","user_id_by_app":"5500000000000000001","event_name":"user_send_text",'
    '"timestamp":"1790000000123","sender":{"id":"2200000000000000001"},"recipient":{"id":"4400000000000000001"},'
    '"message":{"msg_id":"zmid_demo_0001","text":"Xin chào"}}'
).encode()
FIRST_MAC = "d307d107cf67a2cb4fd08af3cde17d6eae308e1cfc88a4ff539a1bffc0d4eb7f"
SECOND = (
    b'{"event_name":"user_send_image","app_id":"3100000000000000001","sender":{"id":"2200000000000000001"},'
    b'"recipient":{"id":"4400000000000000001"},"message":{"msg_id":"zmid_demo_0002","attachments":[{"type":"image",'
    b'"payload":{"thumbnail":"https:\\/\\/photo.example.vn\\/t.jpg","url":"https:\\/\\/photo.example.vn\\/a.jpg"}}]},'
    b'"timestamp":1790000000456}'
)
SECOND_MAC = "07b7edc9fce656970d1d24c5db09923f11bea1ec6fdc7702c8e239988dade0ba"


@pytest.fixture
async def connector() -> AsyncIterator[ZaloConnector]:
    account = settings()
    async with context_for(account, "zalo-main") as context:
        yield ZaloConnector.build(account, context)


@pytest.mark.parametrize("prefix", ["mac=", ""])
@pytest.mark.parametrize(("body", "size", "mac"), [(FIRST, 265, FIRST_MAC), (SECOND, 341, SECOND_MAC)])
def test_the_vectors_of_the_document_are_accepted(
    connector: ZaloConnector, body: bytes, size: int, mac: str, prefix: str
) -> None:
    assert len(body) == size
    connector.verify(posted(body, {"x-zevent-signature": prefix + mac}))


@pytest.mark.parametrize(
    "mac",
    [
        "14af9ebde60431924297d6125788320a8fd8a4b76031a9de31c497ecf76f6036",
        "adebcf1d2c90be33770c9c650e796a3893af1f725cf33847b441cd6a0961fa2a",
        "63e300ee096600ffefcd1de83ca0c1c44526e7100c7ecb93627c2db390fe8bd7",
        "5d5a6ed8c996badbccacb261284f16b1a817ccea55a2343b0928d23dc0e01f77",
        FIRST_MAC[:-1],
        FIRST_MAC.upper(),
        "mac=" + FIRST_MAC,
        "",
        "à" * 64,
        "\udcff",
    ],
)
def test_no_other_formula_and_no_other_text_is_accepted(connector: ZaloConnector, mac: str) -> None:
    with pytest.raises(SignatureInvalid):
        connector.verify(posted(FIRST, {"x-zevent-signature": f"mac={mac}"}))


def test_a_missing_signature_is_refused(connector: ZaloConnector) -> None:
    with pytest.raises(SignatureInvalid):
        connector.verify(posted(FIRST))


def test_a_webhook_of_another_app_is_refused_even_when_it_is_signed(connector: ZaloConnector) -> None:
    body = b'{"app_id":"3100000000000000002","event_name":"follow","timestamp":"1790000000123"}'
    with pytest.raises(SignatureInvalid):
        connector.verify(posted(body, signed(body, "1790000000123")))


@pytest.mark.parametrize(
    "timestamp", [b"null", b"true", b"1.5", b"[]", b'""', b'"soon"', b'"-1"', b'"' + b"1" * 99 + b'"']
)
def test_a_body_without_a_usable_timestamp_is_refused(connector: ZaloConnector, timestamp: bytes) -> None:
    body = b'{"app_id":"3100000000000000001","event_name":"follow","timestamp":' + timestamp + b"}"
    with pytest.raises(SignatureInvalid):
        connector.verify(posted(body, signed(body, timestamp.decode().strip('"'))))


@pytest.mark.parametrize("name", HOSTILE_BODIES)
def test_hostile_bodies_are_refused(connector: ZaloConnector, name: str) -> None:
    body = HOSTILE_BODIES[name]
    with pytest.raises((BadInput, SignatureInvalid)):
        connector.verify(posted(body, signed(body, "1")))
    with suppress(BadInput):
        assert not connector.parse(posted(body)).events


def test_any_get_is_answered_with_nothing(connector: ZaloConnector) -> None:
    request = fetched({"hub.challenge": "not Zalo's way"})
    connector.verify(request)
    parsed = connector.parse(request)
    assert (parsed.answer.status, parsed.answer.body, parsed.events) == (200, b"", ())


@pytest.mark.parametrize("body", [recorded("text"), b"", b"probe"])
async def test_while_no_oa_key_is_known_webhooks_are_answered_and_not_believed(body: bytes) -> None:
    account = settings(oa_secret_key=None)
    async with context_for(account, "zalo-main") as context:
        connector = ZaloConnector.build(account, context)
        connector.verify(posted(body))
        parsed = connector.parse(posted(body))
    assert (parsed.answer.status, parsed.events, parsed.ignored) == (200, (), ("zalo:no_oa_secret_key",))


def test_the_proof_of_the_app_secret_matches_the_vector_of_the_document() -> None:
    proof = appsecret_proof("zalo_app_secret_demo_1", "zalo_access_token_demo_1")
    assert proof == "0b405a28e7acbd0c544a482cd343b1a6212633879d4694809acdd48f07962b3e"


def test_settings_show_no_secret() -> None:
    shown = repr(settings()) + str(settings()) + settings().model_dump_json()
    for secret in ("zalo_app_secret_demo_1", "oa_secret_demo_1", "zalo_access_token", "zalo_refresh_token"):
        assert secret not in shown
