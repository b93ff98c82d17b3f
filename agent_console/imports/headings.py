"""What the columns of a file are, by their headings as shops and their programs write them. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from hub.errors import BadInput
from hub.folding import fold
from storage.attributes import Definition

ATTRIBUTE: Final = "attribute:"
SINGLE: Final = ("external_id", "name", "family_name", "given_name", "note")  # one column of each at most
FIELDS: Final = (*SINGLE, "phone", "email", "tags")

_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "external_id": (
        "ma khach hang", "ma kh", "ma khach", "makh", "id khach hang", "customer id", "customer code", "code", "id",
        "ma", "external id", "so the", "ma the",
    ),
    "name": (
        "ho ten", "ho va ten", "ten khach hang", "ten kh", "ten khach", "khach hang", "ten day du", "full name", "name",
        "customer name", "customer", "ten nguoi nhan",
    ),
    "family_name": ("ho", "ho dem", "ho va dem", "last name", "surname", "family name"),
    "given_name": ("ten", "first name", "given name"),
    "phone": (
        "so dien thoai", "dien thoai", "sdt", "so dt", "dt", "di dong", "so di dong", "dtdd", "mobile", "phone", "tel",
        "phone number", "telephone", "so may", "hotline", "sdt khach", "so lien he", "lien he", "zalo", "so zalo",
        "mobile phone", "cell phone",
    ),
    "email": ("email", "e mail", "mail", "thu dien tu", "dia chi email", "email address"),
    "tags": ("the", "nhan", "tag", "tags", "nhom", "nhom khach hang", "phan loai", "phan nhom", "group", "label"),
    "note": ("ghi chu", "note", "notes", "chu thich", "mo ta", "remark", "comment", "ghi chu khach hang"),
}  # fmt: skip


def suggested(headings: Sequence[str], definitions: Iterable[Definition]) -> list[str | None]:
    """For each column what it probably is; None: it is left out. Attributes by label or key."""
    known = {name: field for field, names in _NAMES.items() for name in names}
    labels = {_bare(label): one.key for one in definitions for label in (one.key, one.label_en, one.label_vi)}
    found: list[str | None] = []
    for heading in headings:
        bare = _bare(heading)
        field = f"{ATTRIBUTE}{labels[bare]}" if bare in labels else known.get(bare) or known.get(_stem(bare))
        found.append(None if field in found and not _many(field) else field)
    if "name" in found:  # "Họ tên" beside "Tên": the whole name is enough
        found = [None if field in {"family_name", "given_name"} else field for field in found]
    if "given_name" in found and "family_name" not in found:
        found[found.index("given_name")] = "name"
    return found


def checked(mapping: Sequence[str | None], width: int, definitions: Mapping[str, Definition]) -> tuple[str | None, ...]:
    """Raises BadInput for what cannot be carried out."""
    if len(mapping) != width:
        raise BadInput("mapping_width", f"The file has {width} columns.", where="body.mapping")
    used = [field for field in mapping if field is not None]
    for field in used:
        key = field.removeprefix(ATTRIBUTE)
        if field not in FIELDS and (key == field or key not in definitions):
            raise BadInput("mapping_unknown", f"{field[:60]!r} is nothing that a column can be.", where="body.mapping")
        if not _many(field) and used.count(field) > 1:
            raise BadInput("mapping_twice", f"Only one column can be {field!r}.", where="body.mapping")
    if not {"external_id", "phone", "email"} & set(used):
        problem = "Say which column has the customer's id, telephone number or e-mail address."
        raise BadInput("mapping_no_key", problem, where="body.mapping")
    return tuple(mapping)


def _many(field: str | None) -> bool:
    return field is None or field in {"phone", "email", "tags"}


def _bare(heading: str) -> str:
    return " ".join(re.sub(r"[^a-z0-9]+", " ", fold(heading)).split())


def _stem(bare: str) -> str:
    """ "so dien thoai 2" is a number, too; so is "dien thoai khach hang"."""
    return re.sub(r" (?:\d+|khach hang|kh|chinh|phu)$", "", bare)
