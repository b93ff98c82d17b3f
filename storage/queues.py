"""Queues and teams as supervisors set them up: settings, who serves which queue, and what each agent can do.

What the router reads of the same rows while it decides: storage.routing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import BadInput, Conflict, NotFound
from hub.events import DEFAULT_POOL
from hub.ids import AgentId, QueueId, new_id
from storage.tables import agents, queue_members, queues
from storage.unit_of_work import UnitOfWork

QUEUES_MAX = 500


@dataclass(frozen=True, slots=True)
class QueueRow:
    """`settings`: of a router.plan.queues.QueueSettings, as JSON."""

    id: QueueId
    name: str
    offer_s: int
    settings: Any
    created_at: datetime
    version: int = 1
    member_ids: tuple[AgentId, ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """An agent at work. `limits`: work class -> most of it at once; `skills`: skill -> level."""

    id: AgentId
    display_name: str
    role: str
    disabled_at: datetime | None
    capacity: int
    limits: Mapping[str, int]
    skills: Mapping[str, int]
    auto_accept: bool
    queue_ids: tuple[QueueId, ...] = ()


_QUEUE = (queues.c.id, queues.c.name, queues.c.offer_s, queues.c.settings, queues.c.created_at, queues.c.version)
_MEMBER = tuple(agents.c[name] for name in Member.__dataclass_fields__ if name != "queue_ids")
_SETTINGS = sa.select(queues.c.id, queues.c.settings)
_PAIRS = sa.select(queue_members.c.queue_id, queue_members.c.agent_id)


async def listed(connection: AsyncConnection) -> list[QueueRow]:
    """The one that was made first comes first."""
    members: dict[QueueId, list[AgentId]] = {}
    for queue_id, agent_id in await connection.execute(_PAIRS.order_by(queue_members.c.agent_id)):
        members.setdefault(queue_id, []).append(agent_id)
    rows = await connection.execute(sa.select(*_QUEUE).order_by(queues.c.created_at, queues.c.id))
    return [QueueRow(*row, tuple(members.get(row.id, ()))) for row in rows]


async def settings_of(connection: AsyncConnection) -> dict[QueueId, Any]:
    """Of every queue."""
    return {row.id: row.settings or {} for row in await connection.execute(_SETTINGS)}


async def find(connection: AsyncConnection, queue_id: QueueId) -> QueueRow:
    """Raises NotFound."""
    row = (await connection.execute(sa.select(*_QUEUE).where(queues.c.id == queue_id))).first()
    if row is None:
        raise NotFound("queue_unknown", "There is no such queue.", where="path.queue_id")
    found = await connection.execute(_PAIRS.where(queue_members.c.queue_id == queue_id).order_by("agent_id"))
    return QueueRow(*row, tuple(pair.agent_id for pair in found))


async def add(work: UnitOfWork, *, name: str, offer_s: int, settings: Any) -> QueueId:
    """Without members. Raises Conflict when the name is taken or there are too many."""
    count = (await work.connection.execute(sa.select(sa.func.count()).select_from(queues))).scalar_one()
    if count >= QUEUES_MAX:
        raise Conflict("queues_full", f"There are {QUEUES_MAX} queues already.")
    queue_id = QueueId(new_id())
    row = {"id": queue_id, "pool": DEFAULT_POOL, "name": name, "offer_s": offer_s, "settings": settings}
    await _named(work, name, sa.insert(queues).values(row | {"created_at": work.clock.now()}))
    return queue_id


async def change(
    work: UnitOfWork,
    queue_id: QueueId,
    *,
    seen: int,
    name: str | None = None,
    offer_s: int | None = None,
    settings: Any = None,
) -> None:
    """What is None stays. `seen`: the version that was edited; there is a newer one from now on. Raises Conflict when
    it is not the newest, or when the name is taken."""
    given = {"name": name, "offer_s": offer_s, "settings": settings}
    values = {column: value for column, value in given.items() if value is not None}
    edited = (queues.c.id == queue_id) & (queues.c.version == seen)
    if await _named(work, name or "", sa.update(queues).where(edited).values(values | {"version": seen + 1})) != 1:
        raise Conflict("queue_outdated", "Somebody changed this queue meanwhile: read it again, then make your change.")


async def put_members(work: UnitOfWork, queue_id: QueueId, member_ids: Sequence[AgentId]) -> set[AgentId]:
    """Exactly these serve the queue from now on. Who came or went. Raises BadInput for an agent who is not there."""
    wanted = set(member_ids)
    known = await work.connection.execute(sa.select(agents.c.id).where(agents.c.id.in_(sorted(wanted))))
    if {row.id for row in known} != wanted:
        raise BadInput("agent_unknown", "There is no such agent.", where="body.member_ids")
    before = set((await find(work.connection, queue_id)).member_ids)
    if before - wanted:
        gone = queue_members.c.agent_id.in_(sorted(before - wanted))
        await work.connection.execute(sa.delete(queue_members).where(queue_members.c.queue_id == queue_id, gone))
    if wanted - before:
        rows = [{"queue_id": queue_id, "agent_id": agent_id} for agent_id in sorted(wanted - before)]
        await work.connection.execute(sa.insert(queue_members), rows)
    return before ^ wanted


async def team(connection: AsyncConnection) -> list[Member]:
    """Everybody, the disabled too, by name."""
    served: dict[AgentId, list[QueueId]] = {}
    for queue_id, agent_id in await connection.execute(_PAIRS.order_by(queue_members.c.queue_id)):
        served.setdefault(agent_id, []).append(queue_id)
    rows = await connection.execute(sa.select(*_MEMBER).order_by(agents.c.display_name, agents.c.id))
    return [Member(**row._mapping, queue_ids=tuple(served.get(row.id, ()))) for row in rows]


async def change_member(
    work: UnitOfWork,
    agent_id: AgentId,
    *,
    limits: Mapping[Any, int] | None = None,
    skills: Mapping[str, int] | None = None,
    auto_accept: bool | None = None,
) -> None:
    """What is None stays. Capacity and queues: storage.agents.change, which raises NotFound."""
    given = {"limits": limits, "skills": skills, "auto_accept": auto_accept}
    values = {column: value for column, value in given.items() if value is not None}
    if values:
        await work.connection.execute(sa.update(agents).where(agents.c.id == agent_id).values(values))


async def _named(work: UnitOfWork, name: str, statement: sa.Insert | sa.Update) -> int:
    """How many rows it was."""
    try:
        async with work.connection.begin_nested():
            return (await work.connection.execute(statement)).rowcount
    except IntegrityError as error:
        raise Conflict("queue_exists", f"There is a queue {name!r} already.", where="body.name") from error
