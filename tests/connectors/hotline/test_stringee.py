"""Stringee webhooks: every state, who is who, what is ignored, and what must never be believed."""

import itertools
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Parsed
from connectors.hotline.outbound import recording_event_url
from connectors.hotline.settings import StringeePbx
from hub.clock import ManualClock
from hub.errors import BadInput, NotFound
from hub.events import (
    CallDirection,
    CallProgressed,
    CallState,
    EvidenceSource,
    RecordingReady,
    Strength,
    encode,
    wrap,
)
from tests.connectors.hotline.support import (
    PATH,
    STRINGEE,
    connector,
    request,
    stringee_get,
    stringee_post,
)

CALL_ID = "call-vn-1-ABCDEFGHIJ-1515820305477"
EVENT: dict[str, Any] = {
    "call_status": "answered",
    "project_id": 25,
    "request_from_user_id": "",
    "account_sid": "AC123",
    "timestamp_ms": 1795312800123,
    "from": {"number": "84912345678", "alias": "84912345678", "is_online": False, "type": "external"},
    "to": {"number": "op-201", "alias": "8419001234", "is_online": True, "type": "internal"},
    "clientCustomData": "",
    "type": "stringee_call",
    "call_id": CALL_ID,
}


def parsed(event: dict[str, Any] | bytes, tail: str = "event", **settings: Any) -> Parsed:
    hotline, webhook = connector(STRINGEE, **settings), stringee_post(tail, event)
    hotline.verify(webhook)
    return hotline.parse(webhook)


def step(**changes: Any) -> CallProgressed:
    (event,) = parsed({**EVENT, **changes}).events
    assert isinstance(event, CallProgressed)
    return event


def test_an_answered_call_names_the_caller_the_operator_and_the_hotline() -> None:
    event = step()
    assert event.state is CallState.ANSWERED
    assert event.direction is CallDirection.INBOUND
    assert event.identity == "+84912345678"
    assert event.agent_ref == "op-201"
    assert event.hotline_number == "19001234"
    assert event.call_id == CALL_ID
    assert event.occurred_at == datetime(2026, 11, 22, 2, 0, 0, 123000, tzinfo=UTC)
    (evidence,) = event.evidence
    assert (evidence.value, evidence.strength) == ("+84912345678", Strength.ATTESTED)
    assert evidence.source is EvidenceSource.CALLER_ID


@pytest.mark.parametrize(
    ("status", "more", "state"),
    [
        ("created", {}, CallState.OFFERED),
        ("started", {}, CallState.OFFERED),
        ("ringing", {}, CallState.RINGING),
        ("answered", {}, CallState.ANSWERED),
        ("ended", {"answerDuration": 31, "duration": 40}, CallState.ENDED),
        ("ended", {"answerDuration": "31"}, CallState.ENDED),
        ("ended", {"answerDuration": 0, "duration": 12}, CallState.MISSED),
        ("ended", {"answerDuration": "0"}, CallState.MISSED),
        ("ended", {}, CallState.ENDED),  # it does not say: not missed
        ("ended", {"answerDuration": None}, CallState.ENDED),
        ("ended", {"answerDuration": "soon"}, CallState.ENDED),
    ],
)
def test_each_status_has_its_state(status: str, more: dict[str, Any], state: CallState) -> None:
    assert step(call_status=status, **more).state is state


def test_the_end_carries_talk_time_and_cause() -> None:
    event = step(call_status="ended", answerDuration=31, endCallCause="486 Busy Here")
    assert (event.talk_s, event.cause) == (31, "486 Busy Here")


@pytest.mark.parametrize("number", ["anonymous", "unknown", "", None, "19001234", "115", "op-7", "8419001234"])
def test_a_caller_without_a_number_of_their_own_is_nobody_and_never_the_same_nobody(number: str | None) -> None:
    caller = {"number": number, "type": "external"}
    event = step(**{"from": caller})
    other = step(**{"from": caller, "call_id": "another-call"})
    assert event.identity == f"anonymous:{CALL_ID}"
    assert other.identity == "anonymous:another-call"
    assert event.evidence == ()


