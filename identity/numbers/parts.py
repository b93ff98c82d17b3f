"""A number that is sent in several messages: "sđt em 0912", then "345 678", or in words: "không chín một hai", …. Pure.

The first part ends its message and begins as a number does; the others are all that their messages hold. Joined by
blanks they are read as one text, so everything holds that holds for numbers in one message.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from hub.events import Evidence
from identity.numbers.claims import claim
from identity.numbers.finds import Find, finds_in
from identity.numbers.meaning import Role

PARTS_MAX: Final = 4
FIRST_MAX_CHARS: Final = 300  # what stands before a first part says whose it is, not more
_TAIL_CHARS: Final = 24
_DIGIT: Final = re.compile("[0-9]")
_POLITE: Final = r"(?:\W{0,3}(?:ạ|nha|nhé|nhe|nhá|ah|a|đó|shop))?\W{0,3}"
_RUN: Final = r"[0-9](?:[ .\-]{0,3}[0-9]){1,8}"  # two digits at least: a single one is an answer to "how many?"
_FIRST: Final = re.compile(rf"(?<![\w.,+*#/-])(?:\+?84|0)(?:[ .\-]{{0,3}}[0-9]){{1,8}}{_POLITE}\Z")
_NEXT: Final = re.compile(rf"\W{{0,3}}{_RUN}{_POLITE}\Z")

_ZEROS: Final = ("không", "khong", "hông", "hong", "ko", "zero")
_WORDS: Final = (
    *_ZEROS, "một", "mốt", "mot", "hai", "ba", "bốn", "bon", "tư", "tu", "năm", "lăm", "nam", "lam", "sáu", "sau",
    "bảy", "bẩy", "bay", "tám", "tam", "chín", "chin",
)  # fmt: skip
_WORD_OF_DIGIT: Final = frozenset(_WORDS)
_WORDS_TAIL_CHARS: Final = 72  # ten words and the blanks between them
_LAST_WORDS_CHARS: Final = 16
_UNIT: Final = rf"(?:[0-9]+|(?:{'|'.join(_WORDS)})(?!\w))"
_MORE: Final = rf"(?:[ .,\-]{{1,3}}{_UNIT}){{2,9}}{_POLITE}\Z"  # three words at least: "hai ba" answers "how many?"
_FIRST_IN_WORDS: Final = re.compile(rf"(?<!\w)(?:{'|'.join(_ZEROS)}|0[0-9]?){_MORE}", re.IGNORECASE)
_NEXT_IN_WORDS: Final = re.compile(rf"\W{{0,3}}{_UNIT}{_MORE}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Said:
    """One message of one sender, by the provider's clock."""

    at: datetime
    text: str


def may_be_part(text: str) -> bool:
    """For each message, so cheap: hardly any is."""
    if _DIGIT.search(text, max(0, len(text) - _TAIL_CHARS)) or not _WORD_OF_DIGIT.isdisjoint(
        text[-_LAST_WORDS_CHARS:].lower().split()
    ):
        return _is_first(text) or _is_next(text)
    return False


def _is_first(text: str) -> bool:
    return bool(
        _FIRST.search(text, max(0, len(text) - _TAIL_CHARS))
        or _FIRST_IN_WORDS.search(text, max(0, len(text) - _WORDS_TAIL_CHARS))
    )


def _is_next(text: str) -> bool:
    return bool(_NEXT.match(text) or _NEXT_IN_WORDS.match(text))


def claims_across(said: Sequence[Said], within: timedelta) -> tuple[Evidence, ...]:
    """`said`: what one sender wrote, in order. `within`: at most so long between a part and the next."""
    found = [find for first in range(len(said)) if (find := _number_from(said[first:], within)) is not None]
    return tuple(claim(find) for find in found if find.role is Role.OWN)


def _number_from(said: Sequence[Said], within: timedelta) -> Find | None:
    """The number whose first part ends the first message."""
    joined = said[0].text[-FIRST_MAX_CHARS:].rstrip()
    if not _is_first(joined) or _ends_in_number(joined):
        return None
    begin = len(joined)
    for before, after in pairwise(said[:PARTS_MAX]):
        if after.at - before.at > within or not _is_next(after.text):
            return None
        seam = len(joined)
        joined = f"{joined} {after.text.strip()}"
        whole = next((find for find in finds_in(joined) if find.start < begin and seam < find.end), None)
        if whole is not None:
            return whole
    return None


def _ends_in_number(text: str) -> bool:
    """Then what follows is something else: "0912345678", "25"."""
    finds = finds_in(text)
    return bool(finds) and not any(char.isdigit() for char in text[finds[-1].end :])
