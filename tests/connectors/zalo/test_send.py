"""Replies against a simulated Zalo."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import structlog

from bench.simulators.faults import Fault
from bench.simulators.serving import PNG
from bench.simulators.zalo import ZaloSimulator
from connectors.http import Answer
from connectors.zalo.connector import ZaloConnector
from connectors.zalo.refusals import TokenRefused, rate_left, success
from hub.errors import CredentialsInvalid, OutcomeUnknown, SendError, SendRejected, SendThrottled, SendTransient
from hub.events import AttachmentKind, FailureReason
from tests.connectors.kit import attached, context_for, reply
from tests.connectors.zalo.support import USER, settings

PICTURE = attached(PNG, "ảnh.png", "image/png")
PDF = attached(b"%PDF-1.7", "đơn hàng.pdf", "application/pdf", AttachmentKind.FILE)
GIF = attached(b"GIF89a\x78\x00\x50\x00rest", "vui.gif", "image/gif")
CLIP = attached(b"x", "a.mp4", "video/mp4", AttachmentKind.VIDEO)
MYSTERY = attached(b"x", "mystery", "x/unknown", AttachmentKind.FILE)


@pytest.fixture
async def zalo() -> AsyncIterator[ZaloSimulator]:
    simulator = ZaloSimulator()
    await simulator.start()
    yield simulator
    await simulator.stop()


@pytest.fixture
async def connector(zalo: ZaloSimulator) -> AsyncIterator[ZaloConnector]:
    account = settings(api_url=zalo.url, oauth_url=zalo.url)
    async with context_for(account, "zalo-main") as context:
        yield ZaloConnector.build(account, context)


async def failing(connector: ZaloConnector, **changes: Any) -> SendError:
    with pytest.raises(SendError) as failure:
        await connector.send(reply(USER, **changes))
    return failure.value


async def test_a_text_leaves_once(connector: ZaloConnector, zalo: ZaloSimulator) -> None:
    sent = await connector.send(reply(USER, "Dạ còn ạ", reply_to="zm_t1"))
    (accepted,) = zalo.ledger
    assert sent.provider_message_ids == (accepted.message_id,)
    assert (accepted.recipient, accepted.text, accepted.quote) == ({"user_id": USER}, "Dạ còn ạ", "zm_t1")


async def test_the_quota_that_is_left_is_logged(connector: ZaloConnector) -> None:
    with structlog.testing.capture_logs() as lines:
        await connector.send(reply(USER))
    assert [(line["kind"], line["left"]) for line in lines if line["event"] == "zalo_quota"] == [("reply", "7")]


async def test_a_text_and_a_picture_are_one_message(connector: ZaloConnector, zalo: ZaloSimulator) -> None:
    sent = await connector.send(reply(USER, "mẫu đỏ", attachments=(PICTURE,)))
    (accepted,) = zalo.ledger
    assert len(sent.provider_message_ids) == 1
    assert accepted.text == "mẫu đỏ"
    assert accepted.attachment is not None
    assert accepted.attachment["payload"]["elements"][0]["media_type"] == "image"
    assert list(zalo.uploads.values()) == [PNG]


async def test_a_quoting_text_travels_apart_from_its_picture(connector: ZaloConnector, zalo: ZaloSimulator) -> None:
    await connector.send(reply(USER, "mẫu đỏ", attachments=(PICTURE,), reply_to="zm_t1"))
    assert [(a.text, a.quote, a.attachment is None) for a in zalo.ledger] == [
        ("mẫu đỏ", "zm_t1", True),
        (None, None, False),
    ]


async def test_files_and_gifs_follow_the_text(connector: ZaloConnector, zalo: ZaloSimulator) -> None:
    await connector.send(reply(USER, "đây ạ", attachments=(PDF, GIF)))
    text, file, gif = zalo.ledger
    assert (text.text, file.text, gif.text) == ("đây ạ", None, None)
    assert file.attachment is not None
    assert file.attachment["type"] == "file"
    assert gif.attachment is not None
    element = gif.attachment["payload"]["elements"][0]
    assert (element["media_type"], element["width"], element["height"]) == ("gif", 120, 80)


async def test_a_file_without_extension_gets_the_one_of_its_type(connector: ZaloConnector, zalo: ZaloSimulator) -> None:
    nameless = attached(b"%PDF", "hoadon", "application/pdf", AttachmentKind.FILE)
    await connector.send(reply(USER, None, attachments=(nameless,)))
    assert len(zalo.ledger) == 1


async def test_an_upload_that_gives_nothing_is_refused_before_the_text_leaves(
    connector: ZaloConnector, zalo: ZaloSimulator
) -> None:
    zalo.faults.add(Fault("answer", 200, {"error": 0, "message": "Success", "data": {}}, {}, "/upload/file"))
    failure = await failing(connector, attachments=(PDF,))
    assert isinstance(failure, SendRejected)
    assert (failure.reason, failure.sent_ids, zalo.ledger) == (FailureReason.ATTACHMENT_REFUSED, (), [])


@pytest.mark.parametrize(
    ("code", "family", "reason"),
    [
        (-200, SendTransient, None),
        (-32, SendThrottled, None),
        (-210, SendRejected, FailureReason.ATTACHMENT_REFUSED),
        (-224, SendRejected, FailureReason.QUOTA_EXHAUSTED),
    ],
)
async def test_each_way_an_upload_fails_has_its_family_and_no_text_leaves(
    connector: ZaloConnector, zalo: ZaloSimulator, code: int, family: type[SendError], reason: FailureReason | None
) -> None:
    zalo.fail_next(code, path="/upload/image")
    failure = await failing(connector, attachments=(PICTURE,))
    assert type(failure) is family
    assert (getattr(failure, "reason", None), zalo.ledger) == (reason, [])


async def test_an_unclear_upload_may_be_tried_again(connector: ZaloConnector, zalo: ZaloSimulator) -> None:
    zalo.break_next("drop", path="/upload/image")
    assert type(await failing(connector, attachments=(PICTURE,))) is SendTransient
    assert zalo.ledger == []


async def test_anonymous_visitors_show_no_profile(connector: ZaloConnector) -> None:
    assert await connector.fetch_profile("anon:conv-7:9900000000000000001") is None


async def test_an_expired_upload_is_uploaded_again_once(connector: ZaloConnector, zalo: ZaloSimulator) -> None:
    zalo.fail_next(-100)
    await connector.send(reply(USER, None, attachments=(PICTURE,)))
    assert (len(zalo.ledger), len(zalo.uploads)) == (1, 2)
    zalo.fail_next(-100, times=2)
    failure = await failing(connector, text=None, attachments=(PICTURE,))
    assert isinstance(failure, SendRejected)
    assert (failure.reason, len(zalo.ledger)) == (FailureReason.ATTACHMENT_REFUSED, 1)


async def test_a_quote_that_zalo_refuses_is_left_out_once(connector: ZaloConnector, zalo: ZaloSimulator) -> None:
    zalo.refuses_quotes = True
    await connector.send(reply(USER, "Dạ", reply_to="zm_gone"))
    assert [(a.text, a.quote) for a in zalo.ledger] == [("Dạ", None)]
    zalo.fail_next(-201, times=2)
    failure = await failing(connector, reply_to="zm_gone")
    assert isinstance(failure, SendRejected)
    assert (failure.reason, len(zalo.ledger)) == (FailureReason.PROVIDER_REJECTED, 1)


async def test_an_anonymous_visitor_is_addressed_by_both_ids(connector: ZaloConnector, zalo: ZaloSimulator) -> None:
    await connector.send(reply("anon:conv:7:9900000000000000001"))
    assert zalo.ledger[0].recipient == {"anonymous_id": "9900000000000000001", "conversation_id": "conv:7"}


async def test_an_anonymous_visitor_without_conversation_cannot_be_reached(connector: ZaloConnector) -> None:
    with pytest.raises(SendRejected) as failure:
        await connector.send(reply("anon::9900000000000000001"))
    assert failure.value.reason == FailureReason.CUSTOMER_UNREACHABLE


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"since": None}, FailureReason.OUTSIDE_WINDOW),
        ({"since": timedelta(days=7)}, FailureReason.OUTSIDE_WINDOW),
        ({"text": "x" * 2001}, FailureReason.TOO_LONG),
        ({"text": None}, FailureReason.UNSUPPORTED_CONTENT),
        ({"attachments": (CLIP,)}, FailureReason.UNSUPPORTED_CONTENT),
        ({"attachments": (attached(b"x" * 1_000_001, "a.png", "image/png"),)}, FailureReason.ATTACHMENT_REFUSED),
        ({"attachments": (attached(b"x", "a.webp", "image/webp"),)}, FailureReason.ATTACHMENT_REFUSED),
        ({"attachments": (attached(b"no gif at all", "a.gif", "image/gif"),)}, FailureReason.ATTACHMENT_REFUSED),
        ({"attachments": (MYSTERY,)}, FailureReason.ATTACHMENT_REFUSED),
        ({"attachments": (PICTURE,) * 11}, FailureReason.ATTACHMENT_REFUSED),
    ],
)  # fmt: skip
async def test_what_zalo_would_refuse_is_refused_without_a_message(
    connector: ZaloConnector, zalo: ZaloSimulator, changes: dict[str, Any], reason: FailureReason
) -> None:
    failure = await failing(connector, **changes)
    assert isinstance(failure, SendRejected)
    assert (failure.reason, zalo.ledger, zalo.refused) == (reason, [], [])


ERRORS: list[tuple[int, type[SendError], FailureReason | None]] = [
    (-200, SendTransient, None),
    (-32, SendThrottled, None),
    (-204, CredentialsInvalid, None),
    (-205, CredentialsInvalid, None),
    (-219, CredentialsInvalid, None),
    (-242, CredentialsInvalid, None),
    (-230, SendRejected, FailureReason.OUTSIDE_WINDOW),
    (-232, SendRejected, FailureReason.OUTSIDE_WINDOW),
    (-213, SendRejected, FailureReason.CUSTOMER_UNREACHABLE),
    (-217, SendRejected, FailureReason.CUSTOMER_UNREACHABLE),
    (-227, SendRejected, FailureReason.CUSTOMER_UNREACHABLE),
    (-244, SendRejected, FailureReason.CUSTOMER_UNREACHABLE),
    (-211, SendRejected, FailureReason.QUOTA_EXHAUSTED),
    (-218, SendRejected, FailureReason.QUOTA_EXHAUSTED),
    (-224, SendRejected, FailureReason.QUOTA_EXHAUSTED),
    (-320, SendRejected, FailureReason.QUOTA_EXHAUSTED),
    (-321, SendRejected, FailureReason.QUOTA_EXHAUSTED),
    (-234, SendRejected, FailureReason.QUIET_HOURS),
    (-209, SendRejected, FailureReason.PERMISSION_MISSING),
    (-223, SendRejected, FailureReason.PERMISSION_MISSING),
    (-233, SendRejected, FailureReason.UNSUPPORTED_CONTENT),
    (-248, SendRejected, FailureReason.POLICY_BLOCK),
    (-201, SendRejected, FailureReason.PROVIDER_REJECTED),
    (-4711, SendRejected, FailureReason.PROVIDER_REJECTED),
]


@pytest.mark.parametrize(("code", "family", "reason"), ERRORS)
async def test_each_number_has_its_family(
    connector: ZaloConnector, zalo: ZaloSimulator, code: int, family: type[SendError], reason: FailureReason | None
) -> None:
    zalo.fail_next(code)
    failure = await failing(connector)
    assert type(failure) is family
    assert getattr(failure, "reason", None) == reason
    assert (failure.provider_code, zalo.ledger) == (str(code), [])


async def test_the_rate_limit_is_waited_out_into_the_next_minute(connector: ZaloConnector, zalo: ZaloSimulator) -> None:
    zalo.fail_next(-32)
    failure = await failing(connector)
    assert isinstance(failure, SendThrottled)
    assert 60 <= failure.retry_after_s <= 65  # the test's clock stands at second 0


@pytest.mark.parametrize(
    ("status", "body", "family"),
    [
        (200, b"", OutcomeUnknown),
        (200, b"{}", OutcomeUnknown),
        (200, b"<html>", OutcomeUnknown),
        (200, b'{"error":null}', OutcomeUnknown),
        (200, b'{"error":false}', OutcomeUnknown),
        (200, b'{"error":"-230","message":1}', SendRejected),
        (500, b"oops", OutcomeUnknown),
        (502, b"<html>", OutcomeUnknown),
        (401, b"", TokenRefused),
        (429, b"", SendThrottled),
        (404, b"", SendRejected),
        (200, b"[" * 10_000, OutcomeUnknown),
    ],
)
def test_answers_in_words_that_zalo_never_says(status: int, body: bytes, family: type[SendError]) -> None:
    with pytest.raises(SendError) as failure:
        success(Answer(status, {}, body), rate_limit_s=60)
    assert type(failure.value) is family


@pytest.mark.parametrize(
    ("limit", "remain", "left"),
    [("4000", "400", 0.1), ("0", "0", None), ("", "", None), ("x", "1", None), ("9" * 99, "1", None)],
)
def test_the_rate_that_is_left_is_read_where_it_can_be(limit: str, remain: str, left: float | None) -> None:
    assert rate_left({"X-RateLimit-Limit": limit, "X-RateLimit-Remain": remain}) == left


async def test_a_success_without_an_id_is_unknown(connector: ZaloConnector, zalo: ZaloSimulator) -> None:
    zalo.faults.add(Fault("accept_then_answer", 200, {"error": 0, "data": {}}, {}, "/message/cs"))
    assert type(await failing(connector)) is OutcomeUnknown


@pytest.mark.parametrize("way", ["accept_then_drop", "drop"])
async def test_a_lost_answer_is_unknown_and_never_sent_again(
    connector: ZaloConnector, zalo: ZaloSimulator, way: Any
) -> None:
    zalo.break_next(way)
    assert type(await failing(connector)) is OutcomeUnknown
    assert len(zalo.ledger) == (1 if way == "accept_then_drop" else 0)


async def test_a_second_part_that_is_refused_names_the_first(connector: ZaloConnector, zalo: ZaloSimulator) -> None:
    zalo.faults.add(Fault("accept_then_answer", 200, {"error": 0, "data": {"message_id": "zm_a"}}, {}, "/message/cs"))
    zalo.fail_next(-217)
    failure = await failing(connector, attachments=(PDF,))
    assert isinstance(failure, SendRejected)
    assert (failure.reason, failure.sent_ids) == (FailureReason.CUSTOMER_UNREACHABLE, ("zm_a",))
    assert len(zalo.ledger) == 1
