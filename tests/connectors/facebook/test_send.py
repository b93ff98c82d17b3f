"""Replies against a simulated Graph API."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import structlog

from bench.simulators.facebook import FacebookSimulator
from bench.simulators.faults import Fault
from bench.simulators.serving import PNG
from connectors.facebook.connector import FacebookConnector
from connectors.facebook.refusals import refusal, usage_percent
from connectors.http import Answer
from hub.errors import (
    CredentialsInvalid,
    NotFound,
    OutcomeUnknown,
    SendError,
    SendRejected,
    SendThrottled,
    SendTransient,
    StorageUnavailable,
)
from hub.events import AttachmentKind, FailureReason
from tests.connectors.facebook.support import PSID, settings
from tests.connectors.kit import ATTEMPT, attached, context_for, reply

PICTURE = attached(PNG, "ảnh.png", "image/png")


@pytest.fixture
async def graph() -> AsyncIterator[FacebookSimulator]:
    simulator = FacebookSimulator()
    await simulator.start()
    yield simulator
    await simulator.stop()


@pytest.fixture
async def connector(graph: FacebookSimulator) -> AsyncIterator[FacebookConnector]:
    account = settings(graph_url=graph.url)
    async with context_for(account, "facebook-main") as context:
        yield FacebookConnector.build(account, context)


async def failing(connector: FacebookConnector, **changes: Any) -> SendError:
    with pytest.raises(SendError) as failure:
        await connector.send(reply(PSID, **changes))
    return failure.value


async def test_a_text_leaves_with_our_correlation(connector: FacebookConnector, graph: FacebookSimulator) -> None:
    sent = await connector.send(reply(PSID, "Dạ còn ạ", reply_to="m_text1"))
    (accepted,) = graph.ledger
    assert sent.provider_message_ids == (accepted.message_id,)
    assert (accepted.psid, accepted.text, accepted.reply_to) == (PSID, "Dạ còn ạ", "m_text1")
    assert (accepted.metadata, accepted.messaging_type) == (f"hub:{ATTEMPT}", "RESPONSE")


async def test_text_and_pictures_become_messages_in_order(
    connector: FacebookConnector, graph: FacebookSimulator
) -> None:
    pdf = attached(b"%PDF", "đơn.pdf", "application/pdf", AttachmentKind.FILE)
    sent = await connector.send(reply(PSID, "đây ạ", attachments=(PICTURE, pdf), reply_to="m_text1"))
    assert sent.provider_message_ids == tuple(a.message_id for a in graph.ledger)
    assert [a.attachment["type"] if a.attachment else a.text for a in graph.ledger] == ["đây ạ", "image", "file"]
    assert [a.reply_to for a in graph.ledger] == ["m_text1", None, None]
    assert {a.metadata for a in graph.ledger} == {f"hub:{ATTEMPT}"}
    assert list(graph.uploads.values()) == [PNG, b"%PDF"]


async def test_a_file_with_a_public_address_is_not_uploaded(
    connector: FacebookConnector, graph: FacebookSimulator
) -> None:
    shown = attached(PNG, "a.png", "image/png", public_url="https://cdn.example.vn/a.png")
    await connector.send(reply(PSID, None, attachments=(shown,), reply_to="m_text1"))
    (accepted,) = graph.ledger
    assert accepted.attachment == {"type": "image", "payload": {"url": "https://cdn.example.vn/a.png"}}
    assert (accepted.reply_to, graph.uploads) == ("m_text1", {})


async def test_the_chat_plugins_visitors_are_addressed_by_reference(
    connector: FacebookConnector, graph: FacebookSimulator
) -> None:
    await connector.send(reply("ref:plugin-ref-1"))
    assert graph.ledger[0].psid == "plugin-ref-1"


@pytest.mark.parametrize(
    ("since", "allowed", "expected"),
    [
        (timedelta(hours=23, minutes=59), False, "RESPONSE"),
        (timedelta(hours=24), True, "MESSAGE_TAG"),
        (timedelta(days=6, hours=23), True, "MESSAGE_TAG"),
        (timedelta(hours=24), False, None),
        (timedelta(days=7), True, None),
        (None, True, None),
    ],
)
async def test_the_window_decides_the_type_or_refuses_without_a_call(
    graph: FacebookSimulator, since: timedelta | None, allowed: bool, expected: str | None
) -> None:
    account = settings(graph_url=graph.url, human_agent_allowed=allowed)
    async with context_for(account, "facebook-main") as context:
        connector = FacebookConnector.build(account, context)
        if expected is None:
            failure = await failing(connector, since=since)
            assert isinstance(failure, SendRejected)
            assert failure.reason == FailureReason.OUTSIDE_WINDOW
            assert (graph.ledger, graph.refused) == ([], [])
        else:
            await connector.send(reply(PSID, since=since))
            assert graph.ledger[0].messaging_type == expected


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"text": "x" * 2001}, FailureReason.TOO_LONG),
        ({"text": None}, FailureReason.UNSUPPORTED_CONTENT),
        ({"attachments": (attached(b"", "a", "x/y", AttachmentKind.LOCATION),)}, FailureReason.UNSUPPORTED_CONTENT),
        ({"attachments": (attached(b"x" * 8_000_001, "a.png", "image/png"),)}, FailureReason.ATTACHMENT_REFUSED),
        ({"attachments": (PICTURE,) * 11}, FailureReason.ATTACHMENT_REFUSED),
    ],
)
async def test_what_messenger_would_refuse_is_refused_without_a_call(
    connector: FacebookConnector, graph: FacebookSimulator, changes: dict[str, Any], reason: FailureReason
) -> None:
    failure = await failing(connector, **changes)
    assert isinstance(failure, SendRejected)
    assert failure.reason == reason
    assert (graph.ledger, graph.refused) == ([], [])


async def test_comments_are_not_answered_by_message(connector: FacebookConnector) -> None:
    with pytest.raises(SendRejected):
        await connector.send(reply("feed:7300000000000001"))


ERRORS: list[tuple[dict[str, Any], type[SendError], FailureReason | None]] = [
    ({"code": 1}, SendTransient, None),
    ({"code": 2}, SendTransient, None),
    ({"code": 1200}, SendTransient, None),
    ({"code": 999, "is_transient": True}, SendTransient, None),
    ({"code": 4}, SendThrottled, None),
    ({"code": 613}, SendThrottled, None),
    ({"code": 80006}, SendThrottled, None),
    ({"code": 190, "subcode": 463}, CredentialsInvalid, None),
    ({"code": 10, "subcode": 2018278}, SendRejected, FailureReason.OUTSIDE_WINDOW),
    ({"code": 10, "subcode": 2018065}, SendRejected, FailureReason.OUTSIDE_WINDOW),
    ({"code": 10, "subcode": 2018108}, SendRejected, FailureReason.CUSTOMER_UNREACHABLE),
    ({"code": 10}, SendRejected, FailureReason.PERMISSION_MISSING),
    ({"code": 200}, SendRejected, FailureReason.PERMISSION_MISSING),
    ({"code": 299}, SendRejected, FailureReason.PERMISSION_MISSING),
    ({"code": 2, "subcode": 2018344}, SendRejected, FailureReason.PERMISSION_MISSING),
    ({"code": 551}, SendRejected, FailureReason.CUSTOMER_UNREACHABLE),
    ({"code": 551, "subcode": 1545041}, SendRejected, FailureReason.CUSTOMER_UNREACHABLE),
    ({"code": 200, "subcode": 1545041}, SendRejected, FailureReason.CUSTOMER_UNREACHABLE),
    ({"code": 100, "subcode": 2018001}, SendRejected, FailureReason.CUSTOMER_UNREACHABLE),
    ({"code": 100}, SendRejected, FailureReason.PROVIDER_REJECTED),
    ({"code": 368}, SendRejected, FailureReason.POLICY_BLOCK),
    ({"code": 4711}, SendRejected, FailureReason.PROVIDER_REJECTED),
]


@pytest.mark.parametrize(("error", "family", "reason"), ERRORS, ids=lambda value: str(value)[:40])
async def test_each_code_has_its_family(
    connector: FacebookConnector,
    graph: FacebookSimulator,
    error: dict[str, Any],
    family: type[SendError],
    reason: FailureReason | None,
) -> None:
    graph.fail_next(**error)
    failure = await failing(connector)
    assert type(failure) is family
    assert getattr(failure, "reason", None) == reason
    assert str(error["code"]) in (failure.provider_code or "")
    assert graph.ledger == []


async def test_a_wrong_token_stops_the_account(graph: FacebookSimulator) -> None:
    account = settings(graph_url=graph.url, page_access_token="another-token")
    async with context_for(account, "facebook-main") as context:
        with structlog.testing.capture_logs() as lines:
            failure = await failing(FacebookConnector.build(account, context))
    assert type(failure) is CredentialsInvalid
    assert "another-token" not in repr(lines) + str(failure)


async def test_a_wrong_app_secret_is_noticed(graph: FacebookSimulator) -> None:
    account = settings(graph_url=graph.url, app_secret="another-secret")
    async with context_for(account, "facebook-main") as context:
        assert isinstance(await failing(FacebookConnector.build(account, context)), SendRejected)
    assert graph.refused == ["Invalid appsecret_proof provided in the API argument"]


async def test_the_throttle_waits_as_long_as_the_usage_header_says(
    connector: FacebookConnector, graph: FacebookSimulator
) -> None:
    graph.throttle_next(minutes=7)
    failure = await failing(connector)
    assert isinstance(failure, SendThrottled)
    assert failure.retry_after_s == 420


@pytest.mark.parametrize(
    ("header", "percent"),
    [('{"call_count":81,"total_time":3}', 81), ("not json", 0), ("[]", 0), ('{"call_count":"x"}', 0), ("[" * 9999, 0),
     ('{"123":[{"call_count":12,"total_cputime":95}]}', 95)],
)  # fmt: skip
def test_usage_is_read_where_it_can_be(header: str, percent: int) -> None:
    assert usage_percent({"X-App-Usage": header}) == percent


@pytest.mark.parametrize(
    ("status", "body", "family"),
    [
        (200, b"", OutcomeUnknown),
        (200, b"{}", OutcomeUnknown),
        (200, b"<html>", OutcomeUnknown),
        (500, b"oops", OutcomeUnknown),
        (502, b"<html>bad gateway</html>", OutcomeUnknown),
        (503, b"", OutcomeUnknown),
        (429, b"", SendThrottled),
        (401, b"", CredentialsInvalid),
        (404, b"", SendRejected),
        (302, b"", SendRejected),
        (400, b'{"error":"text"}', SendRejected),
        (400, b'{"error":{"message":"no code"}}', SendRejected),
        (500, b"[" * 10_000, OutcomeUnknown),
    ],
)
def test_answers_in_words_that_graph_never_says(status: int, body: bytes, family: type[SendError]) -> None:
    assert type(refusal(Answer(status, {}, body))) is family


async def test_an_accepted_message_whose_answer_was_lost_is_unknown_and_sent_once(
    connector: FacebookConnector, graph: FacebookSimulator
) -> None:
    graph.break_next("accept_then_drop")
    assert type(await failing(connector)) is OutcomeUnknown
    assert len(graph.ledger) == 1


async def test_an_accepted_message_answered_by_a_gateway_is_unknown(
    connector: FacebookConnector, graph: FacebookSimulator
) -> None:
    graph.break_next("accept_then_answer", status=504, body="gateway timeout")
    assert type(await failing(connector)) is OutcomeUnknown
    assert len(graph.ledger) == 1


async def test_a_cancelled_send_ends_at_once(connector: FacebookConnector, graph: FacebookSimulator) -> None:
    graph.break_next("hang")
    task = asyncio.create_task(connector.send(reply(PSID)))
    await asyncio.sleep(0.1)
    task.cancel()
    async with asyncio.timeout(10):
        await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()


async def test_a_refused_upload_is_found_out_before_the_text_leaves(
    connector: FacebookConnector, graph: FacebookSimulator
) -> None:
    graph.fail_next(code=100, path="/message_attachments")
    failure = await failing(connector, attachments=(PICTURE,))
    assert isinstance(failure, SendRejected)
    assert (failure.reason, failure.sent_ids, graph.ledger) == (FailureReason.ATTACHMENT_REFUSED, (), [])


async def test_a_throttled_upload_slows_the_account(connector: FacebookConnector, graph: FacebookSimulator) -> None:
    graph.fail_next(code=613, path="/message_attachments")
    assert type(await failing(connector, attachments=(PICTURE,))) is SendThrottled
    graph.fail_next(code=368, path="/message_attachments")
    failure = await failing(connector, attachments=(PICTURE,))
    assert isinstance(failure, SendRejected)
    assert (failure.reason, graph.ledger) == (FailureReason.POLICY_BLOCK, [])


async def test_a_rate_limit_that_comes_near_is_logged(connector: FacebookConnector, graph: FacebookSimulator) -> None:
    graph.fail_next(code=2, headers={"X-App-Usage": '{"call_count":93}'})
    with structlog.testing.capture_logs() as lines:
        await failing(connector)
    assert [line["percent"] for line in lines if line["event"] == "facebook_rate_limit_near"] == [93]


@pytest.mark.parametrize("identity", ["feed:7300000000000001", "ref:plugin-ref-1", "../me"])
async def test_who_has_no_messenger_id_shows_no_profile(connector: FacebookConnector, identity: str) -> None:
    assert await connector.fetch_profile(identity) is None


async def test_an_unclear_upload_may_be_tried_again(connector: FacebookConnector, graph: FacebookSimulator) -> None:
    graph.break_next("drop", path="/message_attachments")
    assert type(await failing(connector, attachments=(PICTURE,))) is SendTransient
    assert graph.ledger == []


async def test_a_second_part_that_is_refused_names_the_first(
    connector: FacebookConnector, graph: FacebookSimulator
) -> None:
    graph.faults.add(Fault("accept_then_answer", 200, {"message_id": "m_first"}, {}, "/messages"))
    graph.fail_next(code=551)
    failure = await failing(connector, attachments=(PICTURE,))
    assert isinstance(failure, SendRejected)
    assert (failure.reason, failure.sent_ids) == (FailureReason.CUSTOMER_UNREACHABLE, ("m_first",))
    assert len(graph.ledger) == 1


@pytest.mark.parametrize(
    ("error", "reason"),
    [({"code": 2, "times": 9}, FailureReason.GAVE_UP), ({"code": 4}, FailureReason.GAVE_UP),
     ({"code": 190}, FailureReason.ACCOUNT_DISCONNECTED)],
)  # fmt: skip
async def test_no_failure_after_the_first_part_lets_a_caller_repeat_it(
    connector: FacebookConnector, graph: FacebookSimulator, error: dict[str, Any], reason: FailureReason
) -> None:
    graph.faults.add(Fault("accept_then_answer", 200, {"message_id": "m_first"}, {}, "/messages"))
    graph.fail_next(**error)
    failure = await failing(connector, attachments=(PICTURE,))
    assert isinstance(failure, SendRejected)
    assert (failure.reason, failure.sent_ids) == (reason, ("m_first",))


async def test_trouble_between_the_parts_is_waited_out(connector: FacebookConnector, graph: FacebookSimulator) -> None:
    graph.faults.add(Fault("accept_then_answer", 200, {"message_id": "m_first"}, {}, "/messages"))
    graph.fail_next(code=2)
    sent = await connector.send(reply(PSID, attachments=(PICTURE,)))
    assert len(sent.provider_message_ids) == len(graph.ledger) == 2


async def test_an_unknown_second_part_leaves_the_whole_reply_unknown(
    connector: FacebookConnector, graph: FacebookSimulator
) -> None:
    graph.faults.add(Fault("accept_then_answer", 200, {"message_id": "m_first"}, {}, "/messages"))
    graph.break_next("accept_then_drop")
    failure = await failing(connector, attachments=(PICTURE,))
    assert type(failure) is OutcomeUnknown
    assert failure.sent_ids == ("m_first",)


@pytest.mark.parametrize(
    ("problem", "family"),
    [(StorageUnavailable("away"), SendTransient), (NotFound("gone", "It is gone."), SendRejected)],
)
async def test_a_file_that_cannot_be_read_has_a_family_too(
    connector: FacebookConnector, problem: Exception, family: type[SendError]
) -> None:
    async def read() -> bytes:
        raise problem

    broken = type(PICTURE)(AttachmentKind.IMAGE, "a.png", "image/png", 3, read)
    assert type(await failing(connector, attachments=(broken,))) is family
