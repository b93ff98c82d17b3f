"""The words around a number -> whose it is, or that it is none. Pure.

The nearest word decides. Before the number one reads back to the end of the sentence or the number before it; after it
only what points back at it counts: "0912… là số chồng em", "0912… (chồng em)". What stands before is read backwards, so
the first match of a pattern is the nearest.
"""

import re
from enum import StrEnum
from typing import Final

from identity.numbers import vocabulary as words
from identity.numbers.signs import COMMA, DIGIT, END, LINE, OPEN, UNKNOWN, Book, words_of


class Role(StrEnum):
    """Whose number it is, as far as the text says. RECIPIENT: to be called when the goods are delivered."""

    OWN = "own"
    RECIPIENT = "recipient"
    OTHER = "other"


_OWN, _RECIPIENT, _OTHER = Role  # a look-up of a member takes as long as a dictionary of ten words

BEFORE_CHARS: Final = 120
AFTER_CHARS: Final = 48
_WORDS_MAX: Final = 10  # read back so far for whose it is
_PHONE_WORDS_MAX: Final = 5  # a doubtful number needs a word for telephones so near

_BOOK: Final = Book()
_any, _set = _BOOK.any_of, _BOOK.set_of


def _before(*tables: str) -> str:
    return _any(*tables, backward=True)


# --- patterns over the signs before, read backwards ------------------------------------------------------------------

_PHONE: Final = _before(words.PHONE)
_FILLER: Final = _before(words.FILLERS)
_SELF: Final = _before(words.SELF)
_SOMEBODY: Final = _before(words.OTHERS)
_STOPS: Final = f"{END}{LINE}{COMMA}{OPEN}{DIGIT}"

# "mã đơn 0912…", "stk của em: 0912…"; not "mã đơn 88123 sđt 0912…", not "lên đơn cho em 0912…".
_CODE: Final = re.compile(
    rf"""{END}?{DIGIT}?(?:{_FILLER}){{0,4}}
      (?: (?!{_before(words.ORDERING)}) {_before(words.CODE_NEAR, words.BANKS, words.CODE_FAR, words.TRANSFERS)}
        | (?: (?!{_PHONE})[^{_STOPS}] (?:{_FILLER}){{0,2}} ){{1,2}} {_before(words.CODE_FAR)} )""",
    re.VERBOSE,
)
_TAKEN_BACK: Final = re.compile(_before(words.NOT_THIS))
# "gọi em bằng số 0912…", "có số 0912…" with "gọi em" after it.
_CALLER: Final = re.compile(
    rf"{_before(words.ASKED)}|{_before(words.CALLED_BY)}.{{0,3}}{_before('gọi, xưng, cuộc gọi, nhắn')}"
)
_NAMED_BEFORE: Final = re.compile(
    rf"(?:{_any('là, này, thì, đây, tên, nhé, nha, nè')}){{0,2}}{_before(words.PRONOUNS)}{_before(words.NUMBER_OR_CALL)}"
    rf"|{UNKNOWN}{{0,2}}{_any('tên')}{_any('ảnh, nó, ổng, bả, cổ')}"
)
_YOUNG: Final = re.compile(rf"(?:{_any('là')})?{_any('cháu')}{_any('số, sđt, đt, gọi, zalo')}.*{_any('tôi, tui')}")
_NUMBER_TO_DELIVER: Final = re.compile(rf"(?:{_any('là')})?{_any('nhận')}{_before('số, sđt, đt, điện thoại, số đt')}")
_NAME: Final = rf"[^{_STOPS}{_set(words.SELF, words.PHONE, words.FILLERS)}]"
_GIVEN_TO: Final = re.compile(
    rf"""(?:{_any('là, này')})?([{_set(words.GIVEN_TO)}]){_before(words.NUMBER_OR_CALL)}.*
         (?: \1(?:{_any('cho')})?{_before(words.GIVING)} | {_any('nhận')}{_NAME}{{1,2}}\1 )""",
    re.VERBOSE,
)
_HANDED_TO: Final = re.compile(
    rf"(?:{_SELF}{_before(words.AWAY)})?{_NAME}{{1,3}}[{_set(words.GIVEN_TO, 'bạn')}](?:{_SELF})?{_before(words.HANDING)}"
)
_CALLED_IN_VAIN: Final = re.compile(rf"(?:{_any('số, cho, vào, qua')}){{0,2}}{_any('gọi')}{_any('em, e, mình, tôi, tui, m')}")
_NOT_REACHED: Final = re.compile(rf"{_any('mà')}?{_any(words.NOT_REACHED)}(?!{_any('thì')})")
_NOT_TO_CALL: Final = re.compile(rf"(?:{_any('số, của')})*{_before(words.NOT_TO_CALL)}")
_OF_WRITER: Final = rf"(?:{_any('của, cũ, mới')})?(?:{_before(words.AWAY)}(?:{_any('của')})?)?"
_WHO: Final = re.compile(
    rf"""(?P<stop>[{END}{DIGIT}])
       | (?P<form>{LINE})
       | (?P<recipient>(?:{_SELF})?{_before(words.RECIPIENT)}(?!{_SELF}|{_any('xác, shop')}))
       | (?P<own>{_before(words.SELF_PAIRS)} | {_SOMEBODY}{_any('là')}{_SELF})
       | (?P<other>{_SELF}{_OF_WRITER}(?!{_before(words.SELF_PAIRS)})(?:{_before(words.OTHERS, words.OTHERS_WITH_SELF)})
                 | {_SOMEBODY})
       | (?P<self>(?: (?:(?<=[{_set(words.FILLERS, words.PHONE)}{_STOPS}])|^)[{_set(words.TITLES)}]
                    | (?![{_set(words.TITLES)}]){_SELF}) (?!{_any('giúp')}))""",
    re.VERBOSE,
)
_DELIVERED: Final = re.compile(_before(words.DELIVERY))
_NUMBER_OR_CALL: Final = re.compile(_before(words.PHONE, words.NUMBER_OR_CALL))
_ASKED_FOR_PHONE: Final = re.compile(_PHONE)
_FORM: Final = re.compile(
    rf"(?P<recipient>{_before(words.FORM_OF_RECIPIENT)})(?={LINE}|$)|(?P<own>{_before(words.FORM_OF_WRITER)})(?={LINE}|$)"
)

