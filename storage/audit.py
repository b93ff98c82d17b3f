"""Who did what that leaves the house or changes many at once: exports, imports, keys, settings. Append-only.

`detail` holds counts, names of things and ids; never a customer's data and never a secret.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.ids import AgentId
from storage.tables import audit_log
from storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Deed:
    number: int
    at: datetime
    actor: str
    action: str
    detail: dict[str, Any]


_COLUMNS = tuple(audit_log.c[name] for name in Deed.__dataclass_fields__)


def by_agent(agent_id: AgentId) -> str:
    return f"agent:{agent_id}"


async def record(work: UnitOfWork, actor: str, action: str, detail: Mapping[str, Any]) -> None:
    """Becomes true with the transaction whose deed it is. `action` is a noun and a verb: customers.export."""
    row = {"at": work.clock.now(), "actor": actor, "action": action, "detail": dict(detail)}
    await work.connection.execute(sa.insert(audit_log).values(row))


async def newest(
    connection: AsyncConnection, *, before: int | None = None, action: str | None = None, limit: int = 50
) -> list[Deed]:
    """Newest first; `before` is the number of the last one known."""
    query = sa.select(*_COLUMNS).order_by(audit_log.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(audit_log.c.number < before)
    if action is not None:
        query = query.where(audit_log.c.action == action)
    return [Deed(*row) for row in await connection.execute(query)]
