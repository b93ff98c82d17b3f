"""Any other PBX's webhooks -> the normal form, by the account's mapping. Nothing here knows a supplier."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl, quote
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from connectors.base import Parsed, RawRequest, WebhookAnswer
from connectors.hotline import wire
from connectors.hotline.inbound import Line, to_events
from connectors.hotline.settings import GenericPbx, Places, TimeRules
from connectors.hotline.wire import CallStep
from connectors.payload import read_json
from hub.errors import BadInput
from hub.events import CallDirection, CallState

BODY_BYTES_MAX: Final = 256 * 1024  # a call record with its transfer history
FORM_FIELDS_MAX: Final = 200
TAIL: Final = "@tail"
UNIT_S: Final = {"s": 1.0, "ms": 1e-3, "us": 1e-6}
MS_FROM: Final = 1e11  # "auto": seconds up to the year 5138; below it milliseconds would mean 1973
US_FROM: Final = 1e14
CALENDAR: Final = range(2000, 2100)  # years; anything else is a fault of units

Look = Callable[[Places], Any]


def parse(pbx: GenericPbx, line: Line, request: RawRequest, tail: str, now: datetime) -> Parsed:
    """`tail` is the path behind the account. Raises BadInput."""
    if request.method != pbx.method:
        raise BadInput("method_unexpected", f"this account's supplier sends {pbx.method}")
    payload = _payload(pbx, request)

    def look(places: Places) -> Any:
        return next((v for p in places if (v := tail if p == TAIL else _at(payload, p)) not in (None, "")), None)

    notes: list[str] = []
    step = to_step(pbx, look, tail, notes)
    return Parsed(to_events(step, line, now) if step else (), WebhookAnswer(body=b"ok"), tuple(notes))


def to_step(pbx: GenericPbx, look: Look, tail: str, notes: list[str]) -> CallStep | None:
    """None for what is no step of a customer's call; `notes` then says why."""
    said = _words(wire.text_or_none(look(pbx.fields.state)))
    word = _meaning(pbx, said, tail)
    direction = _direction(pbx, look, notes)
    if word is None or word == "ignored" or direction is None:
        notes.append(f"state {said or '(none)'} at /{tail}, {direction or 'internal call'}")
        return None
    inbound = direction is CallDirection.INBOUND
    talk_s = _talk_s(pbx, look, notes)
    told_at = look(pbx.fields.occurred_at)
    state = None if word == "recording" else _final_state(CallState(word), inbound, _unanswered(pbx, look, talk_s))
    call_id = _call_id(look(pbx.fields.call_id))
    return CallStep(
        call_id=call_id,
        kind=f"{tail}:{said}" if tail else said,
        state=state,
        direction=direction,
        customer_number=wire.text_or_none(look(pbx.fields.caller if inbound else pbx.fields.callee)),
        told_at=wire.text_or_none(told_at) or "",
        event_id=wire.text_or_none(look(pbx.fields.event_id)),
        occurred_at=_time(told_at, pbx.time, notes),
        hotline_number=_hotline(pbx, look, inbound),
        agent_ref=wire.text_or_none(look(pbx.fields.agent)),
        talk_s=talk_s if word in ("ended", "recording") else None,
        cause=wire.text_or_none(look(pbx.fields.cause)),
        recording_url=_recording_url(pbx, look, call_id) if _may_be_recorded(state, talk_s) else None,
    )


def read_time(value: Any, rules: TimeRules) -> datetime | None:
    """Aware UTC. None for what this account's rules cannot read, and for years outside of CALENDAR."""
    try:
        at = _read_time(value, rules)
    except (ValueError, OverflowError, OSError):
        return None
    return at if at is not None and at.year in CALENDAR else None


def _read_time(value: Any, rules: TimeRules) -> datetime | None:
    if rules.format == "pattern":
        return _aware(datetime.strptime(str(value), rules.pattern or ""), rules)  # noqa: DTZ007  # _aware adds it
    seconds = _seconds(value, rules)
    if seconds is not None:
        return datetime.fromtimestamp(seconds, UTC)
    if rules.format in ("iso", "auto") and isinstance(value, str):
        return _aware(datetime.fromisoformat(value.strip()), rules)
    return None


def _payload(pbx: GenericPbx, request: RawRequest) -> Mapping[str, Any]:
    if pbx.body == "query":
        return request.query
    if pbx.body == "json":
        return read_json(request.body, BODY_BYTES_MAX)
    if len(request.body) > BODY_BYTES_MAX:
        raise BadInput("body_too_large", f"The body has {len(request.body)} bytes; {BODY_BYTES_MAX} are allowed.")
    try:
        text = request.body.decode()
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=FORM_FIELDS_MAX))
    except ValueError as error:
        raise BadInput("body_not_form", "The body is not a form in UTF-8 of a decent size.") from error


