"""Agents at work, as far as calls look at them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.events import ConversationStatus, PresenceStatus
from hub.ids import AgentId, QueueId
from storage.query import Query
from storage.tables import agents, call_legs, conversations, presence, queue_members


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody to whom a call may come now: at work, in no other call, with no work after one. `load`: conversations
    that they own."""

    agent_id: AgentId
    login: str
    idle_since: datetime
    skills: Mapping[str, int]
    load: int = 0


_AT_WORK = (
    (queue_members.c.queue_id == sa.bindparam("queue_id")) & agents.c.disabled_at.is_(None) & (agents.c.capacity > 0)
)
_FREE = Query(
    sa.select(agents.c.id, agents.c.login, presence.c.idle_since, agents.c.skills, agents.c.limits)
    .join(queue_members, queue_members.c.agent_id == agents.c.id)
    .join(presence, presence.c.agent_id == agents.c.id)
    .outerjoin(call_legs, (call_legs.c.agent_id == agents.c.id) & (call_legs.c.until > sa.bindparam("now")))
    .where(
        _AT_WORK,
        presence.c.status == PresenceStatus.AVAILABLE.value,
        presence.c.wrap_up_until.is_(None) | (presence.c.wrap_up_until <= sa.bindparam("now")),
        call_legs.c.agent_id.is_(None),
    )
)
_SERVING = Query(
    sa.select(agents.c.login, agents.c.limits)
    .join(queue_members, queue_members.c.agent_id == agents.c.id)
    .join(presence, presence.c.agent_id == agents.c.id)
    .where(
        _AT_WORK,
        (presence.c.status == PresenceStatus.AVAILABLE.value) | (presence.c.status == PresenceStatus.BUSY.value),
    )
)
# Of everybody, in one pass, and a statement of its own: joined to the other, PostgreSQL counted anew for each of 200
# agents, which took 10 ms; of the queue's members alone, it looked up each of 2,000 conversations among them.
_LOADS = Query(
    sa.select(conversations.c.owner_id, sa.func.count().label("load"))
    .where(
        conversations.c.status == ConversationStatus.ASSIGNED.value,
        conversations.c.snoozed_until.is_(None),
    )
    .group_by(conversations.c.owner_id)
)
_LOGINS = Query(sa.select(agents.c.id, agents.c.login).where(agents.c.id.in_(sa.bindparam("ids", expanding=True))))
_IDS = Query(
    sa.select(agents.c.id, agents.c.login).where(
        agents.c.login.in_(sa.bindparam("logins", expanding=True)), agents.c.disabled_at.is_(None)
    )
)


async def free(connection: AsyncConnection, queue_id: QueueId, logins: Collection[str], now: datetime) -> list[Seat]:
    """Those of `logins` who serve the queue and could be rung now."""
    rows = [row for row in await _FREE.all(connection, queue_id=queue_id, now=now) if _takes_calls(row, logins)]
    if not rows:
        return []
    loads = {row.owner_id: row.load for row in await _LOADS.all(connection)}
    return [Seat(row.id, row.login, row.idle_since, row.skills or {}, loads.get(row.id, 0)) for row in rows]


async def serving(connection: AsyncConnection, queue_id: QueueId, logins: Collection[str]) -> int:
    """How many of `logins` serve the queue and are at work, free or not."""
    rows = await _SERVING.all(connection, queue_id=queue_id)
    return sum(1 for row in rows if _takes_calls(row, logins))


async def logins_of(connection: AsyncConnection, ids: Iterable[AgentId]) -> dict[AgentId, str]:
    return {row.id: row.login for row in await _LOGINS.all(connection, ids=sorted(set(ids)))}


async def ids_of(connection: AsyncConnection, logins: Iterable[str]) -> dict[str, AgentId]:
    """Of those who are not disabled."""
    rows = await _IDS.all(connection, logins=sorted(set(logins)))
    return {row.login: row.id for row in rows}


def _takes_calls(row: Any, logins: Collection[str]) -> bool:
    return row.login in logins and (row.limits or {}).get("voice") != 0
