"""Stringee webhooks -> the normal form. One path per kind, since a recording's event cannot be told from a call's:

answer      GET, a call reached the number: answered with the SCCO that steers it
event, ""   POST, the call's progress
fail        POST, an operator did not pick up: answered with the next SCCO
wait        POST, who waits in line has waited, or pressed a key: answered with the next SCCO
agents      POST, whom Stringee's own queue may ring (get_list_agents_url)
recording   POST, the recording exists
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from connectors.base import Parsed, RawRequest
from connectors.hotline import wire
from connectors.hotline.inbound import Line, other_party, recording_ready, to_events
from connectors.hotline.live import (
    CALL_PARAMETER,
    CALLBACK_KEY,
    TELEPHONE_PARAMETER,
    OnTheLine,
    agents_answer,
    agents_ask,
    operators_of,
    scco_answer,
)
from connectors.hotline.outbound import (
    CALLER_PARAMETER,
    STEP_PARAMETER,
    identity_of,
    recording_url,
    scco,
)
from connectors.hotline.settings import StringeePbx
from connectors.hotline.wire import CallStep, StringeeEvent
from connectors.payload import moment, read_json
from hub.errors import BadInput, NotFound
from hub.events import CallDirection, CallState
from hub.phones import normalize_phone

BODY_BYTES_MAX: Final = 64 * 1024  # an event has a few hundred
INTERNAL: Final = "internal"
STATES: Final = {
    "created": CallState.OFFERED,
    "started": CallState.OFFERED,
    "ringing": CallState.RINGING,
    "answered": CallState.ANSWERED,
    "ended": CallState.ENDED,
}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Sides:
    """Who is who in a call between the telephone network and us."""

    direction: CallDirection
    customer: str | None
    hotline: str | None
    agent: str | None


def parse(pbx: StringeePbx, line: Line, request: RawRequest, tail: str, now: datetime) -> Parsed:
    """`tail` is the path behind the account. Raises BadInput."""
    match request.method, tail:
        case "GET", "answer":
            return _answered(pbx, line, request, now)
        case "POST", "" | "event":
            return _progressed(pbx, line, request, now)
        case "POST", "fail":
            return _next_target(pbx, line, request)
        case "POST", "wait":
            return _waited(pbx, line, request)
        case "POST", "agents":
            return _agents_asked(pbx, line, request)
        case "POST", "recording":
            return _recorded(pbx, line, request, now)
    raise NotFound("path_unknown", "Stringee webhooks are GET answer and POST event, fail, wait, agents and recording")


def to_step(event: StringeeEvent, pbx: StringeePbx, now: datetime) -> CallStep | str:
    """The step, or why it is none of ours."""
    state = STATES.get(event.call_status)
    if state is None:
        return f"call_status {wire.text_or_none(event.call_status)}"
    sides = _sides(event, pbx)
    if isinstance(sides, str):
        return sides
    if state is CallState.ANSWERED and event.actor and not _same_number(event.actor, sides.customer):
        return "answered by another leg than the customer's"
    inbound = sides.direction is CallDirection.INBOUND
    if state is CallState.ANSWERED and inbound and pbx.live.enabled and sides.agent is None:
        return "answered by an announcement"
    never_answered = inbound and (event.answer_duration_s == 0 or _heard_texts_alone(pbx, sides))
    return CallStep(
        call_id=event.call_id,
        kind=event.call_status,
        state=CallState.MISSED if state is CallState.ENDED and never_answered else state,
        direction=sides.direction,
        customer_number=sides.customer,
        told_at=str(event.timestamp_ms or ""),
        event_id=event.event_id,
        occurred_at=moment(event.timestamp_ms, now),
        hotline_number=sides.hotline,
        agent_ref=sides.agent,
        talk_s=event.answer_duration_s if state is CallState.ENDED and not never_answered else None,
        cause=event.cause,
        recording_url=_queue_recording(event, pbx),
    )


def _progressed(pbx: StringeePbx, line: Line, request: RawRequest, now: datetime) -> Parsed:
    event = _read(wire.EVENT, read_json(request.body, BODY_BYTES_MAX))
    _check_project(pbx, event.project_id, event.account_sid)
    step = to_step(event, pbx, now)
    if isinstance(step, str):
        return Parsed(ignored=(step,))
    return Parsed(to_events(step, line, now))


def _answered(pbx: StringeePbx, line: Line, request: RawRequest, now: datetime) -> Parsed:
    """The SCCO, and the first sign of the call. A call that an app of ours starts (fromInternal) is not steered from
    here: whoever holds an app's token could call any number at our cost. It gets an empty list, which ends it."""
    query = _read(wire.ANSWER, dict(request.query))
    _check_project(pbx, query.project_id, None)
    if query.from_internal == "true":
        return Parsed(answer=scco_answer([]), ignored=("call from an app",))
    call_id = query.call_id or query.uuid
    if call_id is None:
        raise BadInput("call_id_missing", "answer_url carries neither callId nor uuid", where="callId")
    step = CallStep(
        call_id=call_id,
        kind="answer_url",
        state=CallState.OFFERED,
        direction=CallDirection.INBOUND,
        customer_number=query.from_,
        hotline_number=query.to,
    )
    identity = other_party(step, line).identity
    answer = scco_answer(scco(pbx, caller=query.from_, identity=identity, step=0))
    ask = OnTheLine(pbx, line, call_id, identity, is_first=True).ring() if pbx.live.enabled else None
    if query.call_id is None and not pbx.uuid_is_call_id:
        told = "answer_url without callId: the call's events will tell of it"
        return Parsed(answer=answer, ignored=(told,), ask=ask)
    return Parsed(to_events(step, line, now), answer, ask=ask)


