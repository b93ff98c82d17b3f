"""Orders from the shop's own systems. One belongs for ever to the channel identity that placed it, as messages do."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.ids import IdentityId
from storage.dialect import upsert
from storage.tables import orders
from storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Order:
    """`total` is a decimal number as text. `recipient_phone` as the shop system shows it, maybe masked."""

    id: UUID
    external_id: str
    identity_id: IdentityId
    status: str
    placed_at: datetime
    changed_at: datetime
    total: str | None = None
    currency: str | None = None
    items: tuple[dict[str, Any], ...] = field(default=())
    recipient_name: str | None = None
    recipient_phone: str | None = None
    tracking_code: str | None = None

    def same_as(self, other: "Order") -> bool:
        """But for the time of change."""
        names = [name for name in Order.__dataclass_fields__ if name != "changed_at"]
        return all(getattr(self, name) == getattr(other, name) for name in names)


_COLUMNS = tuple(orders.c[name] for name in Order.__dataclass_fields__)
_STAYS = frozenset({"id", "external_id", "created_at"})


async def find(connection: AsyncConnection, external_id: str) -> Order | None:
    row = (await connection.execute(sa.select(*_COLUMNS).where(orders.c.external_id == external_id))).first()
    return _order(row) if row else None


async def put(work: UnitOfWork, order: Order) -> None:
    """New, or as it is now. What placed it never changes."""
    row = {name: getattr(order, name) for name in Order.__dataclass_fields__}
    row |= {"items": list(order.items), "created_at": work.clock.now()}
    insert = upsert(orders, is_sqlite=work.is_sqlite).values(row)
    changed = {name: insert.excluded[name] for name in row if name not in _STAYS}
    await work.connection.execute(insert.on_conflict_do_update(index_elements=["external_id"], set_=changed))


async def of_identities(connection: AsyncConnection, ids: Iterable[IdentityId], *, limit: int) -> list[Order]:
    """Newest first."""
    query = (
        sa.select(*_COLUMNS)
        .where(orders.c.identity_id.in_(sorted(set(ids))))
        .order_by(orders.c.placed_at.desc(), orders.c.id.desc())
        .limit(limit)
    )
    return [_order(row) for row in await connection.execute(query)]


async def changed(
    connection: AsyncConnection, *, until: datetime, since: datetime | None, after: UUID | None, limit: int
) -> list[Order]:
    """In order of (changed_at, id), beyond (`since`, `after`) or from `since` on, up to `until`."""
    query = sa.select(*_COLUMNS).where(orders.c.changed_at <= until)
    if since is not None and after is not None:
        query = query.where((orders.c.changed_at > since) | ((orders.c.changed_at == since) & (orders.c.id > after)))
    elif since is not None:
        query = query.where(orders.c.changed_at >= since)
    query = query.order_by(orders.c.changed_at, orders.c.id).limit(limit)
    return [_order(row) for row in await connection.execute(query)]


def _order(row: sa.Row[Any]) -> Order:
    values = row._asdict()
    values["items"] = tuple(values["items"])
    return Order(**values)
