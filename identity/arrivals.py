"""A batch of touchpoint events, without those that were handled before, each with who it is about."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hub.events import (
    AccountAlarmed,
    CallProgressed,
    Envelope,
    EventData,
    MessageEdited,
    MessageReceived,
    ReceiptReceived,
    RecordingReady,
    TouchpointEvent,
)
from hub.ids import EventId
from identity.calls import call_key
from storage import seen
from storage.identities import Address, Identity
from storage.replies import attempt_key
from storage.unit_of_work import UnitOfWork

ProviderName = tuple[str, str]  # account_id, provider's message id or another name of storage.touchpoints


@dataclass(frozen=True, slots=True)
class Arrival:
    """`identity` is one working copy for all arrivals of the batch that name it."""

    event_id: EventId
    data: TouchpointEvent
    identity: Identity


@dataclass(frozen=True, slots=True)
class Fresh:
    """Events that count, in order."""

    alarms: tuple[AccountAlarmed, ...]
    touchpoints: tuple[tuple[EventId, TouchpointEvent], ...]


async def fresh_of(work: UnitOfWork, events: Iterable[Envelope[EventData]]) -> Fresh:
    """Drops what was handled before, and repeats within the batch."""
    first: dict[tuple[str, str], tuple[EventId, TouchpointEvent]] = {}
    for event in events:
        if isinstance(event.data, TouchpointEvent):
            first.setdefault((event.data.account_id, event.data.dedupe_key), (event.id, event.data))
    new = await seen.take_new(work, first)
    kept = [first[key] for key in first if key in new]
    return Fresh(
        alarms=tuple(data for _, data in kept if isinstance(data, AccountAlarmed)),
        touchpoints=tuple((event_id, data) for event_id, data in kept if not isinstance(data, AccountAlarmed)),
    )


def address_of(data: TouchpointEvent) -> Address:
    return (data.account_id, data.identity)


def names_in(arrivals: Sequence[Arrival]) -> dict[str, set[str]]:
    """account_id -> every name under which a touchpoint may be known that the batch speaks of."""
    names: dict[str, set[str]] = {}
    for arrival in arrivals:
        names.setdefault(arrival.data.account_id, set()).update(_names(arrival.data))
    return {account_id: found for account_id, found in names.items() if found}


def new_names_in(arrivals: Sequence[Arrival]) -> dict[str, set[str]]:
    """account_id -> names that the batch may give to new touchpoints: something may wait for them already."""
    names: dict[str, set[str]] = {}
    for arrival in arrivals:
        data = arrival.data
        if isinstance(data, MessageReceived):
            names.setdefault(data.account_id, set()).add(data.provider_message_id)
        elif isinstance(data, CallProgressed):
            names.setdefault(data.account_id, set()).add(call_key(data.call_id))
    return names


def _names(data: TouchpointEvent) -> list[str]:
    match data:
        case MessageReceived():
            quoted = [data.reply_to] if data.reply_to else []
            attempt = [attempt_key(data.attempt_id)] if data.attempt_id else []
            return [data.provider_message_id, *quoted, *attempt]
        case MessageEdited():
            return [data.provider_message_id]
        case ReceiptReceived():
            return list(data.provider_message_ids)
        case CallProgressed() | RecordingReady():
            return [call_key(data.call_id)]
    return []
