"""The words around a number -> whose it is, or that it is none. Pure.

The nearest word decides. Before the number one reads back to the end of the sentence or the number before it; after it
only what points back at it counts: "0912… là số chồng em", "0912… (chồng em)". What stands before is read backwards, so
the first match of a pattern is the nearest.
"""

from enum import StrEnum
from typing import Final

from identity.numbers import rules
from identity.numbers.signs import COMMA, words_of


class Role(StrEnum):
    """Whose number it is, as far as the text says. RECIPIENT: to be called when the goods are delivered."""

    OWN = "own"
    RECIPIENT = "recipient"
    OTHER = "other"


_OWN, _RECIPIENT, _OTHER = Role  # a look-up of a member takes as long as a dictionary of ten words

BEFORE_CHARS: Final = 64
FORM_CHARS: Final = 160  # a form has its head some lines above
AFTER_CHARS: Final = 40
_WORDS_MAX: Final = 10  # read back so far for whose it is
_PHONE_WORDS_MAX: Final = 5  # a doubtful number needs a word for telephones so near


def role_of(text: str, start: int, end: int, floor: int, ceiling: int, *, doubtful: bool = False) -> Role | None:
    """Of what stands in `text` from `start` to `end`. None: it is no number of a person, or none any more.

    `floor`, `ceiling`: end of the find before, start of the one after. `doubtful`: only with a word for telephones.
    """
    words_before, words_after = _around(text, start, end, floor, ceiling)
    tells_after = words_after != [] and not (
        rules.TELLS_AFTERWARDS.isdisjoint(words_after)
        and rules.TELLS_AFTERWARDS_NEXT.isdisjoint(words_after[: rules.NEXT])
    )
    if not (doubtful or tells_after or _tells_before(words_before)):
        return _OWN
    before, after = rules.BOOK.signs(words_before)[::-1], rules.BOOK.signs(words_after) if words_after else ""
    if _is_none(before, doubtful=doubtful) or (tells_after and _is_none_afterwards(after)):
        return None
    if not tells_after and _said_before(before, after) is _OWN:
        return _OWN  # whatever is said after it
    if rules.NOT_REACHED.match(after) and rules.CALLED_IN_VAIN.match(before):
        return _OTHER
    return _whose(before, after, leads_on=end + AFTER_CHARS > ceiling < len(text))


def owner_of(text: str, start: int, end: int, floor: int, ceiling: int) -> Role:
    """As `role_of`, for a mailbox, which nothing makes a code."""
    words_before, words_after = _around(text, start, end, floor, ceiling)
    before, after = rules.BOOK.signs(words_before)[::-1], rules.BOOK.signs(words_after)
    return _whose(before, after, leads_on=end + AFTER_CHARS > ceiling < len(text))


def _around(text: str, start: int, end: int, floor: int, ceiling: int) -> tuple[list[str], list[str]]:
    first = start - (FORM_CHARS if "\n" in text else BEFORE_CHARS)
    last = end + AFTER_CHARS
    return (
        words_of(text[max(floor, first) : start]),  # a call of max() or min() takes longer
        words_of(text[end : min(ceiling, last)]),
    )


def _tells_before(words_before: list[str]) -> bool:
    return not (rules.TELLS.isdisjoint(words_before) and rules.TELLS_NEXT.isdisjoint(words_before[-rules.NEXT :]))


def _is_none(before: str, *, doubtful: bool) -> bool:
    if doubtful and not rules.ASKED_FOR_PHONE.search(before, 0, _PHONE_WORDS_MAX):
        return True
    return rules.CODE.match(before) is not None or rules.TAKEN_BACK.match(before) is not None


def _is_none_afterwards(after: str) -> bool:
    """As in "0912… mb bank", "0912… vnd", "0912… là mã đơn", "0912… à nhầm"."""
    return rules.CODE_AFTER.match(after) is not None or rules.WRONG.match(after) is not None


def _whose(before: str, after: str, *, leads_on: bool) -> Role:
    told, said = _said_before(before, after), _said_after(after, leads_on=leads_on)
    return _RECIPIENT if told is _RECIPIENT and said is _OTHER else said or told


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
