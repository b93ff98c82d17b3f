"""What automation tells other systems: kept until it was taken or given up, and for a while after that."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.ids import EventId
from storage.tables import webhook_calls
from storage.unit_of_work import UnitOfWork, Units

State = Literal["queued", "taken", "failed"]
PROBLEM_MAX_CHARS = 200
KEEP = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookCall:
    """`id` stands in the request: whoever gets it twice may know it by that. `attempts` counts those begun."""

    id: UUID
    rule_id: str
    event_id: EventId
    url: str
    body: bytes
    made_at: datetime
    state: State = "queued"
    attempts: int = 0
    next_attempt_at: datetime
    problem: str | None = None


_COLUMNS = tuple(webhook_calls.c[name] for name in WebhookCall.__dataclass_fields__)


async def add(work: UnitOfWork, call: WebhookCall) -> None:
    values = {name: getattr(call, name) for name in WebhookCall.__dataclass_fields__}
    await work.connection.execute(sa.insert(webhook_calls).values(values))


async def claim(units: Units, *, limit: int, lease: timedelta) -> list[WebhookCall]:
    """Up to `limit` that are due, the longest due first; nobody else gets them within `lease`."""
    now = units.clock.now()
    is_due = (webhook_calls.c.state == "queued") & (webhook_calls.c.next_attempt_at <= now)
    async with units.database.reading() as connection:
        query = sa.select(webhook_calls.c.id).where(is_due).order_by(webhook_calls.c.next_attempt_at).limit(limit)
        wanted = (await connection.execute(query)).scalars().all()
    if not wanted:
        return []
    async with units.begin() as work:
        update = (
            sa.update(webhook_calls)
            .where(webhook_calls.c.id.in_(sorted(wanted)), is_due)
            .values(next_attempt_at=now + lease, attempts=webhook_calls.c.attempts + 1)
            .returning(*_COLUMNS)
        )
        claimed = [WebhookCall(**row._asdict()) for row in await work.connection.execute(update)]
        await work.commit()
    return claimed


async def settle(
    units: Units, call: WebhookCall, state: State, *, problem: str | None = None, again_at: datetime | None = None
) -> None:
    """What became of the attempt. Says nothing when a later attempt began meanwhile."""
    values = {"state": state, "problem": problem[:PROBLEM_MAX_CHARS] if problem else None}
    async with units.begin() as work:
        update = sa.update(webhook_calls).where(
            webhook_calls.c.id == call.id, webhook_calls.c.state == "queued", webhook_calls.c.attempts == call.attempts
        )
        await work.connection.execute(update.values(values | ({"next_attempt_at": again_at} if again_at else {})))
        await work.commit()


async def of_events(connection: AsyncConnection, events: Iterable[EventId]) -> Sequence[WebhookCall]:
    query = sa.select(*_COLUMNS).where(webhook_calls.c.event_id.in_(sorted(set(events)))).order_by(webhook_calls.c.id)
    return [WebhookCall(**row._asdict()) for row in await connection.execute(query)]


async def forget_old(units: Units) -> None:
    """Settled ones, KEEP after they were made."""
    old = (webhook_calls.c.state != "queued") & (webhook_calls.c.made_at < units.clock.now() - KEEP)
    async with units.begin() as work:
        await work.connection.execute(sa.delete(webhook_calls).where(old))
        await work.commit()
