"""What supervisors set up: a document of each kind, with every version there was.

Their meaning is router.plan's; here they are JSON. Who writes names the version that they saw, so that of two people
who edit at once the second is told, and overwrites nothing unseen.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import Conflict
from hub.ids import AgentId
from storage.tables import plans
from storage.unit_of_work import UnitOfWork

Kind = Literal["rules", "hours", "work", "sla", "automation"]
QUEUES = "queues"  # no plan: queues have rows of their own; these versions say that one was set up anew


@dataclass(frozen=True, slots=True)
class Plan:
    """`version` 0: nobody stored any, `document` is empty."""

    kind: str
    version: int
    document: Any
    made_by: AgentId | None = None
    made_at: datetime | None = None
    note: str | None = None


_COLUMNS = tuple(plans.c[name] for name in Plan.__dataclass_fields__)
_NEWEST = sa.select(*_COLUMNS).where(plans.c.kind == sa.bindparam("kind")).order_by(plans.c.version.desc()).limit(1)
_VERSIONS = sa.select(plans.c.kind, sa.func.max(plans.c.version)).group_by(plans.c.kind)


async def versions(connection: AsyncConnection) -> dict[str, int]:
    """Kind -> newest version; kinds that nobody stored are missing. One small read tells what changed."""
    return {row[0]: row[1] for row in await connection.execute(_VERSIONS)}


async def newest(connection: AsyncConnection, kind: str) -> Plan:
    row = (await connection.execute(_NEWEST, {"kind": kind})).first()
    return Plan(*row) if row else Plan(kind, 0, {})


async def changed(
    connection: AsyncConnection, kinds: Iterable[str], after: datetime
) -> tuple[datetime, datetime] | None:
    """When the first and the last version of any of `kinds` after that moment was made. None: there is none."""
    made = plans.c.made_at
    query = sa.select(sa.func.min(made, type_=made.type), sa.func.max(made, type_=made.type))
    row = (await connection.execute(query.where(plans.c.kind.in_(sorted(kinds)), made > after))).one()
    return None if row[0] is None else (row[0], row[1])


async def history(connection: AsyncConnection, kind: Kind, *, before: int, limit: int) -> Sequence[Plan]:
    """Newest first."""
    query = sa.select(*_COLUMNS).where(plans.c.kind == kind, plans.c.version < before)
    return [Plan(*row) for row in await connection.execute(query.order_by(plans.c.version.desc()).limit(limit))]


async def put(
    work: UnitOfWork, kind: str, document: Any, *, seen: int, by: AgentId | None, note: str | None = None
) -> int:
    """The new version. `seen`: the version that was edited. Raises Conflict when it is not the newest any more."""
    if (await newest(work.connection, kind)).version != seen:
        raise _outdated()
    row = {"kind": kind, "version": seen + 1, "document": document, "made_by": by, "made_at": work.clock.now()}
    try:
        async with work.connection.begin_nested():
            await work.connection.execute(sa.insert(plans).values(row | {"note": note}))
    except IntegrityError as error:
        raise _outdated() from error
    return seen + 1


async def queues_changed(work: UnitOfWork, document: Any, by: AgentId) -> None:
    """Whoever looks at the versions hears of it, as of a plan. Raises Conflict when another queue changes just now."""
    before = await newest(work.connection, QUEUES)
    await put(work, QUEUES, document, seen=before.version, by=by)


def _outdated() -> Conflict:
    return Conflict("plan_outdated", "Somebody changed this meanwhile: read it again, then make your change.")
