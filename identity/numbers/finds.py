"""Text -> the numbers and mailboxes in it, where they stand and whose they are. Pure; nothing here raises.

Wrong finds cost more than missed ones: a find can join two people. So a number must be written (or spoken) whole, stand
free, and not follow a word that says it is something else: an order, an account, a price, a date.

Text -> shown (as its reader sees it) -> candidates by shape (written, spoken, mailboxes) -> meaning (the words around).
"""

import re
from typing import Final, NamedTuple

from hub.events import EvidenceKind, Strength
from identity.numbers import spoken, written
from identity.numbers.mailboxes import mailboxes, without, without_links
from identity.numbers.meaning import Role, role_of
from identity.numbers.shown import Shown, shown
from identity.numbers.written import Candidate

# Eight digits close together, or letters that pass for some: what most messages do not have.
_DIGITS: Final = re.compile(r"\d(?:\D{0,3}\d){6}")


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
    if not (_DIGITS.search(text) or "@" in text or spoken.HINT.search(text)):
        return []
    seen = shown(text)
    found = [(EvidenceKind.EMAIL, mail) for mail in mailboxes(seen)] if "@" in text else []
    searched = Shown(seen.original, without_links(without(seen.plain, [mail for _, mail in found])), seen.places)
    found += [(EvidenceKind.PHONE, phone) for phone in _phones(searched)]
    found.sort(key=lambda item: item[1].start)
    return _judged(seen, found)


def _phones(text: Shown) -> list[Candidate]:
    """Spoken ones first: a run that is half in words is not to be torn apart."""
    in_words = list(spoken.candidates(text.plain)) if spoken.HINT.search(text.plain) else []
    return [*in_words, *written.candidates(Shown(text.original, without(text.plain, in_words), text.places))]


def _judged(text: Shown, found: list[tuple[EvidenceKind, Candidate]]) -> list[Find]:
    finds: list[Find] = []
    floor = 0
    for place, (kind, candidate) in enumerate(found):
        ceiling = found[place + 1][1].start if place + 1 < len(found) else len(text.plain)
        role = role_of(text, candidate, floor, ceiling)
        floor = candidate.end
        if role is not None:
            finds.append(Find(kind, candidate.value, *text.span(candidate.start, candidate.end), role))
    return finds
