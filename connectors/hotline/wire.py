"""Suppliers' payloads, typed at the door, and the one normal form that both adapters reduce them to.

Stringee: developer.stringee.com, "Event URL and answer URL" and "Call events". Everything but `call_id` and
`call_status` is optional here: field reports differ from the page, and a call must not be lost for a missing alias.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from hub.errors import BadInput
from hub.events import CallDirection, CallState

WORD_MAX_CHARS: Final = 200  # of a supplier's status word, cause, extension, number
TALK_MAX_S: Final = 7 * 24 * 3600  # longer than any call: the supplier means something else


@dataclass(frozen=True, slots=True)
class CallStep:
    """One webhook of any supplier. `kind` is the supplier's own word for the step and `told_at` its time as written:
    with `call_id` they make a repeat recognisable where there is no `event_id`. `state` is None when the webhook only
    brings the recording. `customer_number` is as presented, None when withheld; `occurred_at` None when not told."""

    call_id: str
    kind: str
    state: CallState | None
    direction: CallDirection
    customer_number: str | None
    told_at: str = ""
    event_id: str | None = None
    occurred_at: datetime | None = None
    hotline_number: str | None = None
    agent_ref: str | None = None
    talk_s: int | None = None
    cause: str | None = None
    recording_url: str | None = None


def text_or_none(value: Any) -> str | None:
    """A scalar as short printable text; None for blanks, null and everything that is no scalar. What cannot be printed
    becomes U+FFFD: no database takes a NUL, no screen should reorder text, and no number should hide either."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, int) and abs(value) >= 10**WORD_MAX_CHARS:
        return None
    text = str(value).strip()[:WORD_MAX_CHARS]
    return "".join(c if c.isprintable() else "\ufffd" for c in text) or None


def seconds_or_none(value: Any) -> int | None:
    """Whole seconds of talk, from 12, "12" or 12.4; None for what is no length of a call."""
    number = _number(value)
    return int(number) if number is not None and 0 <= number <= TALK_MAX_S else None


def _number(value: Any) -> float | None:
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{1,18}(\.[0-9]{1,9})?", value.strip()):
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value != value:
        return None
    return float(value) if not isinstance(value, int) or abs(value) < 10**18 else None


def _epoch_ms(value: Any) -> int | None:
    number = _number(value)
    return int(number) if number is not None and 0 < number < 10**15 else None


def _id_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**30 else value


def _party(value: Any) -> Any:
    return {"number": value} if isinstance(value, str | int) else value


CallId = Annotated[str, BeforeValidator(_id_text), StringConstraints(pattern=r"^[!-~]{1,200}$")]
Text = Annotated[str | None, BeforeValidator(text_or_none)]
Seconds = Annotated[int | None, BeforeValidator(seconds_or_none)]
EpochMs = Annotated[int | None, BeforeValidator(_epoch_ms)]


class _Open(BaseModel):
    """Suppliers add fields without telling: unknown ones are not ours."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class Party(_Open):
    """`type`: "internal" is an SDK user or queue, "external" the telephone network."""

    number: Text = None
    alias: Text = None
    type: Text = None


PartyOrNumber = Annotated[Party, BeforeValidator(_party)]


class StringeeEvent(_Open):
    """POST to event_url. `answer_duration_s` 0 in `ended` means that nobody answered."""

    call_id: CallId
    call_status: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    timestamp_ms: EpochMs = None
    from_: PartyOrNumber = Field(default=Party(), alias="from")
    to: PartyOrNumber = Party()
    event_id: Text = None
    actor: Text = None
    project_id: Text = None
    account_sid: Text = None
    cause: Text = Field(default=None, alias="endCallCause")
    answer_duration_s: Seconds = Field(default=None, alias="answerDuration")


class StringeeRecording(_Open):
    """POST to the record action's eventUrl. The rest of its body is documented nowhere: the file is fetched by id."""

    call_id: CallId


class StringeeAnswer(_Open):
    """Query of the GET on answer_url. The number's has `uuid`, in the field also `callId`; an app's has `callId`."""

    from_: Text = Field(default=None, alias="from")
    to: Text = None
    from_internal: Text = Field(default=None, alias="fromInternal")
    call_id: CallId | None = Field(default=None, alias="callId")
    uuid: CallId | None = None
    project_id: Text = Field(default=None, alias="projectId")


class StringeeInput(_Open):
    """POST to an input action's eventUrl: the key that was pressed, or none in time."""

    call_id: CallId
    dtmf: Text = None


class QueuedCall(_Open):
    call_id: CallId = Field(alias="callId")
    from_: Text = Field(default=None, alias="from")
    to: Text = None


class StringeeAgentsAsk(_Open):
    """POST to a queue's get_list_agents_url: calls that wait in Stringee's own queue."""

    project_id: Text = Field(default=None, alias="projectId")
    calls: tuple[QueuedCall, ...] = Field(default=(), max_length=200)


EVENT: Final = TypeAdapter(StringeeEvent)
INPUT: Final = TypeAdapter(StringeeInput)
AGENTS_ASK: Final = TypeAdapter(StringeeAgentsAsk)
RECORDING: Final = TypeAdapter(StringeeRecording)
ANSWER: Final = TypeAdapter(StringeeAnswer)
CALL_ID: Final = TypeAdapter[str](CallId)


def bad_payload(error: ValidationError) -> BadInput:
    """The first fault, by name and reason; never the supplier's values, which name customers."""
    fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(map(str, fault["loc"])) or None
    return BadInput("payload_invalid", f"this is no call webhook: {fault['msg']}", where=where)
