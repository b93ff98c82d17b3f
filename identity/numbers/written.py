"""Numbers written in digits -> candidates, by their shape alone. What the words around them say comes later. Pure.

Takes `Shown.plain`. A candidate stands free: it is no part of a longer number, an amount, a date, a code or a link.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from hub.numbering import MOBILE, is_old_land_line
from hub.phones import from_national
from identity.normalize import phone_key
from identity.numbers.shown import Shown


class Candidate(NamedTuple):
    """`start`, `end` in `Shown.plain`. `doubtful`: only with a word that says it is a telephone number."""

    value: str
    start: int
    end: int
    doubtful: bool = False


_S: Final = r"[ .\-_)]{0,3}"  # between digits; whoever writes "0912 . 345" takes three
_NUMBER: Final = re.compile(
    rf"""(?P<vn>
          (?: \(?\+84\)?{_S}(?:\(0\)|0)?                     # +84, (+84), +84 (0)
            | 0084{_S}0?
            | 84(?<!\d84)(?<!\d[ .\-]84)(?=[ .\-]?[35789])   # bare: mobiles only
            | \((?=0\d{{1,4}}\))0 | \+?0(?<!\d0) )
          (?P<national>
              {_S}1{_S}[2689](?:{_S}\d){{8}}                 # eleven digits, before 2018
            | {_S}2(?:{_S}\d){{9}}                           # land lines
            | {_S}[35-9](?:{_S}\d){{8}}
            | {_S}4(?:{_S}\d){{8}}                           # Hà Nội before 2017
            | {_S}[2-7](?:{_S}\d){{9}} )                     # provinces before 2017
          (?!\d))
      | (?P<foreign> (?:\+|00(?<!\d00)(?=[1-9]\d{{0,2}}[ .\-]))(?!84)[1-9](?:{_S}\d){{6,14}}(?!\d))""",
    re.VERBOSE,
)
_NOT_DIGIT: Final = dict.fromkeys(map(ord, " .-_()+"))
_LOOKALIKE: Final = re.compile(r"\d[ .\-]?[oli|]|[oli|][ .\-]?\d")
_AMONG_DIGITS: Final = re.compile(
    r"(?<![a-z|])[oli|]{1,4}(?=\d)|(?<=\d)[oli|]{1,4}(?=\d)|(?<=\d)[oli|]{1,4}(?![a-z|])|(?<=\d[ .\-])[ol](?=[ .\-]?\d)"
)
_READ_AS: Final = str.maketrans("oli|", "0111")
_FOREIGN_CHARS_MIN: Final = 7
_REAL_DIGITS_MIN: Final = 7  # "OIl" is a word; "O9l2345678" is a number

_DATE: Final = re.compile(r"[0-3]?\d([ .\-])[01]?\d\1(?:19|20)\d\d(?!\d)")
_PLACEHOLDER_DIGITS: Final = 2  # different ones, of the nine: 0900000000
_WORD_BEFORE: Final = re.compile(r"([^\W_]+)(-?)\Z")
_WORD_AFTER: Final = re.compile(r"(-?)([^\W\d_]+)")
_UNITS: Final = frozenset({"d", "k", "vnd", "đ", "vnđ", "tr", "usd", "dong", "đồng", "x", "xxx", "xx", "g", "kg", "ml"})
_LOOK_BACK_CHARS: Final = 24
_PREFIXES_OF_CODES: Final = frozenset(
    {"dh", "vn", "spx", "ma", "don", "id", "sp", "hd", "kh", "order", "ref", "no", "stk", "tk", "mst", "sn", "vd", "mvd", "bill",
     "ghn", "ghtk", "jt", "vtp", "spxvn", "lex", "imei", "cccd", "cmnd", "fb", "pass"}
)  # fmt: skip
_NEXT_GROUP: Final = re.compile(r"([ .\-]{1,3})(\d+)(?![\w/])(?P<more>[ .\-]{1,3}\d)?")
_PHONE_FOLLOWS: Final = re.compile(r"[ .\-/,]{1,3}(?:0|\+?84)[ .\-]?[1-9](?:[ .\-]?\d){7}")


def candidates(text: Shown) -> list[Candidate]:
    """In order, not overlapping."""
    plain = _digits_for_letters(text.plain)
    return [found for match in _NUMBER.finditer(plain) if (found := _candidate(text, plain, match)) is not None]


def _digits_for_letters(plain: str) -> str:
    """"o912 345 67l" -> "0912 345 671"; words stay."""
    if not _LOOKALIKE.search(plain):
        return plain
    return _AMONG_DIGITS.sub(lambda match: match.group().translate(_READ_AS), plain)


def _candidate(text: Shown, plain: str, match: re.Match[str]) -> Candidate | None:
    start, end = match.span()
    national = match["national"]
    if national is None:
        return _foreign(text, plain, start, end)
    digits = national.translate(_NOT_DIGIT)
    if _is_placeholder(digits) or not _stands_free(text, plain, start, end):
        return None
    if plain is not text.plain and sum(map(str.isdigit, text.plain[start:end])) < _REAL_DIGITS_MIN:
        return None
    if MOBILE.fullmatch(digits):
        return Candidate(f"+84{digits}", start, end)
    value = from_national(digits)
    return Candidate(value, start, end, is_old_land_line(digits)) if value is not None and phone_key(value) else None


def _foreign(text: Shown, plain: str, start: int, end: int) -> Candidate | None:
    """The longest number that exists: what follows a blank may be something else."""
    while end - start > _FOREIGN_CHARS_MIN:
        value = phone_key(plain[start:end])
        if value is not None:
            return Candidate(value, start, end) if _stands_free(text, plain, start, end) else None
        end = start + len(plain[start:end].rstrip("0123456789").rstrip(" .-_()"))
    return None


def _is_placeholder(digits: str) -> bool:
    """0900000000, 0911111111, 0912345678 is none: typed to get past a form."""
    return len(set(digits[1:])) < _PLACEHOLDER_DIGITS


# --- free on both sides ----------------------------------------------------------------------------------------------


def _stands_free(text: Shown, plain: str, start: int, end: int) -> bool:
    before = plain[start - 1] if start else " "
    after = plain[end] if end < len(plain) else "\n"
    return (
        (before in " \n(" or _is_free_left(text, plain, start, before))
        and (after in "\n,;:!?)" or _is_free_right(text, plain, end, after))
        and _is_all(plain, start, end)
    )


def _is_free_left(text: Shown, plain: str, start: int, before: str) -> bool:
    if before in "#@$€£%\\\0":
        return False
    if before in "*+.,/_":
        return start < 2 or not (plain[start - 2].isdigit() or plain[start - 2] in "*+#/=?&")
    if before.isalnum() or before == "-":
        return _may_be_glued(text, plain, start)
    return True


def _may_be_glued(text: Shown, plain: str, start: int) -> bool:
    """"sđt0912…", "Hương0912…", "Hà-0912…", but not "DH0912…", "XK9F2-0912…"."""
    word = _WORD_BEFORE.search(plain, max(0, start - _LOOK_BACK_CHARS), start)
    if word is None:
        return not plain[start - 2 : start - 1].isdigit()
    letters = word[1]
    if letters.isdigit():
        return bool(word[2]) and len(letters) >= _REAL_DIGITS_MIN  # "0912…-0388…"
    if letters in _GLUED_WORDS:
        return True
    first, last = text.span(*word.span(1))
    written = text.original[first:last]
    return letters.isalpha() and letters not in _PREFIXES_OF_CODES and not written.isupper()


_GLUED_WORDS: Final = frozenset({"sdt", "dt", "so", "zalo", "zl", "tel", "phone", "sddt", "alo", "goi", "lh"})


def _is_free_right(text: Shown, plain: str, end: int, after: str) -> bool:
    if after in "*%€$£@_\0":
        return False
    if after in ".-/ ":
        return _is_free_of_digits(plain, end)
    word = _WORD_AFTER.match(plain, end)
    if word is None:
        return True
    first, last = text.span(*word.span(2))
    written = text.original[first:last]
    return word[2] not in _UNITS and not (written.isupper() and len(written) > 1 and written.isascii())


def _is_free_of_digits(plain: str, end: int) -> bool:
    """"0912345678.90", "0312345678-001", "0912345678/2" go on; "0912345678-0388…" and "0912345678 -2 cái" do not."""
    glued = plain[end] != " " and plain[end + 1 : end + 2].isdigit()
    if glued and not _PHONE_FOLLOWS.match(plain, end):
        return False
    word = _WORD_AFTER.match(plain, end)
    return word is None or plain[end] != "-" or len(word[2]) > 3 or word[2] not in _PREFIXES_OF_CODES


def _is_all(plain: str, start: int, end: int) -> bool:
    """No date, and no first part of a longer number that is written in groups."""
    written = plain[start:end]
    if _DATE.match(written):
        return False
    if written.isdigit():
        return True
    group = _NEXT_GROUP.match(plain, end)
    if group is None or _PHONE_FOLLOWS.match(plain, end):
        return True
    return not (group["more"] or (len(group[2]) >= 3 and group[1] in written))