def _next_target(pbx: StringeePbx, line: Line, request: RawRequest) -> Parsed:
    event = _read(wire.EVENT, read_json(request.body, BODY_BYTES_MAX))
    caller = event.from_.number
    step = CallStep(event.call_id, event.call_status, None, CallDirection.INBOUND, caller)
    number = _step_of(request)
    actions = scco(pbx, caller=caller, identity=other_party(step, line).identity, step=number)
    known = _known(pbx, line, request)
    telephone = request.query.get(TELEPHONE_PARAMETER, "")
    ask = known.failed(telephone) if known is not None else None
    return Parsed(answer=scco_answer(actions), ignored=(f"{telephone or number} did not pick up",), ask=ask)


def _waited(pbx: StringeePbx, line: Line, request: RawRequest) -> Parsed:
    pressed = _read(wire.INPUT, read_json(request.body, BODY_BYTES_MAX)).dtmf
    known = _known(pbx, line, request)
    if known is None:
        raise BadInput("call_unknown", "this is no eventUrl of ours", where=CALL_PARAMETER)
    answer = scco_answer(scco(pbx, caller=known.identity, identity=known.identity, step=_step_of(request)))
    ask = known.call_back() if pressed == CALLBACK_KEY else known.ring()
    return Parsed(answer=answer, ignored=("waits in line",), ask=ask)


def _agents_asked(pbx: StringeePbx, line: Line, request: RawRequest) -> Parsed:
    asked = _read(wire.AGENTS_ASK, read_json(request.body, BODY_BYTES_MAX))
    _check_project(pbx, asked.project_id, None)
    calls = []
    for call in asked.calls:
        step = CallStep(call.call_id, "agents", None, CallDirection.INBOUND, call.from_)
        calls.append(OnTheLine(pbx, line, call.call_id, other_party(step, line).identity))
    answer = agents_answer([(call, operators_of(pbx)) for call in calls])
    ask = agents_ask(calls) if pbx.live.enabled else None
    return Parsed(answer=answer, ignored=(f"{len(calls)} calls wait in Stringee's queue",), ask=ask)