def _at(payload: Any, place: str) -> Any:
    """A key with dots in it, as forms have them, is found as it stands."""
    if isinstance(payload, Mapping) and place in payload:
        return payload[place]
    for name in place.split("."):
        if isinstance(payload, Mapping):
            payload = payload.get(name)
        elif isinstance(payload, list) and name.isascii() and name.isdigit() and int(name[:4]) < len(payload):
            payload = payload[int(name[:4])]
        else:
            return None
    return payload


def _words(text: str | None) -> str:
    """Suppliers' spellings of one word: NO_ANSWER, no-answer, "No Answer"."""
    return " ".join((text or "").lower().replace("_", " ").replace("-", " ").split())


def _meaning(pbx: GenericPbx, said: str, tail: str) -> str | None:
    """Most specific first. A dot belongs to the word: "pbx.call.ringing"."""
    keys = (f"{tail}:{said}", f"{tail}:*", said) if tail else (said,)
    return next((pbx.states[k] for k in keys if k in pbx.states), None)


def _direction(pbx: GenericPbx, look: Look, notes: list[str]) -> CallDirection | None:
    """None for a call inside the PBX. An unknown word counts as the default: better an odd card than a lost call."""
    said = _words(wire.text_or_none(look(pbx.fields.direction)))
    if said and said not in pbx.directions:
        notes.append(f"direction {said} is unknown, taken as {pbx.default_direction}")
    word = pbx.directions.get(said, pbx.default_direction)
    return None if word == "internal" else CallDirection(word)


def _unanswered(pbx: GenericPbx, look: Look, talk_s: int | None) -> bool:
    if pbx.fields.answered_at:
        return look(pbx.fields.answered_at) in (None, 0, "0")
    return talk_s == 0


def _final_state(state: CallState, inbound: bool, unanswered: bool) -> CallState:
    """Only a customer's call can be missed; one of ours that nobody took has ended."""
    if state in (CallState.ENDED, CallState.MISSED):
        missed = inbound and (state is CallState.MISSED or unanswered)
        return CallState.MISSED if missed else CallState.ENDED
    return state


def _talk_s(pbx: GenericPbx, look: Look, notes: list[str]) -> int | None:
    told = look(pbx.fields.talk_s)
    talk_s = wire.seconds_or_none(told)
    if told is not None and talk_s is None:
        notes.append("talk time cannot be read")
    if talk_s is not None:
        return talk_s
    answered_at = read_time(look(pbx.fields.answered_at), pbx.time)
    ended_at = read_time(look(pbx.fields.ended_at), pbx.time)
    if answered_at is None or ended_at is None:
        return None
    return wire.seconds_or_none((ended_at - answered_at).total_seconds())


def _time(told: Any, rules: TimeRules, notes: list[str]) -> datetime | None:
    at = read_time(told, rules) if told is not None else None
    if told is not None and at is None:
        notes.append("time cannot be read; the arrival stands in")
    return at


def _seconds(value: Any, rules: TimeRules) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float) or rules.format == "iso":
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    if rules.format in UNIT_S:
        return number * UNIT_S[rules.format]
    return number * UNIT_S["us" if number >= US_FROM else "ms" if number >= MS_FROM else "s"]


def _aware(moment: datetime, rules: TimeRules) -> datetime:
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(rules.zone))).astimezone(UTC)


def _call_id(value: Any) -> str:
    try:
        return wire.CALL_ID.validate_python(value)
    except ValidationError as error:
        raise BadInput("call_id_invalid", "this is no call webhook: it names no call", where="call_id") from error


def _hotline(pbx: GenericPbx, look: Look, inbound: bool) -> str | None:
    """What the payload says; else our end of the call; else the account's first number."""
    told = wire.text_or_none(look(pbx.fields.hotline))
    ours = wire.text_or_none(look(pbx.fields.callee if inbound else pbx.fields.caller))
    return told or (ours if ours in pbx.hotline_numbers else None) or pbx.hotline_numbers[0]


def _may_be_recorded(state: CallState | None, talk_s: int | None) -> bool:
    """Only what is over and somebody talked in, as far as the supplier says. None: the webhook of the recording."""
    return state is None or (state is CallState.ENDED and talk_s != 0)


def _recording_url(pbx: GenericPbx, look: Look, call_id: str) -> str | None:
    told = look(pbx.fields.recording)
    told = told if isinstance(told, str) else None
    template = pbx.recording.url_template
    if template is None:
        return told if told and told.lower().startswith(("https://", "http://")) else None
    if told is None and "{recording}" in template:
        return None
    return template.replace("{call_id}", quote(call_id, safe="")).replace("{recording}", quote(told or "", safe=""))
