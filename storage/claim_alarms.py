"""What supervisors should look at: numbers that too many gave, and people who give too many numbers.

Raised once for each number and each identity, for good: who was told has decided.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.events import Strength
from hub.ids import AgentId, IdentityId, new_id
from storage.dialect import upsert
from storage.evidence import ContactPoint
from storage.query import Query
from storage.tables import channel_identities, claim_alarms, evidence
from storage.unit_of_work import UnitOfWork

AlarmKind = Literal["crowded", "many_numbers"]
LISTED_MAX = 100


@dataclass(frozen=True, slots=True)
class ClaimAlarm:
    """`value`: the number or mailbox that is nobody's any more. `identity_id`: who gives very many; `count` of them."""

    id: UUID
    kind: AlarmKind
    value: str | None
    identity_id: IdentityId | None
    count: int
    raised_at: datetime
    customer_id: UUID | None = None  # whose identity it is now
    display_name: str | None = None


async def raise_crowded(work: UnitOfWork, points: Iterable[ContactPoint]) -> None:
    await _raise(work, {f"{p.kind}:{p.value}": ("crowded", p.value, None, p.identities) for p in points})


async def raise_many(work: UnitOfWork, counts: Mapping[IdentityId, int]) -> None:
    await _raise(work, {str(i): ("many_numbers", None, i, count) for i, count in counts.items()})


async def claims_of(connection: AsyncConnection, identity_id: IdentityId, *, at_most: int) -> int:
    """How many different values it claimed; what is over `at_most` is not counted."""
    return int((await _CLAIMS.all(connection, identity_id=identity_id, at_most=at_most))[0].found)


async def listed(connection: AsyncConnection) -> list[ClaimAlarm]:
    """Those nobody has seen to yet, newest first."""
    t, who = claim_alarms.c, channel_identities.c
    query = (
        sa.select(t.id, t.kind, t.value, t.identity_id, t.count, t.raised_at, who.customer_id, who.display_name)
        .select_from(claim_alarms.outerjoin(channel_identities, who.id == t.identity_id))
        .where(t.seen_at.is_(None))
        .order_by(t.raised_at.desc(), t.id)
        .limit(LISTED_MAX)
    )
    return [ClaimAlarm(*row) for row in await connection.execute(query)]


async def mark_seen(work: UnitOfWork, alarm_id: UUID, agent_id: AgentId) -> bool:
    """False when there is no such alarm. Seeing it twice is harmless."""
    t = claim_alarms.c
    known = (await work.connection.execute(sa.select(t.id).where(t.id == alarm_id))).first()
    values = {"seen_at": work.clock.now(), "seen_by": agent_id}
    await work.connection.execute(sa.update(claim_alarms).where(t.id == alarm_id, t.seen_at.is_(None)).values(values))
    return known is not None


async def _raise(work: UnitOfWork, found: Mapping[str, tuple[AlarmKind, str | None, IdentityId | None, int]]) -> None:
    now = work.clock.now()
    rows = [
        {
            "id": new_id(),
            "kind": kind,
            "subject": subject,
            "value": value,
            "identity_id": identity_id,
            "count": count,
            "raised_at": now,
        }
        for subject, (kind, value, identity_id, count) in sorted(found.items())
    ]
    if rows:
        await work.connection.execute(upsert(claim_alarms, is_sqlite=work.is_sqlite).on_conflict_do_nothing(), rows)


_SOME = (
    sa.select(evidence.c.value)
    .where(evidence.c.identity_id == sa.bindparam("identity_id"), evidence.c.strength == Strength.CLAIMED.value)
    .distinct()
    .limit(sa.bindparam("at_most", type_=sa.Integer))
    .subquery()
)
_CLAIMS = Query(sa.select(sa.func.count().label("found")).select_from(_SOME))
