"""What we tell a supplier: call control that it can carry out, and credentials for it alone."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.simulators.hotline import SccoInvalid, check_scco, rest_token_is_good
from connectors.base import OutboundMessage
from connectors.hotline.outbound import identity_of, recording_event_url, recording_headers, recording_url, scco
from connectors.hotline.settings import GenericPbx, StringeePbx
from hub.errors import BadInput, SendRejected
from hub.events import FailureReason
from hub.ids import AttemptId, TouchpointId
from tests.connectors.hotline.support import ACCOUNT, STRINGEE, ZORIO, connector

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
CALLER = "+84912345678"


def stringee(**changes: Any) -> StringeePbx:
    return StringeePbx.model_validate({**STRINGEE, **changes})


def actions(step: int = 0, caller: str | None = "84912345678", **changes: Any) -> list[dict[str, Any]]:
    made = scco(stringee(**changes), caller=caller, identity=CALLER, step=step)
    return check_scco(json.dumps(made).encode())


def test_a_call_is_connected_to_the_first_operator() -> None:
    (connect,) = actions()
    assert connect["from"] == {"type": "external", "number": "84912345678", "alias": "84912345678"}
    assert connect["to"] == {"type": "internal", "number": "op-201", "alias": "8419001234"}
    assert connect["peerToPeerCall"] is False
    assert connect["onFailEventUrl"].endswith("/fail?step=1")


def test_a_recorded_call_is_announced_and_then_recorded_before_it_is_connected() -> None:
    talk, record, connect = actions(recording="ours")
    assert "ghi âm" in talk["text"]
    assert talk["bargeIn"] is False
    assert (record["action"], record["format"], connect["action"]) == ("record", "mp3", "connect")
    assert [a["action"] for a in actions(step=1, recording="ours")] == ["record", "connect"]
    assert [a["action"] for a in actions(recording="ours", recording_notice=None)] == ["record", "connect"]


def test_operators_are_rung_in_turn_then_the_fallback_then_the_caller_is_told() -> None:
    settings = {"fallback_number": "+84901112223"}
    rung = [actions(step, **settings)[-1] for step in range(4)]
    assert [a["to"]["number"] for a in rung[:3]] == ["op-201", "op-202", "84901112223"]
    assert rung[3]["action"] == "talk"
    assert rung[2]["from"]["number"] == "8419001234"
    assert actions(99, busy_text=None) == []


@pytest.mark.parametrize("caller", [None, "", "anonymous", "+84912345678", "sip:x@y", "84 912", "9" * 100, "đ"])
def test_whatever_the_caller_shows_the_call_can_be_connected(caller: str | None) -> None:
    (connect,) = actions(caller=caller)
    assert connect["from"]["number"] in ("8419001234", "84912345678")
    assert connect["to"]["number"] == "op-201"


def test_our_own_urls_carry_the_path_secret() -> None:
    made = actions(recording="ours", path_secret="secret-part-of-the-url")
    assert made[1]["eventUrl"].endswith("k=secret-part-of-the-url")
    assert made[2]["onFailEventUrl"].endswith("k=secret-part-of-the-url")


def test_the_simulator_refuses_what_stringee_would() -> None:
    connect = actions()[0]
    record = {"action": "record", "eventUrl": "https://hub.example/r"}
    bad: list[Any] = [
        {}, [1], [{"action": "dance"}], [connect, record], [record], [{**connect, "timeout": 0}],
        [record, {**connect, "peerToPeerCall": True}], [{**connect, "onFailEventUrl": ""}],
        [{**connect, "from": {"type": "external", "number": "+84912345678"}}], [{"action": "talk"}],
    ]  # fmt: skip
    for answer in bad:
        with pytest.raises(SccoInvalid):
            check_scco(json.dumps(answer).encode())
    with pytest.raises(SccoInvalid):
        check_scco(b"<html>")


@given(st.text(min_size=1, max_size=100).filter(str.isprintable))
def test_an_identity_comes_back_from_its_sealed_url(identity: str) -> None:
    sealed = recording_event_url(stringee(), identity).rpartition("c=")[2]
    assert identity_of(stringee(), sealed) == identity


def test_a_seal_of_another_account_is_not_ours() -> None:
    sealed = recording_event_url(stringee(signing_secret="another secret"), CALLER).rpartition("c=")[2]
    with pytest.raises(BadInput):
        identity_of(stringee(), sealed)


def test_the_same_webhook_gets_the_same_answer() -> None:
    assert actions(recording="ours") == actions(recording="ours")


def test_the_recordings_token_is_what_stringee_asks_for_and_ends_within_minutes() -> None:
    url = recording_url(stringee(), "call-vn-1-A")
    token = recording_headers(stringee(), url, NOW)["X-STRINGEE-AUTH"]
    key = (str(STRINGEE["api_key_sid"]), str(STRINGEE["api_key_secret"]))
    assert rest_token_is_good(token, *key, NOW)
    assert not rest_token_is_good(token, *key, NOW + timedelta(minutes=10))
    assert not rest_token_is_good(token, key[0], "another key", NOW)
    assert not rest_token_is_good(token[:-2], *key, NOW)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.stringee.com.evil.example/v1/call/recording/x",
        "https://evil.example/v1/call/recording/x",
        "http://api.stringee.com/v1/call/recording/x",
        "https://api.stringee.com@evil.example/v1/call/recording/x",
        "https://api.stringee.com/v1/call2/callout",
        "",
    ],
)
def test_credentials_go_to_the_supplier_only(url: str) -> None:
    assert recording_headers(stringee(), url, NOW) == {}


def test_a_call_id_cannot_lead_to_another_address() -> None:
    assert recording_url(stringee(), "../../v1/account?x").endswith("/v1/call/recording/..%2F..%2Fv1%2Faccount%3Fx")


def test_another_suppliers_recording_header_stays_with_its_host() -> None:
    rules = {"host_url": "https://rec.zorio.example", "header": "Authorization", "header_value": "Bearer 1"}
    pbx = GenericPbx.model_validate({**ZORIO, "recording": rules})
    assert recording_headers(pbx, "https://rec.zorio.example/a.mp3", NOW) == {"authorization": "Bearer 1"}
    assert recording_headers(pbx, "https://rec.zorio.example.evil.example/a.mp3", NOW) == {}
    assert recording_headers(GenericPbx.model_validate(ZORIO), "https://rec.zorio.example/a.mp3", NOW) == {}


async def test_a_written_reply_is_refused_with_a_reason_for_the_agent() -> None:
    hotline = connector(STRINGEE)
    assert not hotline.capabilities.can_send
    message = OutboundMessage(TouchpointId(uuid4()), AttemptId(uuid4()), ACCOUNT, CALLER, "chào chị")
    with pytest.raises(SendRejected) as refusal:
        await hotline.send(message)
    assert refusal.value.reason == FailureReason.UNSUPPORTED_CONTENT
