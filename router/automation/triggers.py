"""Which event is an occasion for rules, and for which. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from hub.events import (
    PUBLIC_KINDS,
    Author,
    CallState,
    ConversationAssigned,
    ConversationClosed,
    ConversationEvent,
    ConversationOpened,
    CustomerMerged,
    Envelope,
    EventData,
    SlaBreached,
    SlaWarned,
    TouchpointAdded,
    TouchpointChanged,
    TouchpointState,
)
from hub.ids import ConversationId, EventId
from router.facts import WORDS_MAX_CHARS, Facts, Kind, fold_words
from router.plan.automation import Trigger

# Where each trigger is found in the log.
TYPES: Final[Mapping[Trigger, frozenset[str]]] = {
    "conversation_opened": frozenset({ConversationOpened.TYPE}),
    "customer_message": frozenset({TouchpointAdded.TYPE}),
    "agent_reply": frozenset({TouchpointAdded.TYPE}),
    "call_missed": frozenset({TouchpointAdded.TYPE, TouchpointChanged.TYPE}),
    "assigned": frozenset({ConversationAssigned.TYPE}),
    "resolved": frozenset({ConversationClosed.TYPE}),
    "customer_joined": frozenset({CustomerMerged.TYPE}),
    "sla_warned": frozenset({SlaWarned.TYPE}),
    "sla_breached": frozenset({SlaBreached.TYPE}),
    "silent": frozenset(),  # told by the clock
}


@dataclass(frozen=True, slots=True)
class Occasion:
    """Something that sets rules off. `key`: with a rule's id it names the run, so that it runs once. `cause`: of the
    event itself, if any. `entry`: what was said, or the call."""

    trigger: Trigger
    key: EventId
    type: str
    at: datetime
    conversation_id: ConversationId
    cause: EventId | None = None
    entry: TouchpointState | None = None


def types_of(triggers: Iterable[Trigger]) -> frozenset[str]:
    """The events that must be read for rules on these triggers."""
    return frozenset(name for trigger in triggers for name in TYPES[trigger])


def occasion_of(event: Envelope[EventData]) -> Occasion | None:
    """None: no rule can ask for this."""
    data = event.data
    trigger = trigger_of(data)
    if trigger is None or not isinstance(data, ConversationEvent):
        return None
    entry = data.touchpoint if isinstance(data, TouchpointAdded | TouchpointChanged) else None
    # A missed call is told of again whenever its entry changes, with its voice mail, say: it was missed once.
    key = EventId(entry.id) if trigger == "call_missed" and entry is not None else event.id
    return Occasion(trigger, key, event.type, event.time, data.conversation.id, event.causedby, entry)


def trigger_of(data: EventData) -> Trigger | None:
    match data:
        case ConversationOpened():
            return "conversation_opened"
        case TouchpointAdded() | TouchpointChanged():
            return trigger_of_entry(data.touchpoint, is_new=isinstance(data, TouchpointAdded))
        case ConversationAssigned():
            return "assigned"
        case ConversationClosed(reason="resolved"):
            return "resolved"
        case CustomerMerged():
            return "customer_joined"
        case SlaWarned():
            return "sla_warned"
        case SlaBreached():
            return "sla_breached"
    return None


def trigger_of_entry(entry: TouchpointState, *, is_new: bool) -> Trigger | None:
    if entry.call is not None:
        missed = entry.author is Author.CUSTOMER and entry.call.state is CallState.MISSED
        return "call_missed" if missed else None
    if not is_new or entry.author is Author.SYSTEM:  # the hub's own words set nothing off
        return None
    return "customer_message" if entry.author is Author.CUSTOMER else "agent_reply"


def facts_at(occasion: Occasion, now: Facts) -> Facts:
    """The customer's words are those that set it off, whatever they wrote since."""
    entry = occasion.entry
    if entry is None or entry.author is not Author.CUSTOMER:
        return now
    words = fold_words((entry.text or "")[:WORDS_MAX_CHARS])
    return replace(now, channel=entry.channel, account=entry.account_id, kind=_kind(entry), words=words)


def _kind(entry: TouchpointState) -> Kind:
    if entry.call is not None:
        return "missed_call" if entry.call.state is CallState.MISSED else "call"
    return "comment" if entry.unsupported_kind in PUBLIC_KINDS else "message"