def test_a_service_number_that_calls_is_shown_though_it_is_nobody() -> None:
    event = step(**{"from": {"number": "18001234", "type": "external"}})
    assert event.profile is not None
    assert event.profile.display_name == "18001234"
    assert step(**{"from": {"number": "anonymous", "type": "external"}}).profile is None


def test_a_call_forwarded_from_our_own_land_line_is_not_one_customer() -> None:
    assert step(**{"from": {"number": "842838123456", "type": "external"}}).identity == f"anonymous:{CALL_ID}"


@pytest.mark.parametrize(
    ("number", "e164"),
    [
        ("84912345678", "+84912345678"),
        ("+84912345678", "+84912345678"),
        ("0912345678", "+84912345678"),
        ("841621234567", "+84321234567"),
        ("842438252525", "+842438252525"),
        ("6591234567", "+6591234567"),
        ("85512345678", "+85512345678"),
    ],
)
def test_numbers_come_with_their_country_code_and_without_a_plus(number: str, e164: str) -> None:
    assert step(**{"from": {"number": number, "type": "external"}}).identity == e164


def test_in_a_call_of_ours_the_customer_is_the_one_who_is_called() -> None:
    event = step(
        **{
            "from": {"number": "op-201", "alias": "8419001234", "type": "internal"},
            "to": {"number": "84987654321", "alias": "84987654321", "type": "external"},
        }
    )
    assert event.direction is CallDirection.OUTBOUND
    assert event.identity == "+84987654321"
    assert (event.agent_ref, event.hotline_number) == ("op-201", "19001234")
    assert event.evidence[0].strength is Strength.AGENT


def test_a_call_of_ours_that_nobody_took_has_ended_and_is_not_missed() -> None:
    outbound = {"from": {"number": "op-201", "type": "internal"}, "to": {"number": "84987654321", "type": "external"}}
    assert step(call_status="ended", answerDuration=0, **outbound).state is CallState.ENDED


@pytest.mark.parametrize(
    "changes",
    [
        {"from": {"number": "op-1", "type": "internal"}},
        {"call_status": "agentEnded"},
        {"call_status": "connect_failed"},
        {"call_status": "something new"},
        {"actor": "op-201"},
        {"to": {"number": "84901112223", "type": "external"}},
    ],
    ids=["internal", "agentEnded", "connect_failed", "new", "other leg", "fallback leg"],
)
def test_what_is_no_step_of_a_customers_call_is_ignored_with_a_reason(changes: dict[str, Any]) -> None:
    result = parsed({**EVENT, **changes}, fallback_number="0901112223")
    assert result.events == ()
    assert len(result.ignored) == 1
    assert "84912345678" not in result.ignored[0]


def test_the_customers_own_leg_counts_as_answered() -> None:
    assert step(actor="84912345678").state is CallState.ANSWERED


def test_repeats_in_any_order_have_the_same_keys() -> None:
    story = [
        {**EVENT, "call_status": "created", "timestamp_ms": 1},
        {**EVENT, "call_status": "ringing", "timestamp_ms": 2},
        {**EVENT, "call_status": "answered", "timestamp_ms": 3},
        {**EVENT, "call_status": "ended", "timestamp_ms": 4, "answerDuration": 9},
    ]
    wanted = {e.dedupe_key for told in story for e in parsed(told).events}
    assert len(wanted) == len(story)
    for order in itertools.permutations(story * 2, len(story)):
        assert {e.dedupe_key for told in order for e in parsed(told).events} <= wanted


def test_an_event_id_is_the_key_and_never_swallows_another_step() -> None:
    ringing = step(event_id="e1", call_status="ringing")
    late = step(event_id="e1", call_status="ringing", timestamp_ms=9)
    assert ringing.dedupe_key == late.dedupe_key
    assert step(event_id="e1", call_status="ended").dedupe_key != ringing.dedupe_key
    assert step(event_id="e2", call_status="ringing").dedupe_key != ringing.dedupe_key


