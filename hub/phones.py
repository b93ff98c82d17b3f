"""Phone numbers as people and PBXs write them -> E.164. Pure; nothing here raises, whatever it is given.

Vietnam needs a pass of its own before `phonenumbers`: trunk zeros after the country code, a letter O for a zero,
full-width digits, numbers without their leading zero, and customer files that are older than the moves of 2015-2018
(hub.numbering). Service numbers (1800..., 1900...) have no country form and belong to nobody: None.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from hub.numbering import LAND_LINE, MOBILE, is_old_land_line, todays

WRITTEN_MAX_CHARS: Final = 64  # '"Nguyen Thi Hoa" <sip:+84912345678@10.0.0.1>' fits; anything longer is no number
CACHED_NUMBERS: Final = 4096  # one customer's number passes here with each of their messages

_WITHHELD: Final = frozenset(
    {"", "0", "-", "anonymous", "blocked", "hidden", "none", "null", "private", "restricted", "unavailable", "unknown",
     "withheld"}
)  # fmt: skip

# Letters that people type for digits: Latin, Greek and Cyrillic O; small L, capital I, the bar.
_LOOKALIKES: Final = str.maketrans({**dict.fromkeys("oOοΟоО", "0"), **dict.fromkeys("lI|", "1")})
_LOOKALIKES_NEED_DIGITS: Final = 7  # "OIl" is a word; "O9l2345678" is a number
_SEPARATORS: Final = re.compile(r"[\s.()\-‐-―−·_]+")
_ADDRESS: Final = re.compile(r"(?:sips?|tel):", re.IGNORECASE)
# What a reader sees in another order than the digits stand in: right-to-left mark, embedding, override, isolate.
_REORDERING: Final = frozenset("\u200f\u202b\u202e\u2067")
_VN_COUNTRY_CODE: Final = 84


def normalize_phone(raw: str, region: str = "VN") -> str | None:
    """E.164 ("+84912345678"), or None for whatever is no subscriber's number: words, short codes, service numbers,
    numbers with an extension (a switchboard is not a person), text whose digits are shown in another order.

    `region` is where a number without a country code is dialled; the Vietnamese pass runs for "VN" only. Idempotent.
    """
    if len(raw) > WRITTEN_MAX_CHARS:
        return None
    return _normalize(raw, region)


def is_personal(e164: str) -> bool:
    """Whether one household or person can be behind `e164`: mobile or fixed, not toll free, premium, shared, VoIP.

    Only such a number may join customers. False for anything that is no valid E.164 number."""
    if e164.startswith("+84") and (MOBILE.fullmatch(e164[3:]) or LAND_LINE.fullmatch(e164[3:])):
        return True
    return len(e164) <= WRITTEN_MAX_CHARS and _is_personal(e164)


def is_withheld(raw: str | None) -> bool:
    """Whether a caller's number is one of the words PBXs write for "not shown", or empty."""
    return raw is None or _bare(raw[:WRITTEN_MAX_CHARS]).casefold() in _WITHHELD


def from_national(national: str) -> str | None:
    """E.164 of a number without country code and trunk zero, also one of before the moves; None: nobody's."""
    may_be_mobile = len(national) == 9 and national[0] in "35789"
    return in_use(national) or (_validated(f"+84{national}", None) if may_be_mobile else None)


def in_use(national: str) -> str | None:
    """As `from_national`, of ranges that are given out: not 030, 031 and 051, where tax codes begin. Asks nobody."""
    if MOBILE.fullmatch(national) or LAND_LINE.fullmatch(national):
        return f"+84{national}"
    moved = todays(national)
    return f"+84{moved}" if moved != national and (MOBILE.fullmatch(moved) or LAND_LINE.fullmatch(moved)) else None


@lru_cache(CACHED_NUMBERS)
def _normalize(raw: str, region: str) -> str | None:
    digits = _digits(_bare(raw))
    if digits is None:
        return None
    international, digits = _split_prefix(digits)
    if international and not digits.startswith("84"):
        return _validated(f"+{digits}", None)
    if region == "VN" or international:
        return from_national(_vietnamese_national(digits, international))
    return _validated(digits, region)


def _bare(raw: str) -> str:
    """The number out of `"Name" <sip:number@host;user=phone>` and out of the brackets of `<unknown>`."""
    text = unicodedata.normalize("NFKC", raw).strip()
    if text.endswith(">"):
        text = text[text.rfind("<") + 1 : -1].strip()
    scheme = _ADDRESS.match(text)
    if scheme:
        text = re.split("[@;?]", text[scheme.end() :], maxsplit=1)[0]
    return text


def _digits(text: str) -> str | None:
    """ASCII digits with at most one leading "+"; None when anything else is left."""
    if _REORDERING.intersection(text):
        return None
    shown = "".join(_ascii_digit(c) for c in text if unicodedata.category(c) != "Cf")
    if sum(c.isascii() and c.isdigit() for c in shown) >= _LOOKALIKES_NEED_DIGITS:
        shown = shown.translate(_LOOKALIKES)
    compact = _SEPARATORS.sub("", shown)
    return compact if re.fullmatch(r"\+?[0-9]{7,17}", compact) else None


def _ascii_digit(char: str) -> str:
    value = unicodedata.decimal(char, None)
    return char if value is None else str(value)


def _split_prefix(digits: str) -> tuple[bool, str]:
    """Whether the country code is there, and the rest. "+0912..." is a national number that a PBX decorated."""
    international = digits.startswith("+")
    digits = digits.removeprefix("+")
    if digits.startswith("00"):
        return True, digits[2:]
    return international and not digits.startswith("0"), digits


def _vietnamese_national(digits: str, international: bool) -> str:
    """The number without country code and trunk zero; "" when it has no form that is dialled in Vietnam."""
    if international or (digits.startswith("84") and len(digits) in (11, 12, 13)):
        return digits[2:].removeprefix("0")
    if digits.startswith("0"):
        return digits[1:]
    eaten = len(digits) == 9 and not is_old_land_line(digits)  # the leading zero that spreadsheets eat
    return digits if eaten else ""


def _validated(number: str, region: str | None) -> str | None:
    import phonenumbers  # 90 ms, and most numbers never need it

    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed) or parsed.extension:
        return None
    e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    if parsed.country_code == _VN_COUNTRY_CODE and not is_personal(e164):
        return None
    return e164


@lru_cache(CACHED_NUMBERS)
def _is_personal(e164: str) -> bool:
    import phonenumbers

    kinds = phonenumbers.PhoneNumberType
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", e164):
        return False
    try:
        parsed = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.number_type(parsed) in (kinds.MOBILE, kinds.FIXED_LINE, kinds.FIXED_LINE_OR_MOBILE)
