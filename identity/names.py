"""Whether two shown names can be one person's. Pure.

Vietnamese names are many given names over few family names, written in either order, with or without marks, often with
a form of address. So only what is left without these counts, and one common word is enough to doubt that they differ.
"""

from typing import Final

from rapidfuzz import fuzz

from hub.folding import fold

# fmt: off
_FAMILY_AND_MIDDLE: Final = frozenset({
    "nguyen", "tran", "le", "pham", "hoang", "huynh", "phan", "vu", "vo", "dang", "bui", "do", "ho", "ngo", "duong",
    "ly", "van", "thi", "huu", "duc", "dinh", "the",
})
_ADDRESS: Final = frozenset({
    "anh", "chi", "co", "chu", "bac", "em", "ba", "ong", "cau", "di", "mr", "mrs", "ms", "miss", "shop", "me", "bo",
})
# fmt: on
_NOBODY: Final = frozenset(
    {"khach", "khach hang", "khach le", "guest", "visitor", "facebook user", "nguoi dung facebook", "zalo user", "user"}
)
_ALIKE: Final = 80.0  # of 100; below it two given names are two names


def very_different(one: str, other: str) -> bool:
    """False whenever there is doubt: names that say nothing differ from nobody."""
    a, b = _telling(one), _telling(other)
    if not a or not b:
        return False
    if any(fuzz.ratio(x, y) >= _ALIKE for x in a for y in b):
        return False
    joined_a, joined_b = "".join(a), "".join(b)
    return fuzz.partial_ratio(joined_a, joined_b) < _ALIKE


def similarity(one: str, other: str) -> int | None:
    """0 to 100: how much alike two shown names are, whatever the order of their words, diacritics aside. None when one
    of them says nothing."""
    if not _telling(one) or not _telling(other):
        return None
    return round(fuzz.token_sort_ratio(" ".join(_words(one)), " ".join(_words(other))))


def _telling(name: str) -> list[str]:
    folded = fold(name)
    if folded in _NOBODY or any(char.isdigit() for char in folded):
        return []
    words = _words(name)
    return [word for word in words if word not in _FAMILY_AND_MIDDLE] or words


def _words(name: str) -> list[str]:
    """Folded, without forms of address."""
    words = ["".join(char for char in word if char.isalpha()) for word in fold(name).split()]
    return [word for word in words if len(word) > 1 and word not in _ADDRESS]
