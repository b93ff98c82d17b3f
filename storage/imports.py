"""Files of customers on their way in: their state, what was wrong with which row, and what they did to each record.

Everything that a batch of rows does, its progress included, is one transaction: after a crash the import goes on where
it stood, and no row is done twice or in part.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import Conflict, NotFound
from hub.ids import AgentId, IdentityId
from storage.accounts import RECORDS
from storage.bulk import Bulk
from storage.tables import channel_identities, import_faults, import_rows, imports
from storage.unit_of_work import UnitOfWork

State = Literal["draft", "running", "done", "failed", "cancelled", "undoing", "undone"]


@dataclass(frozen=True, slots=True)
class Import:
    """`file` is a blob. `layout` and `mapping` are the console's business."""

    id: UUID
    state: State
    file: str
    file_name: str
    layout: dict[str, Any]
    mapping: list[str | None]
    created_by: AgentId
    created_at: datetime
    rows_total: int = 0
    rows_done: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    joined: int = 0
    reverted: int = 0
    kept: int = 0
    error: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """`row` as a spreadsheet counts; `position` counts the faults of one row."""

    row: int
    position: int
    column: str | None
    value: str | None
    code: str
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Done:
    """What a row did to a record: `before` and `after` of what it changed."""

    identity_id: IdentityId
    row: int
    was_new: bool
    before: dict[str, Any]
    after: dict[str, Any]


_COLUMNS = tuple(imports.c[name] for name in Import.__dataclass_fields__)
_FAULT = tuple(import_faults.c[name] for name in Fault.__dataclass_fields__)
_DONE = tuple(import_rows.c[name] for name in Done.__dataclass_fields__)
_ADD_FAULTS = Bulk.insert(import_faults)
_ADD_ROWS = Bulk.insert(import_rows)
COUNTERS = ("rows_done", "created", "updated", "unchanged", "rejected", "joined")


async def add(work: UnitOfWork, new: Import) -> None:
    await work.connection.execute(
        sa.insert(imports).values({name: getattr(new, name) for name in Import.__dataclass_fields__})
    )


async def find(connection: AsyncConnection, import_id: UUID) -> Import:
    """Raises NotFound."""
    row = (await connection.execute(sa.select(*_COLUMNS).where(imports.c.id == import_id))).first()
    if row is None:
        raise NotFound("import_unknown", "There is no such import.", where="path.import_id")
    return Import(*row)


async def newest(connection: AsyncConnection, *, limit: int) -> list[Import]:
    query = sa.select(*_COLUMNS).order_by(imports.c.created_at.desc(), imports.c.id.desc()).limit(limit)
    return [Import(*row) for row in await connection.execute(query)]


async def next_to_do(connection: AsyncConnection) -> Import | None:
    """The oldest that is to be carried out or undone."""
    query = sa.select(*_COLUMNS).where(imports.c.state.in_(("running", "undoing"))).order_by(imports.c.started_at)
    row = (await connection.execute(query.limit(1))).first()
    return Import(*row) if row else None


async def move(work: UnitOfWork, import_id: UUID, allowed: Iterable[State], state: State, **values: Any) -> None:
    """From one of the states `allowed` to `state`. Raises Conflict when it is in another one by now."""
    query = sa.update(imports).where(imports.c.id == import_id, imports.c.state.in_(list(allowed)))
    moved = await work.connection.execute(query.values(state=state, **values))
    if moved.rowcount != 1:
        raise Conflict("import_moved_on", "The import is in another state by now: look again.")


async def still(work: UnitOfWork, one: Import) -> bool:
    """Whether it stands as it was seen; then it does until the unit of work ends. Ask before doing anything."""
    query = sa.select(*_COLUMNS).where(imports.c.id == one.id).with_for_update()
    return Import(*(await work.connection.execute(query)).one()) == one


async def advance(work: UnitOfWork, import_id: UUID, counts: Mapping[str, int]) -> None:
    """Adds `counts`."""
    added = {name: imports.c[name] + counts.get(name, 0) for name in COUNTERS}
    await work.connection.execute(sa.update(imports).where(imports.c.id == import_id).values(added))


async def take_back(work: UnitOfWork, one: Import, done: Sequence[Done], *, reverted: int, kept: int) -> None:
    """These rows are undone, or left alone for good."""
    values = {"reverted": imports.c.reverted + reverted, "kept": imports.c.kept + kept}
    await work.connection.execute(sa.update(imports).where(imports.c.id == one.id).values(values))
    gone = sa.delete(import_rows).where(
        import_rows.c.import_id == one.id, import_rows.c.identity_id.in_([row.identity_id for row in done])
    )
    await work.connection.execute(gone)


async def rows_by_key(connection: AsyncConnection, import_id: UUID, keys: Iterable[str]) -> dict[str, int]:
    """In which row the import met the records of these keys before."""
    query = (
        sa.select(channel_identities.c.external_id, import_rows.c.row)
        .join(import_rows, import_rows.c.identity_id == channel_identities.c.id)
        .where(
            import_rows.c.import_id == import_id,
            channel_identities.c.account_id == RECORDS,  # so that the index serves
            channel_identities.c.external_id.in_(list(keys)),
        )
    )
    return {row.external_id: row.row for row in await connection.execute(query)}


async def add_rows(work: UnitOfWork, import_id: UUID, done: Iterable[Done]) -> None:
    rows = [{"import_id": import_id} | {n: getattr(d, n) for n in Done.__dataclass_fields__} for d in done]
    await _ADD_ROWS.execute(work.connection, rows)


async def add_faults(work: UnitOfWork, import_id: UUID, faults: Iterable[Fault]) -> None:
    rows = [{"import_id": import_id} | {n: getattr(f, n) for n in Fault.__dataclass_fields__} for f in faults]
    await _ADD_FAULTS.execute(work.connection, rows)


async def faults(connection: AsyncConnection, import_id: UUID, *, after_row: int, limit: int) -> list[Fault]:
    """In order of rows, beyond `after_row`. All faults of a row come together, so it may be a few more than `limit`."""
    beyond = (
        sa.select(import_faults.c.row)
        .where(import_faults.c.import_id == import_id, import_faults.c.row > after_row)
        .order_by(import_faults.c.row)
        .limit(limit)
    )
    last = (await connection.execute(sa.select(sa.func.max(beyond.subquery().c.row)))).scalar()
    if last is None:
        return []
    query = (
        sa.select(*_FAULT)
        .where(import_faults.c.import_id == import_id, import_faults.c.row > after_row, import_faults.c.row <= last)
        .order_by(import_faults.c.row, import_faults.c.position)
    )
    return [Fault(*row) for row in await connection.execute(query)]


async def last_rows(connection: AsyncConnection, import_id: UUID, *, limit: int) -> list[Done]:
    """Those not undone yet, the last of the file first."""
    query = sa.select(*_DONE).where(import_rows.c.import_id == import_id).order_by(import_rows.c.row.desc())
    return [Done(*row) for row in await connection.execute(query.limit(limit))]
