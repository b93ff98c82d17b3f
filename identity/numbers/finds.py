"""Text -> the numbers and mailboxes in it, where they stand and whose they are. Pure; nothing here raises.

Wrong finds cost more than missed ones: a find can join two people. So a number must be written (or spoken) whole, stand
free, and not follow a word that says it is something else: an order, an account, a price, a date.

Text -> shown (as its reader sees it) -> candidates by shape (written, spoken, mailboxes) -> meaning (the words around).
"""

import operator
from typing import Final, NamedTuple

from hub.events import EvidenceKind, Strength
from identity.numbers import spoken, written
from identity.numbers.mailboxes import mailboxes, without, without_links
from identity.numbers.meaning import Role, owner_of, role_of
from identity.numbers.shown import Shown, shown
from identity.numbers.written import Candidate

_PHONE, _EMAIL = EvidenceKind.PHONE, EvidenceKind.EMAIL
_START: Final = operator.attrgetter("start")
_SPOKEN_BESIDE_CHARS: Final = 44  # shorter, there is no room for a number in words beside one in digits


class Find(NamedTuple):
    """`value`: E.164 or mailbox. `start`, `end`: where it stands in the text, in characters."""

    kind: EvidenceKind
    value: str
    start: int
    end: int
    role: Role

    @property
    def strength(self) -> Strength:
        """What it proves of the writer: MASKED, that is nothing, when it is somebody else's."""
        return Strength.CLAIMED if self.role is Role.OWN else Strength.MASKED


def finds_in(text: str) -> list[Find]:
    """In order, not overlapping; one that is written twice is found twice. Linear in the length of `text`."""
    has_mail = "@" in text
    usual = None if has_mail else written.usual(text)
    if usual is not None and len(text) < _SPOKEN_BESIDE_CHARS:
        return _judged(text, usual)
    has_words = spoken.HINT.search(text) is not None
    if usual is not None and not has_words:
        return _judged(text, usual)
    if has_mail or has_words or (written.DIGITS.search(text) and written.ENOUGH.search(text)):
        return _closer(text, has_mail=has_mail, has_words=has_words)
    return []


def _closer(text: str, *, has_mail: bool, has_words: bool) -> list[Find]:
    seen = shown(text)
    mails = mailboxes(seen) if has_mail else []
    plain = without_links(without(seen.plain, mails))
    searched = seen if plain is seen.plain else seen._replace(plain=plain)
    in_words = spoken.candidates(plain) if has_words else []
    numbers = written.candidates(searched, without(plain, in_words))  # a run half in words is not torn apart
    finds = _judged(
        without_links(seen.read), sorted([*numbers, *in_words, *mails], key=_START) if mails or in_words else numbers
    )
    return finds if seen.places is None else [_in_original(seen, find) for find in finds]


def _judged(text: str, found: list[Candidate]) -> list[Find]:
    finds: list[Find] = []
    floor, last = 0, len(found) - 1
    for place, (value, start, end, doubtful) in enumerate(found):
        ceiling = found[place + 1].start if place < last else len(text)
        if "@" in value:
            finds.append(Find(_EMAIL, value, start, end, owner_of(text, start, end, floor, ceiling)))
        elif (role := role_of(text, start, end, floor, ceiling, doubtful=doubtful)) is not None:
            finds.append(Find(_PHONE, value, start, end, role))
        floor = end
    return finds


def _in_original(text: Shown, find: Find) -> Find:
    start, end = text.span(find.start, find.end)
    return find._replace(start=start, end=end)