def _known(pbx: StringeePbx, line: Line, request: RawRequest) -> OnTheLine | None:
    """The call that a URL of ours names; None for those of operators in turn, and once the hub decides no more."""
    call_id = request.query.get(CALL_PARAMETER)
    if call_id is None or not pbx.live.enabled:
        return None
    identity = identity_of(pbx, request.query.get(CALLER_PARAMETER, ""))
    return OnTheLine(pbx, line, call_id, identity)


def _step_of(request: RawRequest) -> int:
    written = request.query.get(STEP_PARAMETER, "")
    if not (written.isascii() and written.isdigit() and len(written) <= 2):
        raise BadInput("step_invalid", "this is no URL of ours", where=STEP_PARAMETER)
    return int(written)


def _recorded(pbx: StringeePbx, line: Line, request: RawRequest, now: datetime) -> Parsed:
    event = _read(wire.RECORDING, read_json(request.body, BODY_BYTES_MAX))
    identity = identity_of(pbx, request.query.get(CALLER_PARAMETER, ""))
    if identity.startswith("anonymous:"):
        identity = f"anonymous:{event.call_id}"  # answer_url may have known the call by another id
    return Parsed((recording_ready(line, identity, event.call_id, recording_url(pbx, event.call_id), now),))


def _sides(event: StringeeEvent, pbx: StringeePbx) -> _Sides | str:
    """Reads the types of both ends. Both in the network: our fallback telephone, or a call to or from a hotline."""
    caller, callee = event.from_, event.to
    if caller.type == INTERNAL and callee.type == INTERNAL:
        return "internal call"
    if pbx.fallback_number and _same_number(pbx.fallback_number, callee.number):
        return "leg to the fallback telephone"
    if caller.type == INTERNAL or (callee.type != INTERNAL and _is_ours(caller.number, pbx)):
        agent = caller.number if caller.type == INTERNAL else None
        return _Sides(CallDirection.OUTBOUND, callee.number, caller.alias or caller.number, agent)
    if callee.type == INTERNAL and not (pbx.live.enabled and _is_ours(callee.number, pbx)):
        return _Sides(CallDirection.INBOUND, caller.number, callee.alias, callee.number)
    return _Sides(CallDirection.INBOUND, caller.number, callee.number, None)


def _heard_texts_alone(pbx: StringeePbx, sides: _Sides) -> bool:
    """Our texts count as an answer to Stringee. No operator at the end of such a call: nobody talked, unless it was the
    fallback telephone, which is told of nowhere."""
    return pbx.live.enabled and sides.agent is None and pbx.fallback_number is None


def _queue_recording(event: StringeeEvent, pbx: StringeePbx) -> str | None:
    """Stringee's own queue tells us of no recording: that a call was answered must do."""
    recorded = pbx.recording == "queue" and event.call_status == "ended" and event.answer_duration_s
    return recording_url(pbx, event.call_id) if recorded else None


def _check_project(pbx: StringeePbx, project_id: str | None, account_sid: str | None) -> None:
    if pbx.project_id is not None and project_id not in (None, str(pbx.project_id)):
        raise BadInput("project_unknown", "the webhook is of another Stringee project", where="project_id")
    if pbx.account_sid is not None and account_sid not in (None, pbx.account_sid):
        raise BadInput("account_unknown", "the webhook is of another Stringee account", where="account_sid")


def _is_ours(number: str | None, pbx: StringeePbx) -> bool:
    return any(_same_number(own, number) for own in pbx.hotline_numbers)


def _same_number(one: str, other: str | None) -> bool:
    if other is None:
        return False
    if one.removeprefix("+") == other.removeprefix("+"):
        return True
    return (normalize_phone(one) or one) == normalize_phone(other)


def _read(model: TypeAdapter[T], value: dict[str, Any]) -> T:
    try:
        return model.validate_python(value)
    except ValidationError as error:
        raise wire.bad_payload(error) from error
