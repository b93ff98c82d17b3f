"""A row of a file -> what it says of one customer, or everything that is wrong with it. Pure.

What spreadsheets do to numbers is undone where it can be: a lost leading zero, "912345678.0", a scientific number whose
digits are all there. Where digits are lost the row is rejected: a wrong number would join the wrong people.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from agent_console.imports.headings import ATTRIBUTE
from hub.errors import BadInput
from hub.events.common import NAME_MAX_CHARS
from identity.attributes import Unfit, read
from identity.editing import CONTACTS_MAX, NOTE_MAX_CHARS, clean_tags
from identity.normalize import email_key, is_role_mailbox, phone_key
from identity.records import ID_PREFIX, Said
from storage.attributes import Definition
from storage.records import Value

VALUE_SHOWN_CHARS: Final = 200
ID_MAX_CHARS: Final = 180

_SCIENTIFIC: Final = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d{1,2}")
_BETWEEN: Final = re.compile(r"[;,/|\n]+|\s+-\s+|\s+(?:hoặc|hoac|or|và|va)\s+", re.IGNORECASE)
_TAGS_BETWEEN: Final = re.compile(r"[;,|\n]+")
_UNPRINTABLE: Final = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class RowFault:
    """`column` counts from 0; None: the row as a whole."""

    column: int | None
    value: str
    code: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """What each column is, and what is written down of customers."""

    mapping: tuple[str | None, ...]
    definitions: Mapping[str, Definition]


class _Wrong(Exception):
    """One cell cannot be taken."""

    def __init__(self, code: str, value: str, /, **params: Any) -> None:
        super().__init__(code)
        self.code, self.value, self.params = code, value, params


def said_of(cells: Sequence[str], plan: Plan) -> Said | list[RowFault] | None:
    """None: nothing stands in the row."""
    given = [(i, f, cells[i]) for i, f in enumerate(plan.mapping) if f is not None and i < len(cells) and cells[i]]
    if not given:
        return None
    found: dict[str, list[Any]] = {}
    faults: list[RowFault] = []
    for column, name, text in given:
        try:
            taken = _taken(name, text, plan)
            found.setdefault(name, []).extend(taken)
        except _Wrong as wrong:
            faults.append(RowFault(column, wrong.value[:VALUE_SHOWN_CHARS], wrong.code, wrong.params))
    said = _said(found)
    if not faults and isinstance(said, RowFault):
        faults.append(said)
    return faults or (said if isinstance(said, Said) else [said])


def _taken(name: str, text: str, plan: Plan) -> list[Any]:
    if _UNPRINTABLE.search(text):
        raise _Wrong("text_unreadable", _UNPRINTABLE.sub("?", text))
    if name.startswith(ATTRIBUTE):
        return [_attribute(plan.definitions[name.removeprefix(ATTRIBUTE)], text)]
    return _READ[name](text)


def _said(found: Mapping[str, list[Any]]) -> Said | RowFault:
    phones = tuple(dict.fromkeys(found.get("phone", ())))
    emails = tuple(dict.fromkeys(found.get("email", ())))
    if len(phones) + len(emails) > CONTACTS_MAX:
        return RowFault(None, "", "contacts_many")
    key = _key(found, phones, emails)
    if key is None:
        return RowFault(None, "", "no_key")
    parts = [*found.get("family_name", ()), *found.get("given_name", ())]
    name = " ".join(found.get("name", ()) or parts)
    try:
        tags = clean_tags(tuple(found.get("tags", ())))
    except BadInput:
        return RowFault(None, "", "tags_many")
    if len(name) > NAME_MAX_CHARS:
        return RowFault(None, name[:VALUE_SHOWN_CHARS], "name_long")
    attributes = {k.removeprefix(ATTRIBUTE): v[0] for k, v in found.items() if k.startswith(ATTRIBUTE)}
    note = found.get("note", [None])[0]
    return Said(key, name or None, phones or None, emails or None, attributes, tags or None, note)


def _key(found: Mapping[str, list[Any]], phones: Sequence[str], emails: Sequence[str]) -> str | None:
    """By what a repeat of the row finds the same record."""
    if found.get("external_id"):
        return f"{ID_PREFIX}{found['external_id'][0]}"
    if phones:
        return f"phone:{phones[0]}"
    return f"email:{emails[0]}" if emails else None


def _phones(text: str) -> list[str]:
    whole = _one_phone(text)
    if whole is not None:
        return [whole]
    parts = [part.strip() for part in _BETWEEN.split(text) if part.strip()]
    found = [(part, _one_phone(part)) for part in parts]
    for part, number in found:
        if number is None:
            raise _Wrong("phone_masked" if "*" in part else "phone_invalid", part)
    return [number for _, number in found if number is not None]


def _one_phone(text: str) -> str | None:
    return phone_key(_digits(text, "phone_rounded"))


def _digits(text: str, rounded: str) -> str:
    """As it was before a spreadsheet took it for a number. Raises when digits are lost."""
    bare = text.lstrip("'`’").strip()
    if _SCIENTIFIC.fullmatch(bare):
        number = Decimal(bare.replace(",", "."))
        mantissa, exponent = number.as_tuple().digits, int(number.as_tuple().exponent)
        if exponent > 0 or len(mantissa) < 9:  # Excel shows 9.12E+08 for 912345678
            raise _Wrong(rounded, bare, value=bare)
        return str(int(number))
    return re.sub(r"^(\d+)[.,]0+$", r"\1", bare)


def _emails(text: str) -> list[str]:
    found = []
    for part in re.split(r"[;,\s|]+", text.removeprefix("mailto:")):
        if part:
            value = email_key(part)
            if value is None:
                raise _Wrong("email_shared" if is_role_mailbox(part) else "email_invalid", part)
            found.append(value)
    return found


def _external_id(text: str) -> list[str]:
    if _SCIENTIFIC.fullmatch(text):
        raise _Wrong("id_rounded", text, value=text)
    if len(text) > ID_MAX_CHARS:
        raise _Wrong("id_long", text)
    return [text.lstrip("'")]


def _name(text: str) -> list[str]:
    return [" ".join(text.split())]


def _note(text: str) -> list[str]:
    if len(text) > NOTE_MAX_CHARS:
        raise _Wrong("note_long", text)
    return [text]


def _tags(text: str) -> list[str]:
    return [part.strip() for part in _TAGS_BETWEEN.split(text) if part.strip()]


def _attribute(definition: Definition, text: str) -> Value:
    try:
        return read(definition, text.lstrip("'"))
    except Unfit as error:
        raise _Wrong(error.code, text, choices=", ".join(definition.choices)) from error


_READ: Final[Mapping[str, Callable[[str], list[Any]]]] = {
    "external_id": _external_id,
    "name": _name,
    "family_name": _name,
    "given_name": _name,
    "phone": _phones,
    "email": _emails,
    "tags": _tags,
    "note": _note,
}
