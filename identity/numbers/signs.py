"""Words as signs, one character each, so that rules about words are regular expressions over short strings. Pure.

    book = Book()
    rule = re.compile(book.any_of("chồng em, vợ em"))
    rule.search(book.signs(["gọi", "chồng", "em"]))

A word that no rule names is UNKNOWN. A word counts as spelled in the rule, with its tone on either vowel ("hoá",
"hóa"), and without any marks, unless NEEDS_MARKS has it and it stands alone.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import repeat
from typing import Final

from identity.numbers import vocabulary

UNKNOWN: Final = "w"
END: Final = "e"  # of a sentence, or of an aside
LINE: Final = "n"
COMMA: Final = "c"
OPEN: Final = "o"
DIGIT: Final = "d"
_STRUCTURE: Final = {
    **dict.fromkeys(".!?;)", END), "\n": LINE, ",": COMMA, "(": OPEN, **dict.fromkeys("0123456789", DIGIT)
}  # fmt: skip
_FIRST_OF_WORDS: Final = 0x100  # of the characters that stand for words
_WORD: Final = re.compile(r"[a-zà-ỹ]+|[0-9,.!?;\n()]")
_TONES: Final = ["oà òa", "oá óa", "oả ỏa", "oã õa", "oạ ọa", "oè òe", "oé óe", "uỳ ùy", "uý úy", "uỷ ủy", "uỵ ụy"]


def words_of(text: str) -> list[str]:
    """Words, digits and what ends a clause, in lower case. Links, emoji and other signs are left out."""
    return _WORD.findall(text.lower()) if text else []


def _phrases(*tables: str) -> list[str]:
    return [" ".join(phrase.split()) for table in tables for phrase in table.split(",")]


_NEEDS_MARKS: Final = frozenset(_phrases(vocabulary.NEEDS_MARKS))
_EVERYDAY: Final = {word: place for place, word in enumerate(_phrases(vocabulary.EVERYDAY))}


class Book:
    """The words of all rules and their signs."""

    def __init__(self) -> None:
        self._sign_of: dict[str, str] = dict(_STRUCTURE)

    def signs(self, words: list[str]) -> str:
        return "".join(map(self._sign_of.get, words, repeat(UNKNOWN)))

    def any_of(self, *tables: str, backward: bool = False) -> str:
        """A pattern for any phrase of these comma lists, the longest first; `backward` for signs read from the end."""
        phrases = sorted({tuple(phrase.split()) for phrase in _phrases(*tables)}, key=len, reverse=True)
        ordered = [phrase[::-1] if backward else phrase for phrase in phrases]
        first = {sign for phrase in ordered for sign in self._signs(phrase[0], alone=len(phrase) == 1)}
        longer = ["".join(self._set(self._signs(word)) for word in phrase) for phrase in ordered if len(phrase) > 1]
        if not longer:
            return self._set(first)
        singles = {sign for phrase in ordered if len(phrase) == 1 for sign in self._signs(phrase[0], alone=True)}
        # The look ahead spares the rest wherever no phrase begins.
        return f"(?:(?={self._set(first)})(?:{'|'.join([*longer, self._set(singles)] if singles else longer)}))"

    def set_of(self, *tables: str) -> str:
        """The signs of the single words among them, to stand in a set."""
        words = [phrase for phrase in _phrases(*tables) if " " not in phrase]
        return "".join(sorted({sign for word in words for sign in self._signs(word, alone=True)}))

    @staticmethod
    def telling(*tables: str, everyday: bool = False) -> frozenset[str]:
        """The rarest word of each phrase: in a text without any of them no phrase is. Those of phrases that have
        everyday words only come with `everyday`, the others without."""
        found: set[str] = set()
        for phrase in _phrases(*tables):
            words = phrase.split()
            rarest = max(words, key=lambda word: _EVERYDAY.get(word, len(_EVERYDAY)))
            if everyday is (rarest in _EVERYDAY):
                found |= set(spellings(rarest, needs_marks=len(words) == 1 and rarest in _NEEDS_MARKS))
        return frozenset(found)

    def _signs(self, word: str, *, alone: bool = False) -> list[str]:
        return [self._sign(form) for form in spellings(word, needs_marks=alone and word in _NEEDS_MARKS)]

    def _sign(self, form: str) -> str:
        return self._sign_of.setdefault(form, chr(_FIRST_OF_WORDS + len(self._sign_of)))

    @staticmethod
    def _set(signs: Iterable[str]) -> str:
        signs = "".join(sorted(signs))
        return signs if len(signs) == 1 else f"[{signs}]"


def spellings(word: str, *, needs_marks: bool = False) -> Iterator[str]:
    yield word
    for pair in _TONES:
        one, other = pair.split()
        if one in word:
            yield word.replace(one, other)
    bare = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c)).replace("đ", "d")
    if bare != word and not needs_marks:
        yield bare
