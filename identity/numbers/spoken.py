"""Numbers in words, or half in words -> candidates: "không chín một hai 345 678", with and without marks. Pure.

Digits are read out one by one; "mười hai" for 12 and "hai mươi lăm" for 25 occur, too.
"""

import re
from typing import Final

from hub.phones import in_use
from identity.normalize import is_placeholder
from identity.numbers.written import Candidate

_DIGIT_OF: Final = {
    "khong": "0", "hong": "0", "kg": "0", "ko": "0", "zero": "0", "o": "0", "linh": "0", "le": "0",
    "mot": "1", "hai": "2", "ba": "3", "bon": "4", "tu": "4", "nam": "5", "lam": "5", "sau": "6",
    "bay": "7", "tam": "8", "chin": "9",
}  # fmt: skip
_TEN: Final = "muoi"
_WORDS: Final = "|".join([*_DIGIT_OF, _TEN])
_UNIT: Final = re.compile(rf"(?:{_WORDS})(?![a-z0-9])|\d+(?![a-z])")
_RUN: Final = re.compile(
    rf"(?<![a-z0-9])(?:cong[ .,\-]{{1,3}}|\+)?(?:(?:(?:{_WORDS})(?![a-z0-9])|\d+(?![a-z]))[ .,\-]{{1,3}}){{3,24}}"
    rf"(?:(?:{_WORDS})(?![a-z0-9])|\d+(?![a-z0-9]))"
)
_NATIONAL: Final = re.compile(r"(?:0|84)(?P<national>[35789]\d{8}|2\d{9}|1[2689]\d{8})")
_WORDS_MIN: Final = 2  # of a run that is half in digits: "3 hai" happens

_ANY: Final = (  # the word of a digit, as it may be written
    r"(?:[bB](?:[aAàáảÀÁẢ]|.{1,3}[yYnN])|[nNlLtT].{1,2}[mM]|[cC][hH].{1,2}[nN]|[hH][aA][iI]|[mM].{1,2}[tTiI]|[tT][uUưƯ]"
    r"|[sS].{1,2}[uU]|[kK]?[hH]?.{1,2}[nN][gG]|[kK]?[oO])"
)
# Cheap, over text as it was written: "…ng", "…o" (a zero) or a digit, and two words of digits, or one and a digit.
HINT: Final = re.compile(rf"[gGoO0-9][ .,\-]{{1,3}}{_ANY}[ .,\-]{{1,3}}(?:[0-9]|{_ANY}\b)")
# The same where there is no digit at all: eight in a row, of which the first is a zero.
HINT_ALL_WORDS: Final = re.compile(rf"[gGoO](?:[ .,\-\u00a0]{{1,3}}{_ANY}){{7}}\b")


def candidates(plain: str) -> list[Candidate]:
    """In order, not overlapping."""
    return [found for run in _RUN.finditer(plain) if (found := _read(plain, *run.span())) is not None]


def _read(plain: str, start: int, end: int) -> Candidate | None:
    """A run may begin with words of the sentence before ("số em không, không chín …") but must end with the number."""
    units = list(_UNIT.finditer(plain, start, end))
    spoken = [unit.group() for unit in units]
    for first in range(min(len(units), 6)):
        rest = spoken[first:]
        if sum(map(str.isalpha, rest)) < _WORDS_MIN:
            return None
        match = _NATIONAL.fullmatch(_digits(rest))
        value = in_use(match["national"]) if match else None
        if value is not None and not is_placeholder(value):
            begin = start if first == 0 else units[first].start()
            return value, begin, units[-1].end(), False
    return None


def _digits(units: list[str]) -> str:
    """A "mười" is a one before a digit, a "mươi" nothing between two digits: 12, 25, 20, 10."""
    found: list[str] = []
    for place, unit in enumerate(units):
        if unit != _TEN:
            found.append(_DIGIT_OF.get(unit, unit))
            continue
        is_tens = (
            place > 0 and units[place - 1] in _DIGIT_OF and found[-1] in "23456789" and len("".join(found)) % 2 == 1
        )
        is_last = place + 1 == len(units) or units[place + 1] == _TEN
        found.append("" if is_tens and not is_last else "0" if is_tens else "10" if is_last else "1")
    return "".join(found)
