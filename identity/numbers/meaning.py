"""The words around a candidate -> whose number it is, or that it is none. Pure.

The nearest word decides. Before the number one reads back to the end of the sentence or the number before it; after it
only what points back at it counts: "0912… là số chồng em", "0912… (chồng em)".
"""

import re
import unicodedata
from enum import StrEnum
from typing import Final

from identity.numbers import vocabulary as words
from identity.numbers.shown import Shown
from identity.numbers.written import Candidate


class Role(StrEnum):
    """Whose number it is, as far as the text says. RECIPIENT: to be called when the goods are delivered."""

    OWN = "own"
    RECIPIENT = "recipient"
    OTHER = "other"


_BEFORE_CHARS: Final = 80
_AFTER_CHARS: Final = 40
_WORDS_MAX: Final = 10  # read back so far
_CODE_WORDS_MAX: Final = 5
_AFTER_WORDS_MAX: Final = 4
_UNKNOWN_MAX: Final = 2  # words of any kind between "mã …" and its number
_TOKEN: Final = re.compile(r"[a-z]+|\d\w*|[,.!?;\n()]")
_WORD: Final = re.compile(r"\w+")
_ENDS: Final = frozenset(".!?;\n)")
# Without one of these words around, nothing here can say anything but "the writer's own".
_TELLING: Final = frozenset(
    word.split()[-1]
    for table in (words.CODE_NEAR, words.CODE_FAR, words.BANKS, words.OTHERS, words.OTHERS_WITH_SELF, words.RECIPIENT_PAIRS, words.MONEY)
    for word in table
) | {"bang", "bi", "co", "nhan", "ay"}


def role_of(text: Shown, found: Candidate, floor: int, ceiling: int) -> Role | None:
    """None: it is no number of a person. `floor`, `ceiling`: end of the candidate before, start of the one after."""
    plain = text.plain
    window = max(floor, found.start - _BEFORE_CHARS)
    before = _TOKEN.findall(plain, window, found.start)
    before.reverse()
    after = _TOKEN.findall(plain, found.end, min(ceiling, found.end + _AFTER_CHARS))
    if _TELLING.isdisjoint(before) and _TELLING.isdisjoint(after):
        return None if found.doubtful and words.PHONE.isdisjoint(before) else Role.OWN
    return _Context(text, window, before, _told_after(after, ceiling - found.end < _AFTER_CHARS and ceiling < len(plain))).role(found)


def _told_after(after: list[str], another_follows: bool) -> list[str]:
    """Up to the end of the clause; nothing when the words lead to another number, which they are about."""
    told: list[str] = []
    for token in after:
        if token in _ENDS or token == "," or token[0].isdigit():
            return told
        told.append(token)
    return [] if another_follows else told