def test_calls_of_another_project_or_account_are_refused() -> None:
    for setting in ({"project_id": 26}, {"account_sid": "AC999"}):
        with pytest.raises(BadInput):
            parsed(EVENT, **setting)
    assert parsed(EVENT, project_id=25, account_sid="AC123").events


def test_the_answer_url_offers_the_call_and_steers_it() -> None:
    query = {"from": "84912345678", "to": "8419001234", "fromInternal": "false", "uuid": "u-1", "callId": CALL_ID}
    result = connector(STRINGEE).parse(stringee_get("answer", query))
    (event,) = result.events
    assert isinstance(event, CallProgressed)
    assert (event.state, event.identity, event.call_id) == (CallState.OFFERED, "+84912345678", CALL_ID)
    assert event.hotline_number == "19001234"
    assert result.answer.content_type == "application/json"
    assert [a["action"] for a in json.loads(result.answer.body)] == ["connect"]


def test_without_a_call_id_the_call_is_steered_and_its_events_tell_of_it() -> None:
    query = {"from": "84912345678", "to": "8419001234", "fromInternal": "false", "uuid": "u-1"}
    result = connector(STRINGEE).parse(stringee_get("answer", query))
    assert result.events == ()
    assert json.loads(result.answer.body)
    (event,) = connector(STRINGEE, uuid_is_call_id=True).parse(stringee_get("answer", query)).events
    assert isinstance(event, CallProgressed)
    assert event.call_id == "u-1"


def test_a_call_that_an_app_starts_is_not_connected_at_our_cost() -> None:
    query = {"from": "op-201", "to": "84987654321", "fromInternal": "true", "callId": CALL_ID}
    result = connector(STRINGEE).parse(stringee_get("answer", query))
    assert (result.events, result.answer.body) == ((), b"[]")


def test_the_recording_is_known_by_the_call_and_belongs_to_the_caller_in_its_url() -> None:
    settings = connector(STRINGEE, recording="ours")
    pbx = StringeePbx.model_validate({**STRINGEE, "recording": "ours"})
    tail = recording_event_url(pbx, "+84912345678").removeprefix(f"https://hub.example{PATH}/")
    webhook = stringee_post(tail, {"call_id": CALL_ID, "recordingUrl": "http://elsewhere.example/x.mp3"})
    (event,) = settings.parse(webhook).events
    assert isinstance(event, RecordingReady)
    assert (event.identity, event.call_id) == ("+84912345678", CALL_ID)
    assert event.recording.url == f"https://api.stringee.com/v1/call/recording/{CALL_ID}"
    assert "912345678" not in tail


def test_the_recording_of_a_withheld_number_joins_the_call_by_the_events_id() -> None:
    pbx = StringeePbx.model_validate({**STRINGEE, "recording": "ours"})
    tail = recording_event_url(pbx, "anonymous:u-1").removeprefix(f"https://hub.example{PATH}/")
    (event,) = connector(STRINGEE).parse(stringee_post(tail, {"call_id": CALL_ID})).events
    assert event.identity == f"anonymous:{CALL_ID}"


@pytest.mark.parametrize("sealed", ["", "AAAA", "ä", "+84912345678", "=" * 50, "A" * 61])
def test_a_recording_for_a_caller_that_we_did_not_seal_is_refused(sealed: str) -> None:
    with pytest.raises(BadInput):
        connector(STRINGEE).parse(request("POST", f"{PATH}/recording?c={sealed}", body=b'{"call_id":"x"}'))


