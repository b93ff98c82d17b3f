"""Text as its reader sees it: lower case, without marks, ASCII digits and dashes, and nothing invisible. Pure.

One character of `plain` stands for one of the original, so that what is found can be pointed at.
"""

import re
import unicodedata
from typing import Final, NamedTuple

from identity.numbers import letters

# What takes no room of its own: combining marks, zero-width characters, embeddings that change no order of digits.
_INVISIBLE: Final = re.compile(
    "[\u00ad\u0300-\u036f\u061c\u20e3\u200b-\u200e\u202a\u202c\u202d\u2060-\u2066\u2068\u2069\ufe00-\ufe0f\ufeff]"
)
_ATTACHED: Final = re.compile("[\u0300-\u036f\u20e3\ufe00-\ufe0f]*")  # belongs to the character before
_UNEVEN: Final = re.compile(
    "[\u00ad\u0300-\u036f\u061c\u20e3\u200b-\u200e\u202a\u202c\u202d\u2060-\u2066\u2068\u2069\ufeff]|[0-9]\ufe0f"
)
# From here the line is read from right to left: digits are not seen in the order they stand in.
_REORDERED: Final = re.compile("[\u202b\u202e\u2067][^\n]*")


class Shown(NamedTuple):
    """`plain`: without what nobody sees, folded. `letters`: the same with marks, `words` its words (see
    identity.numbers.letters). All three have one place for each character of the original that is seen; `places`:
    where it stands there, None: at the same place."""

    original: str
    plain: str
    letters: bytes
    words: bytes
    places: list[int] | None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The same stretch of the original."""
        if self.places is None:
            return start, end
        last = self.places[end - 1] + 1
        attached = _ATTACHED.match(self.original, last)
        return self.places[start], attached.end() if attached else last


def shown(text: str) -> Shown:
    try:
        narrow = letters.encoded(text)
    except UnicodeEncodeError:
        return _shown(text)
    return Shown(text, narrow.translate(_FOLDED).decode("latin-1"), narrow, narrow.translate(letters.WORDS), None)


def _shown(text: str) -> Shown:
    places = None
    seen = text
    if _UNEVEN.search(text):
        places = [place for place, char in enumerate(text) if not _INVISIBLE.match(char)]
        seen = "".join([text[place] for place in places])
    plain, narrow = _hide_reordered(seen.translate(_PLAIN)), letters.encoded_loosely(seen)
    return Shown(text, plain, narrow, narrow.translate(letters.WORDS), places)


def _hide_reordered(plain: str) -> str:
    return _REORDERED.sub(lambda match: "\0" * len(match.group()), plain)


class _Plain(dict[int, int]):
    """For str.translate. Characters that are not in the table are looked up once each time, and stay if they are no
    digit of some script."""

    def __missing__(self, code: int) -> int:
        value = unicodedata.decimal(chr(code), None)
        return code if value is None else ord("0") + value


def _table() -> _Plain:
    codes = [
        *range(0x80),
        *range(0xC0, 0x250),
        *range(0x1E00, 0x1F00),
        *range(0xFF01, 0xFF5F),
        *range(0x2010, 0x2016),
    ]
    table = _Plain({code: ord(_base(chr(code))) for code in codes})
    table |= dict.fromkeys(map(ord, "‐‑‒–—―−－﹣"), ord("-"))
    table |= dict.fromkeys(
        map(ord, "\t\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u3000"), ord(" ")
    )
    table |= dict.fromkeys(map(ord, "·•∙．。…"), ord("."))
    table |= dict.fromkeys(map(ord, "οΟоО"), ord("o"))  # Greek, Cyrillic
    table |= {
        ord("đ"): ord("d"),
        ord("Đ"): ord("d"),
        ord("＋"): ord("+"),
        ord("\u2028"): ord("\n"),
        ord("\r"): ord("\n"),
    }
    return table


def _base(char: str) -> str:
    """Without marks and in lower case, when that is one character."""
    bare = unicodedata.normalize("NFKD", char).casefold()
    return bare[0] if bare and (len(bare) == 1 or all(map(unicodedata.combining, bare[1:]))) else char


_PLAIN: Final = _table()
_FOLDED: Final = bytes(_PLAIN[ord(char)] if char in letters.KNOWN else 0 for char in letters.CHARSET)