class _Context:
    """`before` nearest first, `after` as written."""

    def __init__(self, text: Shown, window: int, before: list[str], after: list[str]) -> None:
        self._text = text
        self._window = window
        self._before = before
        self._after = after

    def role(self, found: Candidate) -> Role | None:
        if found.doubtful and words.PHONE.isdisjoint(self._before[:_CODE_WORDS_MAX]):
            return None
        if self._is_code(found) or self._is_code_afterwards(found):
            return None
        before, after = self._role_before(found), self._role_after(found)
        return Role.RECIPIENT if before is Role.RECIPIENT and after is Role.OTHER else after or before

    # --- something else than a telephone number ----------------------------------------------------------------------

    def _is_code(self, found: Candidate) -> bool:
        unknown = 0
        for place, word in enumerate(self._before[:_CODE_WORDS_MAX]):
            phrases = self._phrases(place)
            if any(p in words.CODE_FAR for p in phrases) and self._is_meant(word, phrases, found):
                return True
            if unknown == 0 and any(p in words.CODE_NEAR or p in words.BANKS for p in phrases):
                if self._is_meant(word, phrases, found):
                    return True
            if not words.PHONE.isdisjoint(phrases) or word in _ENDS or word in ",(" or word[0].isdigit():
                return False
            unknown += word not in words.FILLERS
            if unknown > _UNKNOWN_MAX:
                return False
        return False

    def _is_code_afterwards(self, found: Candidate) -> bool:
        after = self._after[:3]
        if not after:
            return False
        if after[0] in words.BANKS or " ".join(after[:2]) in words.BANKS:
            return True
        if after[0] in words.MONEY and after[0] not in {"cai", "kg", "gr", "gram", "ml"}:
            return True
        return after[:2] in (["la", "ma"], ["la", "stk"]) or " ".join(after) in ("la so tai", "la don hang", "la so don")

    # --- whose -------------------------------------------------------------------------------------------------------

    def _role_before(self, found: Candidate) -> Role:
        crossed = False
        for place, word in enumerate(self._before[:_WORDS_MAX]):
            if word == "\n":
                return self._role_of_form(place)
            if word in _ENDS or word[0].isdigit():
                break
            crossed = crossed or word == ","
            phrases = self._phrases(place)
            if any(p in words.SELF_PAIRS for p in phrases[1:]):
                return Role.OWN
            if any(p in words.RECIPIENT_PAIRS for p in phrases) and not self._is_self(place + 2):
                return Role.RECIPIENT
            somebody = any(p in words.OTHERS for p in phrases) and self._is_meant(word, phrases, found)
            somebody = somebody or self._is_of_writer(place, found)
            if somebody:
                delivered = not words.DELIVERY.isdisjoint(self._before)
                if crossed and not delivered and words.PHONE.isdisjoint(self._before[place:]):
                    return Role.OWN
                return Role.RECIPIENT if delivered else Role.OTHER
            if self._is_self(place):
                return Role.OWN
        return Role.OTHER if self._is_somebodys_call() else Role.OWN

    def _role_after(self, found: Candidate) -> Role | None:
        pointed = False
        for place, word in enumerate(self._after[:_AFTER_WORDS_MAX]):
            pair = " ".join(self._after[place : place + 2])
            next_ = self._after[place + 1] if place + 1 < len(self._after) else ""
            by_self = next_ in words.SELF
            if pair in words.SELF_PAIRS:
                return Role.OWN if pointed else None
            if pair in words.OTHERS:
                return Role.OTHER if pointed or len(self._after) > place + 2 else None
            known = word in words.OTHERS or (word in words.OTHERS_WITH_SELF and by_self)
            if known and (pointed or by_self) and self._is_spelled(word, found):
                return Role.OTHER
            if word in words.SELF:
                return Role.OWN if pointed else None
            if pair in words.RECIPIENT_PAIRS:
                return Role.RECIPIENT if pointed else None
            if word not in words.AFTER_FILLERS:
                return None
            pointed = pointed or word in words.POINTING
        return None

    def _role_of_form(self, place: int) -> Role:
        """The line before may be the head of a form: "Người nhận: Hoa", and then, on this one, "sđt: …"."""
        end = place + 1
        while end < len(self._before) and self._before[end] != "\n":
            end += 1
        line = " ".join(reversed(self._before[place + 1 : end]))
        return Role.RECIPIENT if line.startswith(("nguoi nhan", "ng nhan", "ten nguoi nhan")) else Role.OWN

    def _is_somebodys_call(self) -> bool:
        """"có số 0912… gọi em", "bị số 0912… lừa"."""
        pair = self._before[:2]
        return pair == ["so", "bi"] or (pair == ["so", "co"] and self._after[:1] == ["goi"])

    # --- words -------------------------------------------------------------------------------------------------------

    def _phrases(self, place: int) -> tuple[str, str, str]:
        """The word at `place`, and with the one and the two that stand before it in the text."""
        one, *rest = self._before[place : place + 3]
        two = f"{rest[0]} {one}" if rest else one
        return one, two, f"{rest[1]} {two}" if len(rest) > 1 else two

    def _is_self(self, place: int) -> bool:
        if place >= len(self._before) or self._before[place] not in words.SELF:
            return False
        next_ = self._before[place - 1] if place else ""
        is_name = next_ and next_ not in words.FILLERS and next_ not in words.PHONE and next_ not in _ENDS and next_ not in ",("
        return not (self._before[place] in words.TITLES and is_name)

    def _is_of_writer(self, place: int, found: Candidate) -> bool:
        """"chồng em", "chồng của em", "bạn mình": `place` is the writer, somebody of theirs stands before."""
        if self._before[place] not in words.SELF:
            return False
        owner = place + 1
        if self._before[owner : owner + 1] == ["cua"]:
            owner += 1
        if owner >= len(self._before):
            return False
        phrases = self._phrases(owner)
        known = any(p in words.OTHERS or p in words.OTHERS_WITH_SELF for p in phrases)
        pairs = any(p in words.SELF_PAIRS for p in phrases[1:])
        return known and not pairs and self._is_spelled(phrases[0], found)

    def _is_meant(self, word: str, phrases: tuple[str, str, str], found: Candidate) -> bool:
        """A lone word that is several words without its marks must be the right one of them."""
        longer = any(p != word and (p in words.OTHERS or p in words.CODE_FAR or p in words.CODE_NEAR) for p in phrases[1:])
        return longer or self._is_spelled(word, found)

    def _is_spelled(self, word: str, found: Candidate) -> bool:
        meant = words.CONFUSED.get(word)
        if meant is None:
            return True
        first, last = self._text.span(self._window, min(len(self._text.plain), found.end + _AFTER_CHARS))
        near = set(_WORD.findall(unicodedata.normalize("NFC", self._text.original[first:last]).lower()))
        return not near.isdisjoint(meant) or (word in near and word not in words.NEEDS_MARKS)
