"""Whether a candidate stands free: no part of a longer number, an amount, a date, a code or a link. Pure."""

import re
from typing import Final

from identity.numbers.shown import Shown

_DIGITS_OF_A_NUMBER: Final = 7  # at least: before "-0388…" stands another number
_DATE: Final = re.compile(r"[0-3]?\d([ .\-])[01]?\d\1(?:19|20)\d\d(?!\d)")
_WORD_BEFORE: Final = re.compile(r"([^\W_]+)(-?)\Z")
_WORD_AFTER: Final = re.compile(r"(-?)([^\W\d_]+)")
_UNITS: Final = frozenset({"d", "k", "vnd", "tr", "usd", "dong", "x", "xx", "xxx", "g", "kg", "ml"})
_LOOK_BACK_CHARS: Final = 24
_PREFIXES_OF_CODES: Final = frozenset(
    {"bill", "cccd", "cmnd", "dh", "don", "fb", "ghn", "ghtk", "hd", "id", "imei", "jt", "kh", "lex", "ma", "mst",
     "mvd", "no", "order", "pass", "ref", "sn", "sp", "spx", "spxvn", "stk", "tk", "vd", "vn", "vtp"}
)  # fmt: skip
_PHONE_WORDS: Final = frozenset({"alo", "dt", "goi", "lh", "phone", "sddt", "sdt", "so", "tel", "zalo", "zl"})
_NEXT_GROUP: Final = re.compile(r"([ .\-]{1,3})(\d+)(?![\w/])(?P<more>[ .\-]{1,3}\d)?")
_PHONE_FOLLOWS: Final = re.compile(r"[ .\-/,]{1,3}(?:0|\+?84)[ .\-]?[1-9](?:[ .\-]?\d){7}")


def stands_free(text: Shown, plain: str, start: int, end: int) -> bool:
    before = plain[start - 1] if start else " "
    after = plain[end] if end < len(plain) else "\n"
    return (
        (before in " \n(:" or _is_free_left(text, plain, start, before))
        and (after in "\n,;:!?)" or _is_free_right(text, plain, end, after))
        and is_whole(plain, start, end)
    )


def _is_free_left(text: Shown, plain: str, start: int, before: str) -> bool:
    if before in "#@$€£%\\\0" or plain[start - 2 : start] == "**":
        return False
    if before in "*+.,/_":
        return start < 2 or not (plain[start - 2].isdigit() or plain[start - 2] in "+#/=?&")
    if before.isalnum() or before == "-":
        return _may_be_glued(text, plain, start)
    return True


def _may_be_glued(text: Shown, plain: str, start: int) -> bool:
    """As in "sđt0912…", "Hương0912…", "Hà-0912…", but not "DH0912…", "XK9F2-0912…"."""
    word = _WORD_BEFORE.search(plain, max(0, start - _LOOK_BACK_CHARS), start)
    if word is None:
        return not plain[start - 2 : start - 1].isdigit()
    letters = word[1]
    if letters.isdigit():
        return bool(word[2]) and len(letters) >= _DIGITS_OF_A_NUMBER  # "0912…-0388…"
    if letters in _PHONE_WORDS:
        return True
    first, last = text.span(*word.span(1))
    written = text.original[first:last]
    return letters.isalpha() and letters not in _PREFIXES_OF_CODES and not written.isupper()


def _is_free_right(text: Shown, plain: str, end: int, after: str) -> bool:
    if after in "%€$£@_\0" or plain[end : end + 2] == "**":
        return False
    if after == " ":
        return True
    if after in ".-/":
        return _is_free_of_digits(plain, end)
    word = _WORD_AFTER.match(plain, end)
    if word is None:
        return True
    first, last = text.span(*word.span(2))
    written = text.original[first:last]
    return word[2] not in _UNITS and not (written.isupper() and len(written) > 1 and written.isascii())


def _is_free_of_digits(plain: str, end: int) -> bool:
    """No: "0912345678.90", "0312345678-001" and "0912345678/2", which go on. Yes: "0912345678-0388…"."""
    if plain[end + 1 : end + 2].isdigit() and not _PHONE_FOLLOWS.match(plain, end):
        return False
    word = _WORD_AFTER.match(plain, end)
    return word is None or word[2] not in _PREFIXES_OF_CODES


def is_whole(plain: str, start: int, end: int) -> bool:
    """No date, and no first part of a longer number that is written in groups."""
    written = plain[start:end]
    if written.isdigit():
        return True
    if _DATE.match(written):
        return False
    group = _NEXT_GROUP.match(plain, end)
    if group is None or _PHONE_FOLLOWS.match(plain, end):
        return True
    return not (group["more"] or (len(group[2]) >= 3 and group[1] in written))
