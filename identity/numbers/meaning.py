"""The words around a candidate -> whose number it is, or that it is none. Pure.

The nearest word decides. Before the number one reads back to the end of the sentence or the number before it; after it
only what points back at it counts: "0912… là số chồng em", "0912… (chồng em)".
"""

from enum import StrEnum
from typing import Final

from identity.numbers import vocabulary as words
from identity.numbers.around import ENDS, Around, around
from identity.numbers.shown import Shown
from identity.numbers.written import Candidate


class Role(StrEnum):
    """Whose number it is, as far as the text says. RECIPIENT: to be called when the goods are delivered."""

    OWN = "own"
    RECIPIENT = "recipient"
    OTHER = "other"


_WORDS_MAX: Final = 10  # read back so far
_CODE_WORDS_MAX: Final = 5
_AFTER_WORDS_MAX: Final = 4
_UNKNOWN_MAX: Final = 2  # words of any kind between "mã …" and its number


def role_of(text: Shown, found: Candidate, floor: int, ceiling: int) -> Role | None:
    """None: it is no number of a person. `floor`, `ceiling`: end of the candidate before, start of the one after."""
    near = around(text, found, floor, ceiling)
    if found.doubtful and words.PHONE.isdisjoint(near.before[:_CODE_WORDS_MAX]):
        return None
    after = _after(near) if near.after else None
    if words.TELLING.isdisjoint(near.before) and not near.after:
        return Role.OWN
    if "@" not in found.value and (_is_code(near) or _is_code_afterwards(near.after)):
        return None
    before = Role.OWN if words.TELLS_PERSON.isdisjoint(near.before) else _before(near)
    return Role.RECIPIENT if before is Role.RECIPIENT and after is Role.OTHER else after or before


# --- something else than a telephone number --------------------------------------------------------------------------


def _is_code(near: Around) -> bool:
    """As in "mã đơn 0912…", "stk của em: 0912…"; not "mã đơn 88123 sđt 0912…"."""
    if words.TELLS_CODE.isdisjoint(near.before[:_CODE_WORDS_MAX]):
        return False
    unknown = 0
    for place, word in enumerate(near.before[:_CODE_WORDS_MAX]):
        if word in words.ENDS_OF_CODES:
            phrases = near.phrases(place)
            is_code = not words.CODE_FAR.isdisjoint(phrases) or (unknown == 0 and _is_near_code(phrases))
            if is_code and near.is_spelled(word, phrases, words.CODE_SPELLINGS):
                return True
            if not words.PHONE.isdisjoint(phrases):
                return False
        if word not in words.FILLERS and (place or word != "."):  # "order no. 0912…"
            unknown += 1
            if unknown > _UNKNOWN_MAX or _ends_clause(word):
                return False
    return False


def _is_near_code(phrases: tuple[str, str, str]) -> bool:
    return not (words.CODE_NEAR.isdisjoint(phrases) and words.BANKS.isdisjoint(phrases))


def _is_code_afterwards(after: list[str]) -> bool:
    """As in "0912… mb bank", "0912… vnd", "0912… là mã đơn"."""
    if not after:
        return False
    if after[0] in words.BANKS or after[0] in words.MONEY:
        return True
    return after[0] == "la" and after[1:2] in (["ma"], ["stk"])


# --- whose, by the words before --------------------------------------------------------------------------------------


def _before(near: Around) -> Role:
    if _is_somebodys_call(near):
        return Role.OTHER
    crossed = False
    for place, word in enumerate(near.before[:_WORDS_MAX]):
        if word == "\n":
            return _of_form(near.before[place + 1 :])
        if word in ENDS or word[0].isdigit():
            return Role.OWN
        crossed = crossed or word == ","
        if word not in words.ENDS_OF_PEOPLE:
            continue
        phrases = near.phrases(place)
        if not words.RECIPIENT.isdisjoint(phrases) and not _is_self(near, place + 2):
            return Role.RECIPIENT
        if not words.SELF_PAIRS.isdisjoint(phrases[1:]):
            return Role.OWN
        if _is_somebody(near, place, phrases):
            return _somebodys(near.before, place, crossed=crossed)
        if _is_self(near, place):
            return Role.OWN
    return Role.OWN


