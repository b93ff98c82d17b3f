"""The words around a candidate, as identity.numbers.meaning reads them. Pure."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from identity.numbers import vocabulary as words
from identity.numbers.shown import Shown
from identity.numbers.written import Candidate

BEFORE_CHARS: Final = 80
AFTER_CHARS: Final = 40
ENDS: Final = frozenset(".!?;\n)")  # of a sentence, a line, an aside
_TOKEN: Final = re.compile(r"[a-z]+|\d\w*|[,.!?;\n()]")
_WORD: Final = re.compile(r"\w+")


class Around(NamedTuple):
    """`before`: back to the candidate before, nearest first. `after`: as written, to the end of the clause."""

    before: list[str]
    after: list[str]
    text: Shown
    start: int
    end: int

    def phrases(self, place: int) -> tuple[str, str, str]:
        """The word `place` words before the candidate; it and the one it follows; it and the two it follows."""
        before = self.before
        one = before[place]
        two = f"{before[place + 1]} {one}" if place + 1 < len(before) else one
        return one, two, f"{before[place + 2]} {two}" if place + 2 < len(before) else two

    def is_spelled(self, word: str, phrases: Sequence[str], spellings: Mapping[str, str]) -> bool:
        """A lone word that is several words without its marks must be the right one of them; in a phrase it is."""
        meant = spellings.get(word)
        if meant is None or any(phrase != word and phrase in words.PHRASES for phrase in phrases):
            return True
        first, last = self.text.span(self.start, self.end)
        near = set(_WORD.findall(unicodedata.normalize("NFC", self.text.original[first:last]).lower()))
        return meant in near or (word in near and word not in words.NEEDS_MARKS)


def around(text: Shown, found: Candidate, floor: int, ceiling: int) -> Around:
    """`floor`, `ceiling`: end of the candidate before, start of the one after."""
    start, end = max(floor, found.start - BEFORE_CHARS), min(ceiling, found.end + AFTER_CHARS)
    before = _TOKEN.findall(text.plain, start, found.start)
    before.reverse()
    after = _TOKEN.findall(text.plain, found.end, end)
    if after:
        after = _clause(after, leads_on=end == ceiling < len(text.plain))
    return Around(before, after, text, start, end)


def _clause(after: list[str], *, leads_on: bool) -> list[str]:
    """Nothing when the words lead on to another number, which they are about."""
    for place, token in enumerate(after):
        if token in ENDS or token == "," or token[0].isdigit():  # noqa: S105, a word, no secret
            return after[:place]
    return [] if leads_on else after
