"""The four ledgers of a run with faults, and what they must have in common. Pure.

What the provider was told is taken, what the database holds, what a console shows, and what the provider was given to
send: none of them asks another one.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

UNSETTLED = frozenset({"queued", "sending"})
GONE = frozenset({"sent", "delivered", "read"})


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the database. `key` is the provider's message id, or a reply's client id."""

    number: int
    id: str
    conversation_id: str
    key: str
    text: str
    state: str | None = None  # of a reply's delivery


@dataclass(frozen=True, slots=True)
class Ledgers:
    """`told`: each customer's messages in the order in which they were sent, one after the other's 2xx; `acknowledged`:
    those with a 2xx. `replies`: client id -> text, of those that the console was told are taken. `given`: texts that
    the provider took for delivery. `shown`: by who looked, conversation -> (id, text) in order.
    """

    told: Mapping[str, Sequence[str]]
    acknowledged: frozenset[str]
    stored: Sequence[Entry]
    replies: Mapping[str, str] = field(default_factory=dict)
    given: Sequence[str] = ()
    shown: Mapping[str, Mapping[str, Sequence[tuple[str, str]]]] = field(default_factory=dict)


def faults(ledgers: Ledgers) -> list[str]:
    """One sentence for each broken promise; empty when all are kept."""
    return [
        *_lost(ledgers),
        *_doubled(ledgers),
        *_disordered(ledgers),
        *_sent_wrongly(ledgers),
        *_shown_wrongly(ledgers),
    ]


def _lost(ledgers: Ledgers) -> Iterator[str]:
    known = {entry.key for entry in ledgers.stored}
    for key in sorted(ledgers.acknowledged - known):
        yield f"lost: {key} was acknowledged and is not stored"
    for key in sorted(set(ledgers.replies) - known):
        yield f"lost: reply {key} was taken from the agent and is not stored"


def _doubled(ledgers: Ledgers) -> Iterator[str]:
    for key, count in Counter(entry.key for entry in ledgers.stored).items():
        if count > 1:
            yield f"doubled: {key} is stored {count} times"


def _disordered(ledgers: Ledgers) -> Iterator[str]:
    place = {entry.key: entry.number for entry in ledgers.stored}
    for customer, keys in ledgers.told.items():
        for before, after in pairwise(key for key in keys if key in place):
            if place[before] > place[after]:
                yield f"disordered: {customer} sent {after} after {before} was taken, and it stands before it"


def _sent_wrongly(ledgers: Ledgers) -> Iterator[str]:
    given = Counter(ledgers.given)
    replies = {entry.key: entry for entry in ledgers.stored if entry.state is not None}
    for text, count in given.items():
        if count > 1:
            yield f"sent {count} times: {text!r}"
    for key, entry in replies.items():
        if entry.state in UNSETTLED:
            yield f"unsettled: reply {key} is still {entry.state}"
        if entry.state in GONE and not given[entry.text]:
            yield f"never sent: reply {key} is {entry.state}, the provider knows nothing of it"
        if entry.state == "failed" and given[entry.text]:
            yield f"denied: reply {key} is called failed, but the provider took it"
    written = {entry.text for entry in replies.values()}
    for text in given:
        if text not in written:
            yield f"invented: the provider was given {text!r}, which nobody wrote"


def _shown_wrongly(ledgers: Ledgers) -> Iterator[str]:
    wanted: dict[str, list[tuple[str, str]]] = {}
    for entry in sorted(ledgers.stored, key=lambda entry: entry.number):
        wanted.setdefault(entry.conversation_id, []).append((entry.id, entry.text))
    for who, conversations in ledgers.shown.items():
        for conversation_id, entries in wanted.items():
            seen = list(conversations.get(conversation_id, ()))
            if seen != entries:
                yield f"shown wrongly to {who}: {conversation_id}: {_difference(seen, entries)}"


def _difference(seen: Sequence[tuple[str, str]], entries: Sequence[tuple[str, str]]) -> str:
    missing = [text for id_, text in entries if id_ not in {id_ for id_, _ in seen}]
    strange = [text for id_, text in seen if id_ not in {id_ for id_, _ in entries}]
    if missing or strange:
        return f"{len(missing)} missing {missing[:3]}, {len(strange)} strange {strange[:3]}"
    return f"{len(entries)} entries in another order, or changed"
