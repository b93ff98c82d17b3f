"""The words around a number -> whose it is, or that it is none. Pure.

The nearest word decides. Before the number one reads back to the end of the sentence or the number before it; after it
only what points back at it counts: "0912… là số chồng em", "0912… (chồng em)". What stands before is read backwards, so
the first match of a pattern is the nearest.
"""

from enum import StrEnum
from typing import Final

from identity.numbers import rules
from identity.numbers.shown import Shown
from identity.numbers.signs import COMMA


class Role(StrEnum):
    """Whose number it is, as far as the text says. RECIPIENT: to be called when the goods are delivered."""

    OWN = "own"
    RECIPIENT = "recipient"
    OTHER = "other"


_OWN, _RECIPIENT, _OTHER = Role  # a look-up of a member takes as long as a dictionary of ten words
_signs: Final = rules.BOOK.signs
_TELLS, _TELLS_NEXT = rules.TELLS, rules.TELLS_NEXT
_TELLS_AFTER, _TELLS_AFTER_NEXT = rules.TELLS_AFTERWARDS, rules.TELLS_AFTERWARDS_NEXT

BEFORE_CHARS: Final = 64
FORM_CHARS: Final = 160  # a form has its head some lines above
AFTER_CHARS: Final = 40
_WORDS_MAX: Final = 10  # read back so far for whose it is
_PHONE_WORDS_MAX: Final = 5  # a doubtful number needs a word for telephones so near


def role_of(text: Shown, start: int, end: int, floor: int, ceiling: int, doubtful: bool) -> Role | None:
    """Of what stands in `text` from `start` to `end`. None: it is no number of a person, or none any more.

    `floor`, `ceiling`: end of the find before, start of the one after. `doubtful`: only with a word for telephones.
    """
    first, last = _reach(text, start, end, floor, ceiling)
    said_before, said_after = text.words[first:start].split(), text.words[end:last].split()
    tell_before = doubtful or not (
        _TELLS.isdisjoint(said_before) and _TELLS_NEXT.isdisjoint(said_before[-rules.NEXT :])
    )
    tell_after = not (_TELLS_AFTER.isdisjoint(said_after) and _TELLS_AFTER_NEXT.isdisjoint(said_after[: rules.NEXT]))
    if not (tell_before or tell_after):
        return _OWN
    before = _signs(text.letters[first:start])[::-1]
    if _is_none(before, doubtful):
        return None
    told = _said_before(before, "")
    has_number = before[1:2] in rules.HAVE
    if not said_after or (told is _OWN and not (tell_after or has_number)):
        return told
    after = _signs(text.letters[end:last])
    if rules.NONE_AFTER.match(after):
        return None
    if rules.NOT_REACHED.match(after) and rules.CALLED_IN_VAIN.match(before):
        return _OTHER
    if has_number:
        told = _said_before(before, after)
    return _whose(told, _said_after(after, leads_on=last == ceiling < len(text.letters)))


def owner_of(text: Shown, start: int, end: int, floor: int, ceiling: int) -> Role:
    """As `role_of`, for a mailbox, which nothing makes a code."""
    first, last = _reach(text, start, end, floor, ceiling)
    before, after = _signs(text.letters[first:start])[::-1], _signs(text.letters[end:last])
    return _whose(_said_before(before, after), _said_after(after, leads_on=last == ceiling < len(text.letters)))


def _reach(text: Shown, start: int, end: int, floor: int, ceiling: int) -> tuple[int, int]:
    """How far the words around are looked at. max() and min() would take longer than all of it."""
    first, last = start - (FORM_CHARS if b"\n" in text.letters else BEFORE_CHARS), end + AFTER_CHARS
    return max(floor, first), min(ceiling, last)


def _whose(told: Role, said: Role | None) -> Role:
    return _RECIPIENT if told is _RECIPIENT and said is _OTHER else said or told


def _is_none(before: str, doubtful: bool) -> bool:
    if doubtful and not rules.ASKED_FOR_PHONE.search(before, 0, _PHONE_WORDS_MAX):
        return True
    return rules.NONE.match(before) is not None


def _said_before(before: str, after: str) -> Role:
    near = rules.NEAR.match(before)
    if near is not None and (near.lastgroup != "has_number" or rules.CALLS_WRITER.match(after)):
        return _told_near(before, str(near.lastgroup))
    found = rules.WHO.search(before, 0, _WORDS_MAX)
    if found is None or found.lastgroup in ("stop", "own", "self"):
        return _OWN
    if found.lastgroup == "form":
        return _of_form(before[found.start() :])
    return _RECIPIENT if found.lastgroup == "recipient" else _somebodys(before, *found.span())


def _told_near(before: str, what: str) -> Role:
    if what == "given":
        return _RECIPIENT
    return _RECIPIENT if what == "named" and rules.DELIVERED.search(before) else _OTHER


def _somebodys(before: str, start: int, end: int) -> Role:
    """So in "giao cho chồng em 0912…", "gọi chồng em 0912…"; behind a comma ("mẹ em thích, 0912…") only with a verb."""
    if rules.NOT_TO_CALL.match(before, end):
        return _OWN
    if rules.DELIVERED.search(before, 0, start) or rules.DELIVERED.search(before, end):
        return _RECIPIENT
    return _OWN if COMMA in before[:start] and not rules.NUMBER_OR_CALL.search(before, start) else _OTHER


def _of_form(before: str) -> Role:
    """A line above may be the head of a form: "Người nhận: Hoa", and then, lines later, "sđt: …"."""
    head = rules.FORM.search(before)
    return _RECIPIENT if head and head.lastgroup == "recipient" else _OWN


def _said_after(after: str, *, leads_on: bool) -> Role | None:
    """None: they do not say, or they lead on to another number, which they are about."""
    if rules.STRANGER.match(after):
        return _OTHER
    clause = rules.CLAUSE.match(after)
    if clause is None or (leads_on and clause.end() == len(after)):
        return None
    found = rules.WHO_AFTER.match(clause.group())
    if found is None:
        return None
    return {"recipient": _RECIPIENT, "own": _OWN}.get(str(found.lastgroup), _OTHER)
