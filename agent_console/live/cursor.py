"""How far a console has read, as one opaque word: the next offset of each partition, of both its topics. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

VERSION = "1"
_SHAPE = re.compile(r"1(?:~\d{1,3}\.\d{1,19}){0,1000}_(?:~\d{1,3}\.\d{1,19}){0,1000}")

Offsets = Mapping[int, int]  # partition -> next offset


@dataclass(frozen=True, slots=True)
class Cursor:
    conversations: Offsets
    routing: Offsets


def write(cursor: Cursor) -> str:
    return f"{VERSION}{_write(cursor.conversations)}_{_write(cursor.routing)}"


def read(text: str) -> Cursor | None:
    """None for what was not written here."""
    if not _SHAPE.fullmatch(text):
        return None
    conversations, _, routing = text.removeprefix(VERSION).partition("_")
    return Cursor(_read(conversations), _read(routing))


def _write(offsets: Offsets) -> str:
    return "".join(f"~{partition}.{offset}" for partition, offset in sorted(offsets.items()))


def _read(text: str) -> Offsets:
    parts = (part.split(".") for part in text.split("~")[1:])
    return {int(partition): int(offset) for partition, offset in parts}
