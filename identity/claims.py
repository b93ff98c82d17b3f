"""What a batch of arrivals says about people: profiles and evidence, normalised. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from hub.events import (
    PUBLIC_KINDS,
    Author,
    CallProgressed,
    Channel,
    Evidence,
    EvidenceSource,
    MessageEdited,
    MessageReceived,
    Profile,
    Strength,
    TouchpointEvent,
    UnsupportedReceived,
)
from hub.events.common import NAME_MAX_CHARS
from hub.folding import fold
from hub.ids import EventId
from identity.arrivals import Arrival
from identity.normalize import normalized, phone_key
from identity.numbers.claims import claims_in
from identity.settings import PolicySettings
from storage.evidence import Proof
from storage.identities import Identity

# What a name is worth, by who gave it: typed into a form, shown by a channel's profile, shared on purpose.
NAME_TYPED: Final = 1
NAME_OF_PROFILE: Final = 2
NAME_SHARED: Final = 3
_SHARED_SOURCES: Final = frozenset({EvidenceSource.ZALO_SHARED_INFO, EvidenceSource.SIGNED_VISITOR})


@dataclass(frozen=True, slots=True)
class Given:
    """One piece of evidence, ready to be compared."""

    identity: Identity
    proof: Proof


def evidence_of(
    arrivals: Iterable[Arrival],
    now: datetime,
    settings: PolicySettings,
    also: Mapping[EventId, tuple[Evidence, ...]] = MappingProxyType({}),
) -> list[Given]:
    """In order of arrival, each identity, value and source once, with its best strength. What the policy ignores is
    not even kept. `also`: what arrivals give besides what stands in them."""
    best: dict[tuple[object, ...], Given] = {}
    for arrival in arrivals:
        for item in (*arrival.data.evidence, *_written(arrival.data), *also.get(arrival.event_id, ())):
            value = normalized(item, never_keys=settings.never_keys)
            mode = settings.mode(item.strength, item.source, arrival.data.account_id)
            if value is None or mode == "ignore":
                continue
            proof = Proof(arrival.identity.id, item.kind, value, item.source, item.strength, now, now)
            key = (proof.identity_id, proof.kind, proof.value, proof.source)
            if key not in best or best[key].proof.rank < proof.rank:
                best[key] = Given(arrival.identity, proof)
    return list(best.values())


def own_numbers(events: Iterable[TouchpointEvent]) -> set[str]:
    """Numbers of ours that calls came in on: nobody's key, whoever mentions them."""
    named = {event.hotline_number for event in events if isinstance(event, CallProgressed) and event.hotline_number}
    return {key for number in named if (key := phone_key(number)) is not None}


def apply_profile(identity: Identity, data: TouchpointEvent) -> bool:
    """Takes over what the event shows of the person. A better-founded name is not overwritten by a lesser one."""
    profile = data.profile
    if profile is None:
        return False
    before = (identity.display_name, identity.avatar_url, identity.locale, identity.page_url)
    _apply_name(identity, profile, _rank(data))
    identity.avatar_url = profile.avatar_url or identity.avatar_url
    identity.locale = profile.locale or identity.locale
    identity.page_url = profile.page_url or identity.page_url
    return before != (identity.display_name, identity.avatar_url, identity.locale, identity.page_url)


def _apply_name(identity: Identity, profile: Profile, rank: int) -> None:
    name = " ".join((profile.display_name or "").split())[:NAME_MAX_CHARS]
    if name and rank >= identity.name_rank:
        identity.display_name, identity.name_rank = name, rank
        identity.name_folded = fold(name)[:NAME_MAX_CHARS]


def _rank(data: TouchpointEvent) -> int:
    if any(e.source in _SHARED_SOURCES and e.strength is Strength.ATTESTED for e in data.evidence):
        return NAME_SHARED
    return NAME_TYPED if data.channel is Channel.WEBCHAT else NAME_OF_PROFILE


def _written(data: TouchpointEvent) -> tuple[Evidence, ...]:
    """Only what the customer wrote: a number that the business sends is not the customer's."""
    if isinstance(data, MessageReceived) and data.author is Author.CUSTOMER:
        return claims_in(data.text)
    if isinstance(data, UnsupportedReceived):
        return claims_in(data.raw) if data.kind in PUBLIC_KINDS else ()
    return claims_in(data.text) if isinstance(data, MessageEdited) else ()
