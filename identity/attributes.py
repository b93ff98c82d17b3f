"""Values of customers' attributes: what fits which definition, as JSON has it and as people write it. Pure."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Final

from hub.errors import BadInput
from hub.folding import fold
from storage.attributes import Definition, Kind
from storage.records import Value

TEXT_MAX_CHARS: Final = 500
NUMBER_MAX: Final = 1e15  # above it a float no longer tells neighbours apart
YEAR_MIN: Final = 1900
YEAR_MAX: Final = 2100

_ISO: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?")
_WRITTEN: Final = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})")
_SERIAL: Final = re.compile(r"(\d{5})(?:\.0+)?")  # days since 1899-12-30, as spreadsheets count
_SERIAL_ZERO: Final = date(1899, 12, 30)
_GROUPED_VI: Final = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+(?:,\d+)?")
_GROUPED_EN: Final = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")


class Unfit(BadInput):
    """`code` says why: attribute_text, attribute_number, attribute_date, attribute_choice."""


def checked(definitions: Mapping[str, Definition], key: str, value: object) -> Value | None:
    """`value` as it is to be stored; None takes it away. Raises BadInput; `where` is the key."""
    definition = definitions.get(key)
    if definition is None:
        raise BadInput("attribute_unknown", f"There is no attribute {key!r}.", where=key)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _unfit(definition)
    return read(definition, value)


def read(definition: Definition, value: Value) -> Value:
    """As a person or a spreadsheet wrote it. Raises Unfit."""
    text = " ".join(str(value).split())
    found = _READ[definition.kind](definition, text)
    if found is None:
        raise _unfit(definition)
    return found


def _text(_: Definition, text: str) -> Value | None:
    return text if len(text) <= TEXT_MAX_CHARS else None


def _number(_: Definition, text: str) -> Value | None:
    """1.250.000 and 1.250.000,5 as Vietnam writes them, 1,250,000.5 as English does, and plain ones. A lone separator
    before three digits could be either: 1.250 is read as Vietnam means it, 1,250 as English does."""
    plain = text.replace(" ", "")
    if _GROUPED_VI.fullmatch(plain):
        plain = plain.replace(".", "").replace(",", ".")
    elif _GROUPED_EN.fullmatch(plain):
        plain = plain.replace(",", "")
    elif re.fullmatch(r"[+-]?\d+,\d+", plain):
        plain = plain.replace(",", ".")
    if not re.fullmatch(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,2})?", plain):
        return None
    number = float(plain)
    if not math.isfinite(number) or abs(number) > NUMBER_MAX:
        return None
    return int(number) if number.is_integer() else number


def _date(_: Definition, text: str) -> Value | None:
    """ISO 8601. Day first as Vietnam writes it; month first is never guessed."""
    if iso := _ISO.fullmatch(text):
        return _day(int(iso[1]), int(iso[2]), int(iso[3]))
    if written := _WRITTEN.fullmatch(text):
        return _day(int(written[3]), int(written[2]), int(written[1]))
    if serial := _SERIAL.fullmatch(text):
        day = _SERIAL_ZERO + timedelta(days=int(serial[1]))
        return _day(day.year, day.month, day.day)
    return None


def _day(year: int, month: int, day: int) -> str | None:
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found.isoformat() if YEAR_MIN <= year <= YEAR_MAX else None


def _choice(definition: Definition, text: str) -> Value | None:
    """Without regard to case and marks."""
    wanted = fold(text)
    return next((choice for choice in definition.choices if fold(choice) == wanted), None)


def _unfit(definition: Definition) -> Unfit:
    return Unfit(f"attribute_{definition.kind}", _WANTED[definition.kind](definition), where=definition.key)


_READ: Final[Mapping[Kind, Callable[[Definition, str], Value | None]]] = {
    "text": _text,
    "number": _number,
    "date": _date,
    "choice": _choice,
}
_WANTED: Final[Mapping[Kind, Callable[[Definition], str]]] = {
    "text": lambda _: f"A text of at most {TEXT_MAX_CHARS} characters.",
    "number": lambda _: "A number.",
    "date": lambda _: f"A day between {YEAR_MIN} and {YEAR_MAX}, as 2026-11-17 or 17/11/2026.",
    "choice": lambda definition: f"One of: {', '.join(definition.choices)}.",
}
