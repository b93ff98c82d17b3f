"""Text -> one byte a character, for bytes are folded, cut and split many times as fast as a str. Pure.

The character set is our own: ASCII at its usual places, the letters of Vietnamese wherever there is room, and STRANGE
for every other letter.
"""

import codecs
import unicodedata
from typing import Final

STRANGE: Final = "ø"
_LETTERS_END: Final = "\u1f00"  # of Latin, Greek and Cyrillic; what comes after is no part of a word here
_LOWER: Final = "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ"
_ASCII: Final = "\0\t\n\r" + "".join(map(chr, range(0x20, 0x7F)))
_SIGNS: Final = "…–—·•\u00a0"  # phones and word processors put them in
_NO_CHARACTER: Final = "\ufffe"  # so codecs.charmap_build knows it
_BLANKS: Final = "\x0b\x0c"  # bytes.split takes them for blanks, so no letter has their places


def _charset() -> str:
    others = iter(_LOWER + _LOWER.upper() + STRANGE + _SIGNS)
    kept = _ASCII + _BLANKS
    chars = (chr(code) if chr(code) in kept else next(others, _NO_CHARACTER) for code in range(0x100))
    return "".join(chars).translate(dict.fromkeys(map(ord, _BLANKS), _NO_CHARACTER))


CHARSET: Final = _charset()
_ENCODING: Final = codecs.charmap_build(CHARSET)  # quick only as long as the first is "\0"
KNOWN: Final = frozenset(CHARSET) - {_NO_CHARACTER}


def encoded(text: str) -> bytes:
    """Raises UnicodeEncodeError for characters that the set does not have: emoji, marks of their own, other scripts."""
    return codecs.charmap_encode(text, "strict", _ENCODING)[0]


def encoded_loosely(text: str) -> bytes:
    """As `encoded`, with digits of other scripts as ours, STRANGE for other letters, and blanks for what is left."""
    return encoded("".join([char if char in KNOWN else _nearest(char) for char in text]))


def _nearest(char: str) -> str:
    digit = unicodedata.decimal(char, None)
    if digit is not None:
        return str(digit)
    return STRANGE if char.isalpha() and char < _LETTERS_END else " "


def table(char_of: dict[str, str], otherwise: str) -> bytes:
    """For bytes.translate: in lower case, with marks; `otherwise` for what is no letter and not in `char_of`."""
    return b"".join(encoded(char_of.get(char) or _letter(char) or otherwise) for char in CHARSET)


def _letter(char: str) -> str:
    return char.lower() if char.isalpha() else ""


WORDS: Final = table({}, otherwise=" ")
