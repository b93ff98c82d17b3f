"""Numbers written in digits -> candidates, by their shape alone. What the words around them say comes later. Pure.

Takes `Shown.plain`. A candidate stands free: it is no part of a longer number, an amount, a date, a code or a link.
"""

import re
from typing import Final

from hub.numbering import MOBILE, is_old_land_line
from hub.phones import in_use
from identity.normalize import is_placeholder, phone_key
from identity.numbers.free import stands_free
from identity.numbers.shown import Shown

# Value; start and end in `Shown.plain`; whether it is one only with a word that says it is a telephone number.
Candidate = tuple[str, int, int, bool]

_S: Final = r"[ .\-_)]{0,3}"  # between digits; whoever writes "0912 . 345" takes three
_NUMBER: Final = re.compile(
    rf"""[0+(8](?:                                            # one set of first characters: the search skips the rest
          (?: (?<=(?<!\d)0)
            | (?<=\+)(?:84{_S}(?:\(0\)|0)?|0)                  # +84, +84 (0), +0
            | (?<=\()(?:[+0]?84\){_S}(?:\(0\)|0)?|0(?=\d{{1,4}}\)))
            | (?<=0)(?<!\d0)084{_S}0?
            | (?<=(?<!\d)8)4(?<!\d[ .\-]84){_S}0?(?=[ .\-]?[35789]) ) # bare: mobiles only
          (?P<national>
              {_S}[35-9](?:{_S}\d){{8}}(?!\d)
            | [35-9]\d\d[/,]\d{{3}}[/,]\d{{3}}(?![\d/,])
            | {_S}2(?:{_S}\d){{9}}(?!\d)                       # land lines
            | {_S}1{_S}[2689](?:{_S}\d){{8}}(?!\d)             # eleven digits, before 2018
            | {_S}4(?:{_S}\d){{8}}(?!\d)                       # Hà Nội before 2017
            | {_S}[2-7](?:{_S}\d){{9}}(?!\d) )                 # provinces before 2017
        | (?: (?<=\+) | (?<=(?<!\d)0)0(?=[1-9]\d{{0,2}}[ .\-]) )(?!84)[1-9](?:[ .\-_()]{{0,3}}\d){{6,14}}(?!\d) )""",
    re.VERBOSE | re.ASCII,
)
# Seven digits close together, be it with letters between that pass for some: fewer make no number. Of the scripts
# that keyboards and fonts here offer; \d would take twice as long.
_D: Final = "0-9\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\uff10-\uff19\U0001d7ce-\U0001d7ff"
DIGITS: Final = re.compile(f"[{_D}]" + f"[^{_D}]{{0,3}}[{_D}]" * 6)
_DIGITS_MIN: Final = 7
# The first digit, and all seven if they begin with it.
DIGIT: Final = re.compile(f"[{_D}](?P<seven>" + f"[^{_D}]{{0,3}}[{_D}]" * 6 + ")?")
# Nine, be they letters that pass for some: the least that a candidate has. Prices and dates have fewer.
ENOUGH: Final = re.compile(f"[{_D}oOlIi]" + f"[^{_D}oOlIi]{{0,4}}[{_D}oOlIi]" * 8)
# How most people write most numbers: a mobile between blanks, in groups or not. Found like this, with no other seven
# digits besides, it needs no closer look.
_USUAL: Final = re.compile(
    r"""0(?<![^ \n(:]0)
        (?: (?:3[2-9]|5[689]|7[06-9]|8[1-8]|9[0-8])[ .\-]?\d | 52[238] | 559 | 89[6-9] | 99[013-9] )
        (?: \d{6} | (?:[ .\-]?\d{3}[ .\-]?\d{3} | [ .\-]\d\d[ .\-]\d\d[ .\-]\d\d | \d\d[ .\-]\d{4})(?![ .\-]{1,3}\d) )
        (?=[ \n,;:!?)]|\Z|\.(?!\w))""",
    re.ASCII | re.VERBOSE,
)
_USUAL_CHARS: Final = 10
_NO_DIGITS: Final = bytes(set(range(0x100)) - set(b"0123456789"))
_REPEATED_MIN: Final = 7  # equal digits, in numbers that are typed to get past a form
_WITHOUT_ZERO: Final = re.compile(r"[35789](?<![\w+*#/.,\-].)\d\d[ .\-]?\d{3}[ .\-]?\d{3}(?!\d)", re.ASCII)
_NOT_DIGIT: Final = dict.fromkeys(map(ord, " .-_()+/,"))
_LOOKALIKE: Final = re.compile(
    r"[oli](?:(?=[oli]{0,3}[0-9]|[ .\-][0-9])|(?<=[0-9].)(?![a-z])|(?<=[0-9][ .\-].)(?![a-z]))"
)
_AMONG_DIGITS: Final = re.compile(
    r"(?<![a-z])[oli]{1,4}(?=\d)|(?<=\d)[oli]{1,4}(?=\d)|(?<=\d)[oli]{1,4}(?![a-z])|(?<=\d[ .\-])[ol](?=[ .\-]?\d)"
)
_READ_AS: Final = str.maketrans("oli", "011")
_FOREIGN_CHARS_MIN: Final = 7
_FOREIGN_MAX: Final = 50  # looked at in one text: phonenumbers takes half a millisecond for each that does not exist
_REAL_DIGITS_MIN: Final = 7  # "OIl" is a word; "O9l2345678" is a number


