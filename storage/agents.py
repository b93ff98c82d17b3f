"""Agents: who can sign in, what they may, which queues they serve. Logins are kept in lower case."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import BadInput, Conflict, NotFound
from hub.events import PresenceStatus
from hub.ids import AgentId, QueueId, new_id
from storage.column_types import Moment
from storage.tables import agents, presence, queue_members, queues
from storage.unit_of_work import UnitOfWork

Role = Literal["agent", "supervisor", "admin"]
Locale = Literal["vi", "en"]


@dataclass(frozen=True, slots=True)
class Agent:
    """Without the password hash. `disabled_at` None: can sign in."""

    id: AgentId
    login: str
    display_name: str
    role: Role
    capacity: int
    locale: Locale
    disabled_at: datetime | None
    created_at: datetime
    queue_ids: tuple[QueueId, ...]


@dataclass(frozen=True, slots=True)
class Credentials:
    agent_id: AgentId
    password_hash: str
    disabled: bool


@dataclass(frozen=True, slots=True)
class NewAgent:
    login: str
    display_name: str
    role: Role
    password_hash: str
    capacity: int
    locale: Locale
    queue_ids: tuple[QueueId, ...]


_PLAIN = (
    agents.c.id,
    agents.c.login,
    agents.c.display_name,
    agents.c.role,
    agents.c.capacity,
    agents.c.locale,
    agents.c.disabled_at,
    agents.c.created_at,
)


async def find(connection: AsyncConnection, agent_id: AgentId) -> Agent | None:
    return next(iter(await _agents(connection, agents.c.id == agent_id)), None)


async def listed(connection: AsyncConnection) -> Sequence[Agent]:
    """Everybody, the disabled too, by name."""
    return await _agents(connection, sa.true())


async def credentials(connection: AsyncConnection, login: str) -> Credentials | None:
    """What signing in compares with. `login` in any case."""
    query = sa.select(agents.c.id, agents.c.password_hash, agents.c.disabled_at).where(agents.c.login == login.lower())
    row = (await connection.execute(query)).first()
    return Credentials(row.id, row.password_hash, row.disabled_at is not None) if row else None


async def add(work: UnitOfWork, new: NewAgent) -> AgentId:
    """Offline at first. Raises Conflict when the login is taken, BadInput for a queue that is not there."""
    agent_id, now = AgentId(new_id()), work.clock.now()
    row = {
        "id": agent_id,
        "login": new.login.lower(),
        "display_name": new.display_name,
        "role": new.role,
        "password_hash": new.password_hash,
        "capacity": new.capacity,
        "locale": new.locale,
        "created_at": now,
    }
    try:
        async with work.connection.begin_nested():
            await work.connection.execute(sa.insert(agents).values(row))
    except IntegrityError as error:
        raise Conflict("login_taken", f"There is an agent {new.login!r} already.", where="body.login") from error
    offline = {"agent_id": agent_id, "status": PresenceStatus.OFFLINE.value, "since": now, "idle_since": now}
    await work.connection.execute(sa.insert(presence).values(offline))
    await _put_queues(work, agent_id, new.queue_ids)
    return agent_id


async def change(
    work: UnitOfWork,
    agent_id: AgentId,
    *,
    display_name: str | None = None,
    role: Role | None = None,
    password_hash: str | None = None,
    capacity: int | None = None,
    locale: Locale | None = None,
    queue_ids: tuple[QueueId, ...] | None = None,
    disabled: bool | None = None,
) -> None:
    """What is None stays. Raises NotFound, and BadInput for a queue that is not there."""
    given: dict[str, Any] = {
        "display_name": display_name,
        "role": role,
        "password_hash": password_hash,
        "capacity": capacity,
        "locale": locale,
    }
    values = {name: value for name, value in given.items() if value is not None}
    if disabled is not None:
        since = sa.func.coalesce(agents.c.disabled_at, sa.literal(work.clock.now(), Moment))
        values["disabled_at"] = since if disabled else None
    values = values or {"locale": agents.c.locale}  # so that an unknown agent is noticed, too
    if queue_ids is not None:  # queues before agents, as whoever changes a queue does
        before = (await queue_ids_of(work.connection, [agent_id])).get(agent_id, ())
        await _outdate(work, set(before) ^ set(queue_ids))
    changed = await work.connection.execute(sa.update(agents).where(agents.c.id == agent_id).values(values))
    if changed.rowcount != 1:
        raise NotFound("agent_unknown", "There is no such agent.")
    if queue_ids is not None:
        await work.connection.execute(sa.delete(queue_members).where(queue_members.c.agent_id == agent_id))
        await _put_queues(work, agent_id, queue_ids)


async def other_admins(connection: AsyncConnection, agent_id: AgentId) -> int:
    """How many administrators besides this agent can sign in. Locked, so that no two of them step down at once."""
    query = (
        sa.select(agents.c.id)
        .where(agents.c.role == "admin", agents.c.disabled_at.is_(None))
        .order_by(agents.c.id)
        .with_for_update()
    )
    return sum(row.id != agent_id for row in await connection.execute(query))


async def queue_ids_of(connection: AsyncConnection, ids: Iterable[AgentId]) -> dict[AgentId, tuple[QueueId, ...]]:
    """Agent -> their queues; agents without any are missing."""
    query = (
        sa.select(queue_members.c.agent_id, queue_members.c.queue_id)
        .where(queue_members.c.agent_id.in_(sorted(set(ids))))
        .order_by(queue_members.c.queue_id)
    )
    found: dict[AgentId, tuple[QueueId, ...]] = {}
    for agent_id, queue_id in await connection.execute(query):
        found[agent_id] = (*found.get(agent_id, ()), queue_id)
    return found


async def _agents(connection: AsyncConnection, condition: sa.ColumnElement[bool]) -> list[Agent]:
    query = sa.select(*_PLAIN).where(condition).order_by(agents.c.display_name, agents.c.id)
    rows = (await connection.execute(query)).all()
    members = await queue_ids_of(connection, [row.id for row in rows])
    return [from_row(row._mapping, members.get(row.id, ())) for row in rows]


def from_row(values: sa.RowMapping, queue_ids: tuple[QueueId, ...]) -> Agent:
    """`values` has at least the columns of an Agent."""
    return Agent(
        id=values["id"],
        login=values["login"],
        display_name=values["display_name"],
        role=cast(Role, values["role"]),
        capacity=values["capacity"],
        locale=cast(Locale, values["locale"]),
        disabled_at=values["disabled_at"],
        created_at=values["created_at"],
        queue_ids=queue_ids,
    )


async def _outdate(work: UnitOfWork, queue_ids: Iterable[QueueId]) -> None:
    """Others serve them now than whoever is changing them has seen."""
    anew = sa.update(queues).where(queues.c.id.in_(sorted(queue_ids))).values(version=queues.c.version + 1)
    await work.connection.execute(anew)


async def _put_queues(work: UnitOfWork, agent_id: AgentId, queue_ids: tuple[QueueId, ...]) -> None:
    wanted = sorted(set(queue_ids))
    if not wanted:
        return
    known = await work.connection.execute(sa.select(queues.c.id).where(queues.c.id.in_(wanted)))
    if len(known.all()) != len(wanted):
        raise BadInput("queue_unknown", "One of these queues does not exist.", where="body.queue_ids")
    rows = [{"queue_id": queue_id, "agent_id": agent_id} for queue_id in wanted]
    await work.connection.execute(sa.insert(queue_members), rows)
