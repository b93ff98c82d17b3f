"""Words as signs, one character each, so that rules about words are regular expressions over short strings. Pure.

    book = Book()
    rule = re.compile(book.any_of("chồng em, vợ em"))
    rule.search(book.signs(letters.encoded("gọi chồng em")))

A word that no rule names is UNKNOWN. A word counts as spelled in the rule, with its tone on either vowel ("hoá",
"hóa"), and without any marks, unless NEEDS_MARKS has it and it stands alone.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from itertools import repeat
from typing import Final

from identity.numbers import letters, vocabulary

UNKNOWN: Final = "w"
END: Final = "e"  # of a sentence, or of an aside
LINE: Final = "n"
COMMA: Final = "c"
OPEN: Final = "o"
DIGIT: Final = "d"
_STRUCTURE: Final = {".": END, "|": LINE, ",": COMMA, "(": OPEN, "0": DIGIT}
_WRITTEN_AS: Final = {**dict.fromkeys(".!?;)", "."), "\n": "|", ",": ",", "(": "(", **dict.fromkeys("0123456789", "0")}
_APART: Final = [(sign.encode(), f" {sign} ".encode()) for sign in _STRUCTURE]
_FIRST_OF_WORDS: Final = 0x100  # of the characters that stand for words
_CLAUSES: Final = letters.table(_WRITTEN_AS, otherwise=" ")
_UNKNOWN: Final = repeat(UNKNOWN)
_TONES: Final = ["oà òa", "oá óa", "oả ỏa", "oã õa", "oạ ọa", "oè òe", "oé óe", "uỳ ùy", "uý úy", "uỷ ủy", "uỵ ụy"]


def _phrases(*tables: str) -> list[str]:
    return [" ".join(phrase.split()) for table in tables for phrase in table.split(",")]


_NEEDS_MARKS: Final = frozenset(_phrases(vocabulary.NEEDS_MARKS))
_EVERYDAY: Final = {word: place for place, word in enumerate(_phrases(vocabulary.EVERYDAY))}


class Book:
    """The words of all rules and their signs."""

    def __init__(self) -> None:
        self._sign_of: dict[bytes, str] = {letters.encoded(char): sign for char, sign in _STRUCTURE.items()}

    def signs(self, text: bytes) -> str:
        """Of a stretch of `Shown.letters`: of its words, its digits, and what ends a clause."""
        text = text.translate(_CLAUSES)
        for char, apart in _APART:
            text = text.replace(char, apart)
        return "".join(map(self._sign_of.get, text.split(), _UNKNOWN))

    def any_of(self, *tables: str, backward: bool = False) -> str:
        """A pattern for any phrase of these comma lists, the longest first; `backward` for signs read from the end."""
        after: dict[str, list[str]] = {}  # a first sign -> patterns of what may follow it
        for phrase in sorted({tuple(phrase.split()) for phrase in _phrases(*tables)}, key=len, reverse=True):
            first, *others = phrase[::-1] if backward else phrase
            rest = "".join(_set(self._signs(word)) for word in others)
            for sign in self._signs(first, alone=not others):
                after.setdefault(sign, []).append(rest)
        alone = {sign for sign, rests in after.items() if rests == [""]}
        # A row of alternatives that begin with one sign each is run through quickly.
        longer = [sign + _either(rests) for sign, rests in after.items() if sign not in alone]
        guard = f"(?={_set(after)})" if longer else ""
        return f"(?:{guard}{_either([_set(alone)] * bool(alone) + longer)})"

    def set_of(self, *tables: str) -> str:
        """The signs of the single words among them, to stand in a set."""
        words = [phrase for phrase in _phrases(*tables) if " " not in phrase]
        return "".join(sorted({sign for word in words for sign in self._signs(word, alone=True)}))

    @staticmethod
    def telling(*tables: str, everyday: bool = False) -> frozenset[bytes]:
        """The rarest word of each phrase: in a text without any of them no phrase is. Those of phrases that have
        everyday words only come with `everyday`, the others without."""
        found: set[str] = set()
        for phrase in _phrases(*tables):
            words = phrase.split()
            rarest = max(words, key=lambda word: _EVERYDAY.get(word, len(_EVERYDAY)))
            if everyday is (rarest in _EVERYDAY):
                found |= set(spellings(rarest, needs_marks=len(words) == 1 and rarest in _NEEDS_MARKS))
        return frozenset(map(letters.encoded, found))

    def _signs(self, word: str, *, alone: bool = False) -> list[str]:
        return [self._sign(form) for form in spellings(word, needs_marks=alone and word in _NEEDS_MARKS)]

    def _sign(self, form: str) -> str:
        return self._sign_of.setdefault(letters.encoded(form), chr(_FIRST_OF_WORDS + len(self._sign_of)))


def _set(signs: Iterable[str]) -> str:
    signs = "".join(sorted(signs))
    return signs if len(signs) == 1 else f"[{signs}]"


def _either(patterns: Iterable[str]) -> str:
    patterns = list(patterns)
    return patterns[0] if len(patterns) == 1 else f"(?:{'|'.join(patterns)})"


def spellings(word: str, *, needs_marks: bool = False) -> Iterator[str]:
    yield word
    for pair in _TONES:
        one, other = pair.split()
        if one in word:
            yield word.replace(one, other)
    bare = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c)).replace("đ", "d")
    if bare != word and not needs_marks:
        yield bare
