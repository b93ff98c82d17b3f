"""Suggestions as the desk shows them: rows, and two customers side by side. Pure.

Of a customer whom the reader may not see, values that only they gave are masked: a suggestion is no way to read
somebody's numbers. What both gave, the reader's side knows already.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from agent_console.shapes import evidence_view
from agent_console.suggestion_views import (
    Compared,
    ComparedIdentity,
    ComparedSide,
    SuggestionDetail,
    SuggestionRow,
    SuggestionSide,
)
from hub.events import EvidenceKind, Explanation, Strength
from hub.ids import CustomerId
from identity.ranking import best_similarity
from storage.accounts import ChannelAccount
from storage.customers import Line, Panel
from storage.evidence import Point, Proof
from storage.identities import Identity
from storage.suggestion_reads import Waiting

SHOWN_DIGITS: Final = 3
_NAMED_BY: Final = ("value", "phone", "email", "user")  # parameters of an explanation


def row(
    waiting: Waiting, lines: Mapping[CustomerId, Line], members: Sequence[Identity], seen: set[CustomerId]
) -> SuggestionRow:
    a, b = (_names_of(customer_id, lines, members) for customer_id in (waiting.a, waiting.b))
    return SuggestionRow(
        id=waiting.suggestion.id,
        why=waiting.suggestion.why,
        created_at=waiting.suggestion.created_at,
        similarity=best_similarity(a, b),
        a=_side(waiting.a, lines, members, seen),
        b=_side(waiting.b, lines, members, seen),
    )


def detail(
    waiting: Waiting, a: Panel, b: Panel, accounts: Mapping[str, ChannelAccount], seen: set[CustomerId]
) -> SuggestionDetail:
    why = waiting.suggestion.why
    return SuggestionDetail(
        id=waiting.suggestion.id,
        why=why,
        created_at=waiting.suggestion.created_at,
        similarity=best_similarity(_panel_names(a), _panel_names(b)),
        a=_compared_side(a, accounts, a.id in seen),
        b=_compared_side(b, accounts, b.id in seen),
        compared=_compared(a, b, why, seen),
    )


def masked(value: str) -> str:
    """The last digits of a number, a mailbox without its owner: enough to recognise what one knows already."""
    local, at, domain = value.rpartition("@")
    if at:
        return f"{local[:1]}***@{domain}"
    return "*" * max(3, len(value) - SHOWN_DIGITS) + value[-SHOWN_DIGITS:]


def _side(
    customer_id: CustomerId, lines: Mapping[CustomerId, Line], members: Sequence[Identity], seen: set[CustomerId]
) -> SuggestionSide:
    line, is_seen = lines[customer_id], customer_id in seen
    theirs = [member for member in members if member.customer_id == customer_id]
    return SuggestionSide(
        customer_id=customer_id,
        name=line.name,
        phone=line.phone if is_seen or line.phone is None else masked(line.phone),
        channels=tuple(dict.fromkeys(member.channel for member in theirs)),
        seen=is_seen,
    )


def _compared_side(panel: Panel, accounts: Mapping[str, ChannelAccount], is_seen: bool) -> ComparedSide:
    phone = next(iter(panel.values(EvidenceKind.PHONE)), None)
    return ComparedSide(
        customer_id=panel.id,
        name=panel.name,
        phone=phone if is_seen or phone is None else masked(phone),
        channels=tuple(dict.fromkeys(identity.channel for identity in panel.identities)),
        seen=is_seen,
        names=_panel_names(panel),
        known_since=panel.created_at,
        identities=tuple(_identity(identity, accounts) for identity in panel.identities),
    )


def _identity(identity: Identity, accounts: Mapping[str, ChannelAccount]) -> ComparedIdentity:
    account = accounts.get(identity.account_id)
    return ComparedIdentity(
        id=identity.id,
        channel=identity.channel,
        account_name=account.display_name if account else identity.account_id,
        display_name=identity.display_name,
        created_at=identity.created_at,
        last_inbound_at=identity.last_inbound_at,
    )


def _compared(a: Panel, b: Panel, why: Explanation, seen: set[CustomerId]) -> tuple[Compared, ...]:
    of_a, of_b = _best(a), _best(b)
    deciding = {str(why.params[name]) for name in _NAMED_BY if name in why.params}
    found = [_pair(of_a.get(point), of_b.get(point), deciding, a.id in seen, b.id in seen) for point in of_a | of_b]
    return tuple(sorted(found, key=lambda one: (not one.decides, not one.agrees, one.kind, one.value)))


def _pair(a: Proof | None, b: Proof | None, deciding: set[str], seen_a: bool, seen_b: bool) -> Compared:
    known = a or b
    if known is None:
        raise ValueError("a value that nobody gave")
    decides = known.value in deciding
    open_to_reader = decides or (a is not None and b is not None) or (seen_a if a else seen_b)
    value = known.value if open_to_reader else masked(known.value)
    return Compared(
        kind=known.kind,
        value=value,
        a=evidence_view(a).model_copy(update={"value": value}) if a else None,
        b=evidence_view(b).model_copy(update={"value": value}) if b else None,
        agrees=a is not None and b is not None,
        decides=decides,
    )


def _best(panel: Panel) -> dict[Point, Proof]:
    """The best proof of each value; masked ones left out."""
    best: dict[Point, Proof] = {}
    for proof in (proof for given in panel.proofs.values() for proof in given):
        if proof.strength is not Strength.MASKED and proof.rank > getattr(best.get(proof.point), "rank", -1):
            best[proof.point] = proof
    return best


def _panel_names(panel: Panel) -> tuple[str, ...]:
    every = (panel.name, *(identity.display_name for identity in panel.identities))
    return tuple(dict.fromkeys(name for name in every if name))


def _names_of(
    customer_id: CustomerId, lines: Mapping[CustomerId, Line], members: Sequence[Identity]
) -> tuple[str, ...]:
    theirs = (member.display_name for member in members if member.customer_id == customer_id)
    return tuple(dict.fromkeys(name for name in (lines[customer_id].name, *theirs) if name))
