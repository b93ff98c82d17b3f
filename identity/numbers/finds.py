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
_START: Final = operator.itemgetter(1)
_SPOKEN_CHARS: Final = 28  # "o ba ba …": shorter, there is no room for a number in words
_SPOKEN_BESIDE_CHARS: Final = 44  # nor beside one in digits


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
    if not (has_mail or _may_hold_number(text)):
        return []
    seen = shown(text)
    usual = None if has_mail else written.usual(seen)
    if usual is not None and len(text) < _SPOKEN_BESIDE_CHARS:
        return _judged(seen, usual)
    has_words = spoken.HINT.search(text) is not None
    if usual is not None and not has_words:
        return _judged(seen, usual)
    has_digits = written.ENOUGH.search(text) is not None
    if not (has_mail or has_words or has_digits):
        return []
    return _closer(seen, has_mail=has_mail, has_words=has_words, has_digits=has_digits)


def _may_hold_number(text: str) -> bool:
    """Most messages have no digit: this is all that they cost."""
    digit = written.DIGIT.search(text)
    if digit is None:
        return len(text) >= _SPOKEN_CHARS and spoken.HINT_ALL_WORDS.search(text) is not None
    return bool(digit["seven"] or written.DIGITS.search(text, digit.end()) or spoken.HINT.search(text))


def _closer(seen: Shown, *, has_mail: bool, has_words: bool, has_digits: bool) -> list[Find]:
    mails = mailboxes(seen) if has_mail else []
    seen = without_links(seen._replace(plain=without(seen.plain, mails)) if mails else seen)
    in_words = spoken.candidates(seen.plain) if has_words else []
    # A run half in words is not torn apart.
    numbers = written.candidates(seen, without(seen.plain, in_words)) if has_digits else []
    return _judged(seen, sorted([*numbers, *in_words, *mails], key=_START) if mails or in_words else numbers)


def _judged(seen: Shown, found: list[Candidate]) -> list[Find]:
    finds: list[Find] = []
    floor, after_it = 0, len(seen.letters)
    for place, (value, start, end, doubtful) in enumerate(found, 1):
        ceiling = found[place][1] if place < len(found) else after_it
        if "@" in value:
            finds.append(Find(_EMAIL, value, start, end, owner_of(seen, start, end, floor, ceiling)))
        elif (role := role_of(seen, start, end, floor, ceiling, doubtful)) is not None:
            finds.append(Find(_PHONE, value, start, end, role))
        floor = end
    return finds if seen.places is None else [_in_original(seen, find) for find in finds]


def _in_original(text: Shown, find: Find) -> Find:
    start, end = text.span(find.start, find.end)
    return find._replace(start=start, end=end)
