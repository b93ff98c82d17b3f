"""One step of a call -> hub events. Pure, and the same for every supplier.

Who the customer is follows from the call's direction. An inbound caller's number is attested (our own PBX presents it)
but can be spoofed on its way to us: it joins customers, it never proves anything to the caller.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from connectors.hotline.settings import NumberRules
from connectors.hotline.wire import CallStep
from hub.events import (
    Attachment,
    AttachmentKind,
    CallDirection,
    CallProgressed,
    CallState,
    Channel,
    Evidence,
    EvidenceKind,
    EvidenceSource,
    Profile,
    RecordingReady,
    Strength,
    TouchpointEvent,
)
from hub.ids import ChannelAccountId
from hub.phones import is_personal, is_withheld, normalize_phone

HOTLINE_NUMBER_MAX_CHARS = 40
RECORDING_URL_MAX_CHARS = 4096


@dataclass(frozen=True, slots=True)
class Line:
    """Our side of the call: the account, how its PBX writes numbers, our own numbers in E.164."""

    account_id: ChannelAccountId
    numbers: NumberRules
    own_numbers: frozenset[str]


@dataclass(frozen=True, slots=True)
class OtherParty:
    """The customer of one call, as far as the PBX shows them."""

    identity: str
    evidence: tuple[Evidence, ...] = ()
    profile: Profile | None = None


def to_events(step: CallStep, line: Line, now: datetime) -> tuple[TouchpointEvent, ...]:
    """CallProgressed, RecordingReady, both, or none. `now` stands in where the supplier tells no time."""
    party = other_party(step, line)
    events: list[TouchpointEvent] = []
    if step.state is not None:
        events.append(_progressed(step, step.state, party, line, step.occurred_at or now))
    if step.recording_url and len(step.recording_url) <= RECORDING_URL_MAX_CHARS:
        at = step.occurred_at or now
        events.append(recording_ready(line, party.identity, step.call_id, step.recording_url, at, step.talk_s))
    return tuple(events)


def other_party(step: CallStep, line: Line) -> OtherParty:
    """By number when there is one that can be somebody's; otherwise nobody's, one per call, so that strangers with
    withheld, service or our own forwarded numbers never become one person. The number is shown all the same."""
    nobody = f"anonymous:{step.call_id}"
    if is_withheld(step.customer_number) or step.customer_number is None:
        return OtherParty(nobody)
    e164 = caller_e164(step.customer_number, line.numbers)
    if e164 is None or e164 in line.own_numbers:
        return OtherParty(nobody, profile=Profile(display_name=step.customer_number[:200]))
    return OtherParty(e164, _evidence(e164, step.direction))


def caller_e164(raw: str, rules: NumberRules) -> str | None:
    """The number as the PBX means it. Without the rules' help it is read as dialled in their region."""
    if rules.international_digits and raw.isascii() and raw.isdigit() and not raw.startswith("0"):
        return normalize_phone(f"+{raw}", rules.region) or normalize_phone(raw, rules.region)
    for prefix in rules.strip_prefixes:
        bare = normalize_phone(raw.removeprefix(prefix), rules.region) if raw.startswith(prefix) else None
        if bare is not None:
            return bare
    return normalize_phone(raw, rules.region)


def dedupe_key(step: CallStep) -> str:
    """The kind stands beside an event id too: some suppliers call an id of the whole call by that name."""
    told = (step.event_id,) if step.event_id else (step.call_id, step.told_at)
    return f"step:{_digest(step.kind, *told)}"


def recording_ready(
    line: Line, identity: str, call_id: str, url: str, at: datetime, duration_s: int | None = None
) -> RecordingReady:
    """One per call and address: a repeat is harmless, a second part of a transferred call is not lost."""
    return RecordingReady(
        channel=Channel.HOTLINE,
        account_id=line.account_id,
        identity=identity,
        dedupe_key=f"recording:{_digest(call_id, url)}",
        occurred_at=at,
        call_id=call_id,
        recording=Attachment(kind=AttachmentKind.AUDIO, url=url, duration_s=duration_s),
    )


def hotline_shown(raw: str | None) -> str | None:
    """Our number as people know it: E.164, or the service number without the country code it never had."""
    if raw is None:
        return None
    digits = raw.removeprefix("+")
    if digits.startswith(("841800", "841900")):
        return digits[2:HOTLINE_NUMBER_MAX_CHARS]
    return normalize_phone(raw) or raw[:HOTLINE_NUMBER_MAX_CHARS]


def _progressed(step: CallStep, state: CallState, party: OtherParty, line: Line, at: datetime) -> CallProgressed:
    return CallProgressed(
        channel=Channel.HOTLINE,
        account_id=line.account_id,
        identity=party.identity,
        dedupe_key=dedupe_key(step),
        occurred_at=at,
        profile=party.profile,
        evidence=party.evidence,
        call_id=step.call_id,
        direction=step.direction,
        state=state,
        hotline_number=hotline_shown(step.hotline_number),
        agent_ref=step.agent_ref,
        talk_s=step.talk_s,
        cause=step.cause,
    )


def _evidence(e164: str, direction: CallDirection) -> tuple[Evidence, ...]:
    if not is_personal(e164):
        return ()
    if direction is CallDirection.INBOUND:
        strength, source = Strength.ATTESTED, EvidenceSource.CALLER_ID
    else:
        strength, source = Strength.AGENT, EvidenceSource.AGENT_ENTRY  # an agent dialled it
    return (Evidence(kind=EvidenceKind.PHONE, value=e164, strength=strength, source=source),)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:40]