# --- patterns over the signs after -----------------------------------------------------------------------------------

_CODE_AFTER: Final = re.compile(
    rf"{OPEN}?(?:{_any('của, bên, stk, tk, bank')})?{_any(words.BANKS)}|{_any(words.MONEY)}|{_any('là')}{_any('mã, stk, số tài khoản')}"
)
_WRONG: Final = re.compile(rf"[{COMMA}{OPEN}]?(?:{_any(words.WRONG_FILLERS)}){{0,3}}{_any(words.WRONG)}")
_STRANGER: Final = re.compile(rf"(?:{_any('này, đó, nó')})?{_any(words.STRANGER)}")
_CALLS_WRITER: Final = re.compile(_any("gọi"))
_SAID: Final = rf"{_any(words.AFTER_FILLERS)}|{OPEN}"
_POINTED: Final = rf"(?:{_SAID}){{0,3}}(?:{_any(words.POINTING)}|{OPEN})(?:{_SAID}){{0,3}}"
_WHO_AFTER: Final = re.compile(
    rf"""{_POINTED}(?:(?P<recipient>{_any(words.RECIPIENT)})|(?P<other>{_any(words.OTHERS)})
                    |(?P<of_writer>{_any(words.OTHERS_WITH_SELF)}{_any(words.SELF)})|(?P<own>{_any(words.SELF)}))
       | (?:{_SAID}){{0,4}}{_any(words.OTHERS, words.OTHERS_WITH_SELF)}(?P<by_self>{_any(words.SELF)})""",
    re.VERBOSE,
)
_CLAUSE: Final = re.compile(rf"[^{END}{LINE}{COMMA}{DIGIT}]*")


# --- whether there is anything to read -------------------------------------------------------------------------------

_COMMON: Final = f"{words.FILLERS}, {words.PHONE}, {words.SELF}"
_TELLS_CODE: Final = _BOOK.telling(
    words.CODE_NEAR, words.CODE_FAR, words.BANKS, words.TRANSFERS, words.NOT_THIS, common=_COMMON
)
_TELLS_PERSON: Final = _BOOK.telling(
    words.OTHERS, words.OTHERS_WITH_SELF, words.PRONOUNS, words.RECIPIENT, words.ASKED, words.CALLED_BY, words.GIVING,
    words.HANDING, "nhận, có",
    common=_COMMON,
)  # fmt: skip
_TELLS_AFTERWARDS: Final = _BOOK.telling(
    words.OTHERS, words.OTHERS_WITH_SELF, words.RECIPIENT, words.BANKS, words.MONEY, words.WRONG, words.STRANGER,
    "mã, stk, tài khoản", common=f"{words.FILLERS}, shop, có".replace("của, ", ""),
)  # fmt: skip


