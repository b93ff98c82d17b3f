"""Text as people search for it: "nguyen thi hoa" finds "Nguyễn Thị Hoà", "duc" finds "Đức". Pure."""

import unicodedata
from typing import Final

# These letters are no letter plus mark in Unicode, so taking marks away does not change them.
_LETTERS: Final = str.maketrans({"đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L"})


def fold(text: str) -> str:
    """Without case, marks, width variants and repeated blanks. Idempotent; "" stays ""."""
    wide = unicodedata.normalize("NFKD", text.translate(_LETTERS)).casefold()
    bare = "".join(char for char in unicodedata.normalize("NFKD", wide) if not unicodedata.combining(char))
    return " ".join(bare.translate(_LETTERS).split())
