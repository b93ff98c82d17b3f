"""Any other PBX: presets as documented, and mappings for suppliers that nobody has heard of yet."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Parsed
from connectors.hotline.generic import read_time
from connectors.hotline.settings import TimeRules
from hub.clock import ManualClock
from hub.errors import BadInput
from hub.events import CallDirection, CallProgressed, CallState, RecordingReady, Strength, encode, wrap
from tests.connectors.hotline.support import (
    PATH,
    URL_TOKEN,
    VOICECLOUD,
    ZORIO,
    connector,
    request,
    voicecloud_get,
    zorio_post,
)

HOME_MADE: dict[str, Any] = {
    "supplier": "generic",
    "hotline_numbers": ["02838123456"],
    "auth": {"kind": "query_token", "token": URL_TOKEN},
    "fields": {
        "call_id": "id",
        "state": "status",
        "caller": "from",
        "callee": "to",
        "event_id": "event_id",
        "occurred_at": "at",
        "direction": "dir",
        "agent": "legs.0.ext",
        "talk_s": "billsec",
        "cause": "cause",
        "recording": "file",
    },
    "states": {"ring": "ringing", "up": "answered", "no answer": "missed", "end": "ended", "cdr": "recording",
               "hold": "ignored", "new": "offered"},
    "directions": {"in": "inbound", "out": "outbound", "local": "internal"},
}  # fmt: skip
CALL = {"id": "c-1", "status": "RING", "from": "0912345678", "to": "02838123456", "at": 1795312800, "dir": "in"}
ZORIO_CALL = {
    "call_uuid": "u-1", "extension": "201", "direction": "inbound", "caller_number": "0912345678",
    "destination_number": "19001234", "timestamp": "2026-11-22T02:00:05Z",
}  # fmt: skip


def parsed(changes: dict[str, Any] | bytes, tail: str = "", **settings: Any) -> Parsed:
    body = changes if isinstance(changes, bytes) else json.dumps({**CALL, **changes}).encode()
    return connector(HOME_MADE, **settings).parse(request("POST", f"{PATH}/{tail}", body=body))


def step(tail: str = "", settings: dict[str, Any] | None = None, **changes: Any) -> CallProgressed:
    event = parsed(changes, tail, **(settings or {})).events[0]
    assert isinstance(event, CallProgressed)
    return event


def zorio(event: str, **more: Any) -> Parsed:
    hotline, webhook = connector(ZORIO), zorio_post(event, **{**ZORIO_CALL, **more})
    hotline.verify(webhook)
    return hotline.parse(webhook)


def test_zorio_tells_a_whole_call() -> None:
    ended = {"started_at": "2026-11-22T02:00:00Z", "ended_at": "2026-11-22T02:00:40Z"}
    talked = {**ended, "answered_at": "2026-11-22T02:00:10Z"}
    events = [
        *zorio("pbx.call.ringing").events,
        *zorio("pbx.call.answered", answered_at="2026-11-22T02:00:10Z").events,
        *zorio("pbx.call.hangup", **talked).events,
        *zorio("pbx.cdr.created", **talked, recording_url="https://files.zorio.example/u-1.mp3").events,
    ]
    states = [e.state for e in events if isinstance(e, CallProgressed)]
    assert states == [CallState.RINGING, CallState.ANSWERED, CallState.ENDED]
    assert {e.identity for e in events} == {"+84912345678"}
    assert len({e.dedupe_key for e in events}) == len(events)
    assert isinstance(events[2], CallProgressed)
    assert (events[2].talk_s, events[2].agent_ref, events[2].hotline_number) == (30, "201", "19001234")
    assert isinstance(events[3], RecordingReady)
    assert events[3].recording.url == "https://files.zorio.example/u-1.mp3"
    assert events[3].recording.duration_s == 30


@pytest.mark.parametrize("answered_at", [None, "", 0])
def test_a_hang_up_that_knows_no_answer_was_missed(answered_at: Any) -> None:
    (event,) = zorio("pbx.call.hangup", ended_at="2026-11-22T02:00:40Z", answered_at=answered_at).events
    assert isinstance(event, CallProgressed)
    assert event.state is CallState.MISSED


def test_a_missed_call_has_no_recording_though_its_record_was_made() -> None:
    assert zorio("pbx.cdr.created", answered_at=None).events == ()


def test_zorios_delivery_header_is_not_believed_to_be_a_key() -> None:
    webhook = zorio_post("pbx.call.ringing", **ZORIO_CALL)
    keys = set()
    for delivery in ("a", "b"):
        again = request("POST", body=webhook.body, headers={**webhook.headers, "x-zorio-delivery": delivery})
        keys |= {e.dedupe_key for e in connector(ZORIO).parse(again).events}
    assert len(keys) == 1


def voicecloud(tail: str, **query: str) -> Parsed:
    settings = {"recording": {"url_template": "https://pbx.example/rec/{recording}?id={call_id}"}}
    hotline, webhook = connector(VOICECLOUD, **settings), voicecloud_get(tail, **query)
    hotline.verify(webhook)
    return hotline.parse(webhook)


@pytest.mark.parametrize(
    ("tail", "query", "state"),
    [
        ("call_in", {"event": "RING"}, CallState.RINGING),
        ("call_in", {"event": "ANSWER"}, CallState.ANSWERED),
        ("hangup", {}, CallState.ENDED),
        ("calldata", {"status": "ANSWERED", "duration": "30"}, CallState.ENDED),
        ("calldata", {"status": "ABANDON", "holdtime": "12"}, CallState.MISSED),
        ("calldata", {"status": "NO ANSWER", "duration": "0"}, CallState.MISSED),
    ],
)
def test_voicecloud_tells_the_state_by_address_and_word(tail: str, query: dict[str, str], state: CallState) -> None:
    base = {"phone": "0912345678", "callid": "v-1", "did": "19001234", "extension": "201"}
    event = voicecloud(tail, **base, **query).events[0]
    assert isinstance(event, CallProgressed)
    assert (event.state, event.identity, event.agent_ref) == (state, "+84912345678", "201")


def test_a_recording_is_found_by_template_and_cannot_leave_its_path() -> None:
    query = {"phone": "0912345678", "callid": "v-1", "status": "ANSWERED", "duration": "30"}
    result = voicecloud("calldata", **query, calldate="2026-11-22 09:00:00", recordingfile="../a b.wav")
    ended, recording = result.events
    assert isinstance(recording, RecordingReady)
    assert recording.recording.url == "https://pbx.example/rec/..%2Fa%20b.wav?id=v-1"
    assert ended.occurred_at == datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
    assert ended.dedupe_key != recording.dedupe_key


@pytest.mark.parametrize(
    ("tail", "disposition", "bill_sec", "states"),
    [
        ("ringing", "no_answer", 0, [CallState.RINGING]),
        ("answered", "answered", 0, [CallState.ANSWERED]),
        ("hangup", "answered", 20, [CallState.ENDED]),
        ("hangup", "cancelled", 0, [CallState.MISSED]),
        ("", "answered", 20, [CallState.ENDED]),
        ("", "no_answer", 0, [CallState.MISSED]),
    ],
)
def test_omicall_is_read_by_address_or_as_a_call_record(
    tail: str, disposition: str, bill_sec: int, states: list[CallState]
) -> None:
    pbx = {"supplier": "generic", "preset": "omicall", "auth": {"token": URL_TOKEN}, "hotline_numbers": ["19001234"]}
    body = {
        "transaction_id": "t-1",
        "direction": "inbound",
        "source_number": "84912345678",
        "destination_number": "19001234",
        "hotline": "19001234",
        "disposition": disposition,
        "bill_sec": bill_sec,
        "time_start_call": 1795312800,
    }
    result = connector(pbx).parse(request("POST", f"{PATH}/{tail}", body=json.dumps(body).encode()))
    assert [e.state for e in result.events if isinstance(e, CallProgressed)] == states
    assert result.events[0].occurred_at == datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


def test_caresofts_fields_must_be_given_for_nobody_documents_them() -> None:
    pbx = {"supplier": "generic", "preset": "caresoft", "auth": {"secret": "CS123"}, "hotline_numbers": ["19001234"]}
    with pytest.raises(ValueError, match="call_id"):
        connector(pbx)
    given_fields = {**pbx, "fields": {"call_id": "call.id", "caller": "call.phone"}}
    body = b'{"object":"call","action":"call_in","call":{"id":7,"phone":"0912345678"}}'
    (event,) = connector(given_fields).parse(request("POST", body=body)).events
    assert isinstance(event, CallProgressed)
    assert (event.state, event.call_id) == (CallState.OFFERED, "7")


@pytest.mark.parametrize(
    ("status", "more", "state"),
    [
        ("new", {}, CallState.OFFERED),
        ("RING", {}, CallState.RINGING),
        (" Up ", {}, CallState.ANSWERED),
        ("NO_ANSWER", {}, CallState.MISSED),
        ("no-answer", {}, CallState.MISSED),
        ("END", {}, CallState.ENDED),
        ("END", {"billsec": 12}, CallState.ENDED),
        ("END", {"billsec": 0}, CallState.MISSED),
        ("END", {"billsec": "0"}, CallState.MISSED),
        ("END", {"billsec": "12 s"}, CallState.ENDED),
        ("END", {"billsec": 0, "dir": "out"}, CallState.ENDED),
        ("NO ANSWER", {"dir": "out"}, CallState.ENDED),
    ],
)
def test_words_become_states(status: str, more: dict[str, Any], state: CallState) -> None:
    assert step(status=status, **more).state is state


def test_every_field_lands_where_it_belongs() -> None:
    event = step(status="end", billsec=12, cause="16 Normal", legs=[{"ext": 201}])
    assert (event.call_id, event.talk_s, event.cause, event.agent_ref) == ("c-1", 12, "16 Normal", "201")
    assert (event.direction, event.hotline_number) == (CallDirection.INBOUND, "+842838123456")
    assert event.occurred_at == datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
    assert event.evidence[0].strength is Strength.ATTESTED


def test_the_customer_of_a_call_of_ours_is_the_called() -> None:
    (event,) = parsed({"dir": "out", "from": "02838123456", "to": "0987654321"}).events
    assert isinstance(event, CallProgressed)
    assert (event.direction, event.identity) == (CallDirection.OUTBOUND, "+84987654321")
    assert event.evidence[0].strength is Strength.AGENT


@pytest.mark.parametrize("changes", [{"dir": "local"}, {"status": "hold"}, {"status": "dance"}, {"status": None}])
def test_what_is_no_step_is_ignored_and_answered_kindly(changes: dict[str, Any]) -> None:
    result = parsed(changes)
    assert (result.events, result.answer.status, len(result.ignored)) == ((), 200, 1)


def test_an_unknown_direction_is_taken_as_usual_and_noted() -> None:
    result = parsed({"dir": "sideways"})
    assert len(result.events) == 1
    assert "sideways" in result.ignored[0]


def test_a_time_that_cannot_be_read_is_noted_and_the_arrival_stands_in() -> None:
    result = parsed({"at": "half past nine"})
    assert result.events[0].occurred_at == ManualClock().now()
    assert len(result.ignored) == 1


@pytest.mark.parametrize("caller", ["anonymous", "<unknown>", "", None, "1800599920", "101", ["x"], "\u202e0912345678"])
def test_a_caller_without_a_number_is_nobody(caller: Any) -> None:
    event = step(**{"from": caller})
    assert (event.identity, event.evidence) == ("anonymous:c-1", ())


def test_outside_line_digits_are_taken_off() -> None:
    settings = {"numbers": {"strip_prefixes": ["9"]}}
    assert step(settings=settings, **{"from": "90912345678"}).identity == "+84912345678"
    assert step(settings=settings, **{"from": "0912345678"}).identity == "+84912345678"
    assert step(settings=settings, **{"from": "912345678"}).identity == "+84912345678"


def test_the_events_own_id_is_the_key_when_there_is_one() -> None:
    assert step(event_id="e1", at=1).dedupe_key == step(event_id="e1", at=2).dedupe_key
    assert step(event_id="e1").dedupe_key != step(event_id="e2").dedupe_key
    assert step(at=1).dedupe_key != step(at=2).dedupe_key
    assert step(at=1).dedupe_key == step(at=1).dedupe_key
    assert step(status="up").dedupe_key != step(status="ring").dedupe_key


def test_a_form_is_read_like_json() -> None:
    body = b"id=c-1&status=RING&from=0912345678&dir=in&at=1795312800&legs.0.ext=201"
    (event,) = parsed(body, body="form").events
    assert isinstance(event, CallProgressed)
    assert (event.state, event.identity, event.agent_ref) == (CallState.RINGING, "+84912345678", "201")


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "file:///etc/passwd", "ftp://x/y", "rec.mp3", 7, "https://x.example/" + "a" * 5000]
)
def test_a_recording_that_is_no_web_address_is_left_out(url: Any) -> None:
    assert [type(e) for e in parsed({"status": "end", "billsec": 9, "file": url}).events] == [CallProgressed]


@pytest.mark.parametrize(
    ("told", "rules"),
    [
        (1795312800, {}),
        ("1795312800", {}),
        (1795312800000, {}),
        (1795312800000000, {}),
        ("2026-11-22T02:00:00Z", {}),
        ("2026-11-22T09:00:00+07:00", {}),
        ("2026-11-22T09:00:00+0700", {}),
        ("2026-11-22 09:00:00", {}),
        ("2026-11-22 02:00:00", {"zone": "UTC"}),
        (1795312800, {"format": "s"}),
        (1795312800.0, {"format": "s"}),
        (1795312800000, {"format": "ms"}),
        ("1795312800000000", {"format": "us"}),
        ("2026-11-22 09:00:00", {"format": "iso"}),
        ("22/11/2026 09:00", {"format": "pattern", "pattern": "%d/%m/%Y %H:%M"}),
    ],
)
def test_every_way_to_write_a_time_is_read(told: Any, rules: dict[str, Any]) -> None:
    assert read_time(told, TimeRules.model_validate(rules)) == datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "told", [None, "", 0, -1, True, "soon", [], {}, 10**400, float("nan"), float("inf"), "9" * 500, 5, "1999-12-31"]
)
@pytest.mark.parametrize("format_", ["auto", "s", "ms", "us", "iso"])
def test_what_is_no_time_of_a_call_is_none(told: Any, format_: str) -> None:
    assert read_time(told, TimeRules.model_validate({"format": format_})) is None


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b"{", b"\xff", b'{"status":"ring"}', b'{"id":{},"status":"ring"}',
     b'{"id":" ","status":"ring"}', b'{"id":"' + b"x" * 300 + b'","status":"ring"}',
     b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}",
     b'{"a":"' + b"x" * 300_000 + b'"}'],
)  # fmt: skip
def test_malformed_bodies_are_the_senders_fault(body: bytes) -> None:
    with pytest.raises(BadInput):
        parsed(body)


@pytest.mark.parametrize("body", [b"{}", b'{"id":"c"}', b'{"id":"c","status":["ring"]}'])
def test_a_webhook_without_a_state_is_ignored(body: bytes) -> None:
    assert parsed(body).events == ()


def test_a_form_of_odd_bytes_or_endless_fields_is_refused() -> None:
    for body in (b"\xff\xfe=1", b"&".join(b"a%d=1" % n for n in range(5000)), b"x" * 300_000):
        with pytest.raises(BadInput):
            parsed(body, body="form")


def test_the_other_method_is_refused() -> None:
    with pytest.raises(BadInput):
        connector(HOME_MADE).parse(request("GET"))
    with pytest.raises(BadInput):
        connector(VOICECLOUD).parse(request("POST"))


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30)
_JSON = st.recursive(_SCALARS, lambda c: st.lists(c, max_size=3) | st.dictionaries(st.text(max_size=8), c, max_size=3))
_KEYS = [*CALL, "billsec", "cause", "file", "event_id", "legs"]


@given(
    st.fixed_dictionaries({}, optional=dict.fromkeys(_KEYS, _JSON)),
    st.sampled_from(["ring", "up", "end", "cdr", "no answer"]),
    st.text(max_size=10),
)
def test_any_json_gives_events_that_fit_the_log_or_a_clear_refusal(
    changes: dict[str, Any], status: str, tail: str
) -> None:
    try:
        events = parsed({"status": status, **changes}, tail).events
    except BadInput:
        return
    for event in events:
        assert encode(wrap(event, ManualClock()))


@given(st.binary(max_size=200), st.sampled_from(["json", "form"]))
def test_any_bytes_are_parsed_or_refused_and_nothing_else(body: bytes, kind: str) -> None:
    try:
        parsed(body, body=kind)
    except BadInput:
        return


@given(st.dictionaries(st.sampled_from(["callid", "event", "status", "phone", "calldate"]), st.text(max_size=20)))
def test_any_query_is_parsed_or_refused_and_nothing_else(query: dict[str, str]) -> None:
    try:
        connector(VOICECLOUD).parse(voicecloud_get("calldata", **query))
    except BadInput:
        return