def _somebodys(before: list[str], place: int, *, crossed: bool) -> Role:
    """So in "giao cho chồng em 0912…", "gọi chồng em 0912…"; behind a comma ("mẹ em thích, 0912…") only with a verb."""
    if not words.DELIVERY.isdisjoint(before[:place] + before[place + 2 :]):
        return Role.RECIPIENT
    return Role.OWN if crossed and words.PHONE.isdisjoint(before[place:]) else Role.OTHER


def _is_somebodys_call(near: Around) -> bool:
    """As in "có số 0912… gọi em", "gọi em bằng số 0912…", "bị số 0912… lừa"."""
    pair = near.before[:2]
    if pair == ["so", "co"]:
        return near.after[:1] == ["goi"]
    return pair == ["so", "bi"] or (pair == ["so", "bang"] and "goi" in near.before[2:4])


def _of_form(before: list[str]) -> Role:
    """The line before may be the head of a form: "Người nhận: Hoa", and then, on this one, "sđt: …"."""
    line = before[: before.index("\n")] if "\n" in before else before
    return Role.RECIPIENT if " ".join(reversed(line)).startswith(words.FORM_OF_RECIPIENT) else Role.OWN


def _is_self(near: Around, place: int) -> bool:
    if place >= len(near.before) or near.before[place] not in words.SELF:
        return False
    if near.before[place + 1 : place + 2] == ["giup"]:  # "lưu số mẹ giúp em": a favour, not whose it is
        return False
    word, following = near.before[place], near.before[place - 1] if place else "so"
    if word in words.TITLES and following not in words.FILLERS and following not in words.PHONE and following.isalpha():
        return False  # "chị Thu"
    return near.is_spelled(word, (word,), words.PEOPLE_SPELLINGS)


def _is_somebody(near: Around, place: int, phrases: tuple[str, str, str]) -> bool:
    if not words.OTHERS.isdisjoint(phrases):
        return near.is_spelled(phrases[0], phrases, words.PEOPLE_SPELLINGS)
    return phrases[0] in words.SELF and _is_of_writer(near, place + 1)


def _is_of_writer(near: Around, owned: int) -> bool:
    """As in "chồng em", "chồng của em", "lễ tân công ty em": `owned` is the place of what stands before the writer."""
    while owned < len(near.before):
        phrases = near.phrases(owned)
        if not words.SELF_PAIRS.isdisjoint(phrases[1:]):
            return False
        if phrases[0] in words.OTHERS_WITH_SELF or not words.OTHERS.isdisjoint(phrases):
            return near.is_spelled(phrases[0], phrases, words.PEOPLE_SPELLINGS)
        if words.AWAY.isdisjoint(phrases[:2]):
            return False
        owned += 1 if phrases[0] in words.AWAY else 2
    return False


# --- whose, by the words after ---------------------------------------------------------------------------------------


def _after(near: Around) -> Role | None:
    """None: they do not say."""
    if words.TELLS_PERSON.isdisjoint(near.after) and words.SELF.isdisjoint(near.after):
        return None
    pointed = False
    for place, word in enumerate(near.after[:_AFTER_WORDS_MAX]):
        pair = " ".join(near.after[place : place + 2])
        if word not in words.AFTER_FILLERS or pair in words.OTHERS:
            return _said(near, place, word, pair, pointed=pointed)
        pointed = pointed or word in words.POINTING
    return None


def _said(near: Around, place: int, word: str, pair: str, *, pointed: bool) -> Role | None:
    by_self = near.after[place + 1 : place + 2] != [] and near.after[place + 1] in words.SELF
    if pair in words.OTHERS:
        return Role.OTHER if pointed or len(near.after) > place + 2 else None
    if (word in words.OTHERS and (pointed or by_self)) or (word in words.OTHERS_WITH_SELF and by_self):
        return Role.OTHER if near.is_spelled(word, (word,), words.PEOPLE_SPELLINGS) else None
    if not pointed:
        return None
    if pair in words.RECIPIENT:
        return Role.RECIPIENT
    return Role.OWN if word in words.SELF else None


def _ends_clause(word: str) -> bool:
    return word in ENDS or word in ",(" or word[0].isdigit()