def test_a_queue_of_stringee_is_believed_to_have_recorded_answered_calls() -> None:
    answered = parsed({**EVENT, "call_status": "ended", "answerDuration": 9}, recording="queue").events
    assert [type(e) for e in answered] == [CallProgressed, RecordingReady]
    assert len({e.dedupe_key for e in answered}) == 2
    missed = parsed({**EVENT, "call_status": "ended", "answerDuration": 0}, recording="queue").events
    assert [type(e) for e in missed] == [CallProgressed]


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b'"x"', b"{", b"\xff", b'{"call_id":"x"}', b'{"call_status":"ended"}', b"[" * 100_000,
     b'{"call_id":"","call_status":"ended"}', b'{"call_id":"a b","call_status":"ended"}',
     b'{"call_id":"a\\u0000","call_status":"ended"}', b'{"call_id":["x"],"call_status":"ended"}',
     b'{"call_id":"x","call_status":{}}', b'{"call_id":"x","call_status":"ended","from":[1]}',
     b'{"call_id":"' + b"x" * 300 + b'","call_status":"ended"}', b'{"a":"' + b"x" * 70_000 + b'"}'],
)  # fmt: skip
@pytest.mark.parametrize("tail", ["event", "fail?step=1", "recording?c=x"])
def test_malformed_bodies_are_the_senders_fault(tail: str, body: bytes) -> None:
    with pytest.raises(BadInput) as refusal:
        parsed(body, tail)
    assert refusal.value.status in (400, 404)


@pytest.mark.parametrize(
    ("method", "tail"),
    [("GET", ""), ("GET", "event"), ("POST", "answer"), ("PUT", "event"), ("POST", "event/x"), ("POST", "../event")],
)
def test_paths_that_are_none_of_ours_do_not_exist(method: str, tail: str) -> None:
    with pytest.raises(NotFound):
        connector(STRINGEE).parse(request(method, f"{PATH}/{tail}", body=json.dumps(EVENT).encode()))


@pytest.mark.parametrize(
    "query", [{}, {"from": "84912345678"}, {"callId": "a b"}, {"callId": "x" * 300}, {"uuid": "đ"}]
)
def test_an_answer_url_without_a_call_is_the_senders_fault(query: dict[str, str]) -> None:
    with pytest.raises(BadInput):
        connector(STRINGEE).parse(stringee_get("answer", query))


@pytest.mark.parametrize("written", ["", "x", "-1", "1.5", "٣", "999"])
def test_an_on_fail_url_that_is_not_ours_is_refused(written: str) -> None:
    with pytest.raises(BadInput):
        connector(STRINGEE).parse(request("POST", f"{PATH}/fail?step={written}", body=json.dumps(EVENT).encode()))


def test_a_cut_emoji_or_a_nul_in_a_word_costs_nothing_but_itself() -> None:
    raw = json.dumps({**EVENT, "call_status": "ended", "endCallCause": "bye"}).replace("bye", "b\\ud83d\\u0000ye")
    (event,) = parsed(raw.encode()).events
    assert isinstance(event, CallProgressed)
    assert event.cause is not None
    assert "\x00" not in event.cause
    assert encode(wrap(event, ManualClock()))


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
_JSON = st.recursive(_SCALARS, lambda c: st.lists(c, max_size=3) | st.dictionaries(st.text(max_size=8), c, max_size=3))


@given(st.fixed_dictionaries({}, optional=dict.fromkeys([*EVENT, "answerDuration", "actor", "event_id"], _JSON)))
def test_any_json_gives_events_that_fit_the_log_or_a_clear_refusal(changes: dict[str, Any]) -> None:
    hotline = connector(STRINGEE)
    webhook = request("POST", f"{PATH}/event", body=json.dumps({**EVENT, **changes}).encode())
    try:
        events = hotline.parse(webhook).events
    except BadInput:
        return
    for event in events:
        assert encode(wrap(event, ManualClock()))


@given(st.binary(max_size=200), st.sampled_from(["event", "fail?step=1", "recording?c=AAAA", "answer", ""]))
def test_any_bytes_are_parsed_or_refused_and_nothing_else(body: bytes, tail: str) -> None:
    for method in ("GET", "POST"):
        try:
            connector(STRINGEE).parse(request(method, f"{PATH}/{tail}", body=body))
        except BadInput:
            continue
