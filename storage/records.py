"""What staff wrote on home records: name, note, tags, attributes. Nothing here moves when customers are joined.

A customer shows the union of the records that stand together (`union`): every note; of each attribute and each tag
the newest word, whichever record it stands on, a later "no value" or "no tag" included. So what is changed while
customers are joined is written on the record that stands for them, with the time; and when they part again each shows
exactly what stands on its own records.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.events.common import utc_iso
from hub.folding import fold
from hub.ids import AgentId, CustomerId
from storage.bulk import Bulk
from storage.tables import customers
from storage.unit_of_work import UnitOfWork

Value = str | int | float
NAME_MAX_CHARS = 200


@dataclass(slots=True)
class Sheet:
    """One home record's own. Mutable working copy; `save` writes it."""

    id: CustomerId
    created_at: datetime
    name: str | None = None
    note: str | None = None
    tags: dict[str, tuple[bool, str]] = field(default_factory=dict)
    attributes: dict[str, tuple[Value | None, str]] = field(default_factory=dict)
    made_by: AgentId | None = None

    def tag(self, name: str, on: bool, at: datetime) -> None:
        self.tags[name] = (on, utc_iso(at))

    def set(self, key: str, value: Value | None, at: datetime) -> None:
        self.attributes[key] = (value, utc_iso(at))


@dataclass(frozen=True, slots=True)
class Whole:
    """What the records of one customer say together. `notes`: record -> text, oldest record first."""

    attributes: Mapping[str, Value]
    tags: tuple[str, ...]
    notes: Mapping[CustomerId, str]


def union(sheets: Iterable[Sheet]) -> Whole:
    """See above. Of two words of the same moment that of the older record counts."""
    ordered = sorted(sheets, key=lambda sheet: (sheet.created_at, sheet.id))
    attributes = _newest(sheet.attributes for sheet in ordered)
    tags = _newest(sheet.tags for sheet in ordered)
    return Whole(
        attributes={key: value for key, value in sorted(attributes.items()) if value is not None},
        tags=tuple(sorted((name for name, on in tags.items() if on), key=lambda name: (fold(name), name))),
        notes={sheet.id: sheet.note for sheet in ordered if sheet.note},
    )


async def sheets(connection: AsyncConnection, ids: Iterable[CustomerId]) -> dict[CustomerId, Sheet]:
    query = sa.select(*_COLUMNS).where(customers.c.id.in_(sorted(set(ids))))
    return {row.id: _sheet(row) for row in await connection.execute(query)}


async def save(work: UnitOfWork, changed: Sequence[Sheet]) -> None:
    """The customers whose records they are must be held."""
    now = work.clock.now()
    await _SAVE.execute(work.connection, [_row(sheet, now) for sheet in sorted(changed, key=lambda s: s.id)])


async def touch(work: UnitOfWork, ids: Iterable[CustomerId]) -> None:
    """What the shop keeps of these records, or whose they are, changed just now."""
    rows = [{"v_id": record_id, "v_at": work.clock.now()} for record_id in sorted(set(ids))]
    if rows:
        await work.connection.execute(_TOUCH, rows)


async def hide(work: UnitOfWork, ids: Iterable[CustomerId]) -> None:
    """Nothing is kept on these any more: no list shows them, until something changes."""
    rows = [{"v_id": record_id, "v_at": None} for record_id in sorted(set(ids))]
    if rows:
        await work.connection.execute(_TOUCH, rows)


_COLUMNS = tuple(customers.c[name] for name in Sheet.__dataclass_fields__)
_WRITTEN = ("name", "name_folded", "note", "tags", "attributes", "made_by", "changed_at")
_SAVE = Bulk.update(customers, "id", without={c.name for c in customers.columns} - set(_WRITTEN))
_TOUCH = sa.update(customers).where(customers.c.id == sa.bindparam("v_id")).values(changed_at=sa.bindparam("v_at"))


def _newest(said: Iterable[Mapping[str, tuple[Any, str]]]) -> dict[str, Any]:
    latest: dict[str, tuple[Any, str]] = {}
    for words in said:
        for name, word in words.items():
            if name not in latest or word[1] > latest[name][1]:
                latest[name] = word
    return {name: word[0] for name, word in latest.items()}


def _sheet(row: sa.Row[Any]) -> Sheet:
    values = row._asdict()
    for name in ("tags", "attributes"):
        values[name] = {key: (word[0], word[1]) for key, word in values[name].items()}
    return Sheet(**values)


def _row(sheet: Sheet, now: datetime) -> dict[str, Any]:
    return {
        "id": sheet.id,
        "name": sheet.name,
        "name_folded": fold(sheet.name)[:NAME_MAX_CHARS] if sheet.name else None,
        "note": sheet.note,
        "tags": {name: list(word) for name, word in sheet.tags.items()},
        "attributes": {key: list(word) for key, word in sheet.attributes.items()},
        "made_by": sheet.made_by,
        "changed_at": now,
    }