def role_of(text: str, start: int, end: int, floor: int, ceiling: int, *, doubtful: bool = False) -> Role | None:
    """Of what stands in `text` from `start` to `end`. None: it is no number of a person, or none any more.

    `floor`, `ceiling`: end of the find before, start of the one after. `doubtful`: only with a word for telephones.
    """
    before = words_of(text, max(floor, start - BEFORE_CHARS), start)
    after = words_of(text, end, min(ceiling, end + AFTER_CHARS))
    tells_after = not _TELLS_AFTERWARDS.isdisjoint(after)
    if tells_after and _is_none_afterwards(_BOOK.signs(after)):
        return None
    tells_code = not _TELLS_CODE.isdisjoint(before)
    if (tells_code or doubtful) and _is_none(_BOOK.signs(before)[::-1], doubtful=doubtful):
        return None
    if not tells_after and _TELLS_PERSON.isdisjoint(before):
        return _OWN
    return _whose(before, after, leads_on=end + AFTER_CHARS > ceiling < len(text))


def owner_of(text: str, start: int, end: int, floor: int, ceiling: int) -> Role:
    """As `role_of`, for a mailbox, which nothing makes a code."""
    before = words_of(text, max(floor, start - BEFORE_CHARS), start)
    after = words_of(text, end, min(ceiling, end + AFTER_CHARS))
    return _whose(before, after, leads_on=end + AFTER_CHARS > ceiling < len(text))


def _is_none(before: str, *, doubtful: bool) -> bool:
    if doubtful and not _ASKED_FOR_PHONE.search(before, 0, _PHONE_WORDS_MAX):
        return True
    return _CODE.match(before) is not None or _TAKEN_BACK.match(before) is not None


def _is_none_afterwards(after: str) -> bool:
    """As in "0912… mb bank", "0912… vnd", "0912… là mã đơn", "0912… à nhầm"."""
    return _CODE_AFTER.match(after) is not None or _WRONG.match(after) is not None


def _whose(before: list[str], after: list[str], *, leads_on: bool) -> Role:
    told, signs_after = _OWN, _BOOK.signs(after)
    if not _TELLS_PERSON.isdisjoint(before):
        told = _said_before(_BOOK.signs(before)[::-1], signs_after)
    said = _said_after(signs_after, leads_on=leads_on) if after else None
    return _RECIPIENT if told is _RECIPIENT and said is _OTHER else said or told


def _said_before(before: str, after: str) -> Role:
    if _CALLER.match(before) and (not before.startswith(_HAS_NUMBER) or _CALLS_WRITER.match(after)):
        return _OTHER
    if _CALLED_IN_VAIN.match(before) and _NOT_REACHED.match(after):
        return _OTHER
    if _NUMBER_TO_DELIVER.match(before) or _GIVEN_TO.match(before) or _HANDED_TO.match(before):
        return _RECIPIENT
    if _NAMED_BEFORE.match(before) or _YOUNG.match(before):
        return _RECIPIENT if _DELIVERED.search(before) else _OTHER
    found = _WHO.search(before, 0, _WORDS_MAX)
    if found is None or found.lastgroup in ("stop", "own", "self"):
        return _OWN
    if found.lastgroup == "form":
        return _of_form(before[found.start() :])
    return _RECIPIENT if found.lastgroup == "recipient" else _somebodys(before, *found.span())


def _somebodys(before: str, start: int, end: int) -> Role:
    """So in "giao cho chồng em 0912…", "gọi chồng em 0912…"; behind a comma ("mẹ em thích, 0912…") only with a verb."""
    if _NOT_TO_CALL.match(before, end):
        return _OWN
    if _DELIVERED.search(before, 0, start) or _DELIVERED.search(before, end):
        return _RECIPIENT
    return _OWN if COMMA in before[:start] and not _NUMBER_OR_CALL.search(before, end) else _OTHER


def _of_form(before: str) -> Role:
    """A line above may be the head of a form: "Người nhận: Hoa", and then, lines later, "sđt: …"."""
    head = _FORM.search(before)
    return _RECIPIENT if head and head.lastgroup == "recipient" else _OWN


def _said_after(after: str, *, leads_on: bool) -> Role | None:
    """None: they do not say, or they lead on to another number, which they are about."""
    if _STRANGER.match(after):
        return _OTHER
    clause = _CLAUSE.match(after)
    if clause is None or (leads_on and clause.end() == len(after)):
        return None
    found = _WHO_AFTER.match(clause.group())
    if found is None:
        return None
    return {"recipient": _RECIPIENT, "own": _OWN}.get(str(found.lastgroup), _OTHER)


_HAS_NUMBER: Final = tuple(
    sign + has for sign in _set("số") for has in _set("có")
)  # "có số 0912… gọi em": only a call makes it somebody's