def usual(text: Shown) -> list[Candidate] | None:
    """None: there may be others, to be looked at more closely."""
    plain = text.plain
    match = _USUAL.search(plain)
    if match is None:
        return None
    start, end = match.span()
    if len(text.letters.translate(None, _NO_DIGITS)) < _USUAL_CHARS + _DIGITS_MIN:
        return _unless_placeholder(plain, start, end)
    found: list[Candidate] = []
    done = 0
    for match in _USUAL.finditer(plain):
        start, end = match.span()
        if DIGITS.search(plain, done, start):
            return None
        found += _unless_placeholder(plain, start, end)
        done = end
    return None if DIGITS.search(plain, done) else found


def _unless_placeholder(plain: str, start: int, end: int) -> list[Candidate]:
    national = plain[start + 1 : end]
    if end - start != _USUAL_CHARS:
        national = national.replace(" ", "").replace(".", "").replace("-", "")
    value = f"+84{national}"
    is_none = national.count(national[-1]) >= _REPEATED_MIN and is_placeholder(value)
    return [] if is_none else [(value, start, end, False)]


def candidates(text: Shown, searched: str) -> list[Candidate]:
    """In order, not overlapping. `searched`: `text.plain` with blanks in place of what was found already."""
    plain = _digits_for_letters(searched)
    found: list[Candidate] = []
    foreign = 0
    for match in _NUMBER.finditer(plain):
        foreign += match[1] is None
        if match[1] is None and foreign > _FOREIGN_MAX:
            continue
        candidate = _candidate(text, plain, match)
        if candidate is not None:
            found.append(candidate)
    return found or _without_zero(text, plain)


def _without_zero(text: Shown, plain: str) -> list[Candidate]:
    """As in "sđt 912 345 678"."""
    return [
        (f"+84{digits}", *match.span(), True)
        for match in _WITHOUT_ZERO.finditer(plain)
        if MOBILE.fullmatch(digits := match.group().translate(_NOT_DIGIT))
        and stands_free(text, plain, *match.span())
        and not is_placeholder(f"+84{digits}")
    ]


def _digits_for_letters(plain: str) -> str:
    """As in "o912 345 67l"; words stay."""
    if not _LOOKALIKE.search(plain):
        return plain
    return _AMONG_DIGITS.sub(lambda match: match.group().translate(_READ_AS), plain)


def _candidate(text: Shown, plain: str, match: re.Match[str]) -> Candidate | None:
    start, end = match.span()
    national = match[1]
    if national is None:
        return _foreign(text, plain, start, end)
    digits = national if national.isdigit() else national.translate(_NOT_DIGIT)
    if not stands_free(text, plain, start, end):
        return None
    if plain is not text.plain and sum(map(str.isdigit, text.plain[start:end])) < _REAL_DIGITS_MIN:
        return None
    value = in_use(digits)
    if value is None or (value.count(value[-1]) >= _REPEATED_MIN and is_placeholder(value)):
        return None
    return value, start, end, not value.endswith(digits) and is_old_land_line(digits)


def _foreign(text: Shown, plain: str, start: int, end: int) -> Candidate | None:
    """The longest number that exists: what follows a blank may be something else."""
    while end - start > _FOREIGN_CHARS_MIN:
        value = phone_key(plain[start:end])
        if value is not None:
            return (value, start, end, False) if stands_free(text, plain, start, end) else None
        end = start + len(plain[start:end].rstrip("0123456789").rstrip(" .-_()"))
    return None
