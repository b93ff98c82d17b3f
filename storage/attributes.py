"""What a shop writes down of its customers: the definitions. Values stand on home records, see storage.records."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import Conflict
from storage.dialect import upsert
from storage.tables import attribute_definitions
from storage.unit_of_work import UnitOfWork

Kind = Literal["text", "number", "date", "choice"]
DEFINITIONS_MAX = 100


@dataclass(frozen=True, slots=True)
class Definition:
    """`choices` of a choice, in order. `retired_at`: not asked for and not shown any more; values stay."""

    key: str
    kind: Kind
    label_vi: str
    label_en: str
    choices: tuple[str, ...] = ()
    position: int = 0
    retired_at: datetime | None = None

    @property
    def retired(self) -> bool:
        return self.retired_at is not None


_COLUMNS = tuple(attribute_definitions.c[name] for name in Definition.__dataclass_fields__)


async def listed(connection: AsyncConnection) -> list[Definition]:
    """In the order in which they are shown, retired ones last."""
    retired = attribute_definitions.c.retired_at.is_not(None)
    query = sa.select(*_COLUMNS).order_by(retired, attribute_definitions.c.position, attribute_definitions.c.key)
    return [_definition(row) for row in await connection.execute(query)]


async def in_use(connection: AsyncConnection) -> dict[str, Definition]:
    """Those that are not retired, by key, in order."""
    return {one.key: one for one in await listed(connection) if not one.retired}


async def put(work: UnitOfWork, definition: Definition) -> None:
    """New or changed. Raises Conflict when it is there with another kind, or when there are too many."""
    known = {one.key: one for one in await listed(work.connection)}
    before = known.get(definition.key)
    if before is not None and before.kind != definition.kind:
        raise Conflict(
            "attribute_kind", "The kind of an attribute stays as it is: make another one.", where="body.kind"
        )
    if before is None and len(known) >= DEFINITIONS_MAX:
        raise Conflict("attributes_too_many", f"There are {DEFINITIONS_MAX} attributes already.")
    row = {name: getattr(definition, name) for name in Definition.__dataclass_fields__}
    row |= {"choices": list(definition.choices), "created_at": work.clock.now()}
    insert = upsert(attribute_definitions, is_sqlite=work.is_sqlite).values(row)
    changed = {name: insert.excluded[name] for name in ("label_vi", "label_en", "choices", "position", "retired_at")}
    await work.connection.execute(insert.on_conflict_do_update(index_elements=["key"], set_=changed))


def by_key(definitions: Sequence[Definition]) -> dict[str, Definition]:
    return {one.key: one for one in definitions}


def _definition(row: sa.Row[Any]) -> Definition:
    return Definition(**{**row._asdict(), "choices": tuple(row.choices)})
