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
from identity.numbers.meaning import Role, role_of
from identity.numbers.shown import Shown, shown
from identity.numbers.written import Candidate

_START: Final = operator.attrgetter("start")


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
    has_words = spoken.HINT.search(text) is not None
    if not (has_mail or has_words or written.DIGITS.search(text)):
        return []
    seen = shown(text)
    mails = mailboxes(seen) if has_mail else []
    plain = without_links(without(seen.plain, mails))
    searched = seen if plain is seen.plain else Shown(text, plain, seen.places)
    if not (mails or has_words):
        return _judged(searched, written.candidates(searched, plain))
    in_words = spoken.candidates(plain) if has_words else []
    numbers = written.candidates(searched, without(plain, in_words))  # a run half in words is not torn apart
    return _judged(searched, sorted([*numbers, *in_words, *mails], key=_START))


def _judged(text: Shown, found: list[Candidate]) -> list[Find]:
    finds: list[Find] = []
    floor, last = 0, len(found) - 1
    for place, candidate in enumerate(found):
        ceiling = found[place + 1].start if place < last else len(text.plain)
        role = role_of(text, candidate, floor, ceiling)
        floor = candidate.end
        if role is not None:
            kind = EvidenceKind.EMAIL if "@" in candidate.value else EvidenceKind.PHONE
            finds.append(Find(kind, candidate.value, *text.span(candidate.start, candidate.end), role))
    return finds
