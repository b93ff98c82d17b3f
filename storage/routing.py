"""What the router and its commands read: agents with their room, queues, and work that waits or is offered."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.clock import Clock
from hub.errors import NotFound
from hub.events import DEFAULT_POOL, Channel, ConversationStatus, OfferEnded, PresenceStatus
from hub.ids import AgentId, ConversationId, QueueId, new_id
from storage import conversations as conversation_store
from storage.column_types import Moment
from storage.conversations import Conversation
from storage.dialect import upsert
from storage.tables import (
    agents,
    call_legs,
    conversation_history,
    conversations,
    presence,
    queue_members,
    queues,
)
from storage.unit_of_work import UnitOfWork

LINE_MAX = 2000  # of one queue, for whoever asks how many stand before them
HELD = (ConversationStatus.OFFERED.value, ConversationStatus.ASSIGNED.value)


WorkClass = Literal["voice", "chat", "email", "comment"]


@dataclass(frozen=True, slots=True)
class AgentRow:
    """An agent who is not disabled. `held`: by class, what is owned or offered now, but for what is put off; a live
    call counts as voice."""

    id: AgentId
    name: str
    role: str
    capacity: int
    status: PresenceStatus
    since: datetime
    idle_since: datetime
    held: Mapping[WorkClass, int]
    queues: frozenset[QueueId]
    reason: str | None = None  # of being away or busy
    wrap_up_until: datetime | None = None  # nothing is offered before; may be over
    auto_accept: bool = False
    skills: Mapping[str, int] = field(default_factory=dict)
    limits: Mapping[WorkClass, int] = field(default_factory=dict)

    @property
    def load(self) -> int:
        """Conversations in hand, whatever they weigh."""
        return sum(count for work_class, count in self.held.items() if work_class != "voice")

    def holding(self, work_class: WorkClass) -> "AgentRow":
        """With one more of it."""
        return replace(self, held={**self.held, work_class: self.held.get(work_class, 0) + 1})


@dataclass(frozen=True, slots=True)
class Queue:
    """`settings` as JSON; their meaning is router.plan.queues'."""

    id: QueueId
    pool: str
    name: str
    offer_s: int
    settings: Mapping[str, Any] = field(default_factory=dict)


def work_class(conversation: Conversation) -> WorkClass:
    """By what was said last: a comment under a post, a mail, or anything else. `_CLASS` says the same in SQL."""
    last = conversation.preview
    if last is not None and last.kind == "public":
        return "comment"
    return "email" if last is not None and last.channel is Channel.EMAIL else "chat"


async def queues_of(connection: AsyncConnection, pool: str | None = None) -> dict[QueueId, Queue]:
    """All queues, or those of one pool, by id."""
    query = sa.select(*_QUEUE_COLUMNS).order_by(queues.c.created_at)
    if pool is not None:
        query = query.where(queues.c.pool == pool)
    return {row.id: Queue(*row) for row in await connection.execute(query)}


async def pools(connection: AsyncConnection) -> list[str]:
    """Those that have queues; the default one, at least."""
    return sorted({DEFAULT_POOL, *(await connection.execute(_POOLS)).scalars()})


async def ensure_queue(work: UnitOfWork, *, name: str, offer_s: int) -> None:
    """The first queue, unless there is one. Several processes may do this at once."""
    if await queues_of(work.connection):
        return
    insert = upsert(queues, is_sqlite=work.is_sqlite).values(
        id=QueueId(new_id()), pool=DEFAULT_POOL, name=name, offer_s=offer_s, created_at=work.clock.now()
    )
    await work.connection.execute(insert.on_conflict_do_nothing(index_elements=["name"]))


async def agent_rows(
    connection: AsyncConnection, ids: Iterable[AgentId] | None = None, *, clock: Clock
) -> dict[AgentId, AgentRow]:
    """Those of `ids` (all when None) that exist and are not disabled."""
    among = None if ids is None else sorted(set(ids))
    chosen = (
        agents.c.disabled_at.is_(None) if among is None else agents.c.disabled_at.is_(None) & agents.c.id.in_(among)
    )
    held = await _held(connection, among, clock.now())
    members = await _memberships(connection, among)
    query = (
        sa.select(
            agents.c.id,
            agents.c.display_name,
            agents.c.role,
            agents.c.capacity,
            presence.c.status,
            presence.c.since,
            presence.c.idle_since,
            presence.c.reason,
            presence.c.wrap_up_until,
            agents.c.auto_accept,
            agents.c.skills,
            agents.c.limits,
        )
        .outerjoin(presence, presence.c.agent_id == agents.c.id)
        .where(chosen)
    )
    now = clock.now()
    return {
        row.id: AgentRow(
            id=row.id,
            name=row.display_name,
            role=row.role,
            capacity=row.capacity,
            status=PresenceStatus(row.status) if row.status else PresenceStatus.OFFLINE,
            since=row.since or now,
            idle_since=row.idle_since or now,
            held=held.get(row.id, {}),
            queues=members.get(row.id, frozenset()),
            reason=row.reason,
            wrap_up_until=row.wrap_up_until,
            auto_accept=row.auto_accept,
            skills=row.skills or {},
            limits=row.limits or {},
        )
        for row in await connection.execute(query)
    }


async def lock_agent(connection: AsyncConnection, agent_id: AgentId, *, clock: Clock) -> AgentRow:
    """The agent, with their room held still until the unit of work ends. Lock conversations before agents.

    Raises NotFound for unknown and disabled agents.
    """
    await lock_agents(connection, [agent_id])
    rows = await agent_rows(connection, [agent_id], clock=clock)
    if agent_id not in rows:
        raise NotFound("agent_unknown", "There is no such agent.", where="agent_id")
    return rows[agent_id]


async def lock_agents(connection: AsyncConnection, ids: Iterable[AgentId]) -> None:
    """In order of id, so that two lockers cannot wait for each other. Whoever only names an agent (a call's leg) does
    not wait for it: nothing of the agent's row changes but what its lockers change.

    The order of locks, for everybody: customers, then conversations, then a call, then agents; of each all at once.
    Whoever writes the presence of several has locked those agents first.
    """
    among = sorted(set(ids))
    if not among:
        return
    query = sa.select(agents.c.id).where(agents.c.id.in_(among)).order_by(agents.c.id)
    await connection.execute(query.with_for_update(key_share=True))


async def put_presence(
    connection: AsyncConnection,
    agent_id: AgentId,
    status: PresenceStatus,
    *,
    reason: str | None = None,
    now: datetime,
    is_sqlite: bool,
) -> None:
    """Sets the status; `idle_since` starts anew when somebody becomes available."""
    values = {"status": status.value, "reason": reason, "since": now}
    if status is PresenceStatus.AVAILABLE:
        values["idle_since"] = now
    insert = upsert(presence, is_sqlite=is_sqlite).values(
        agent_id=agent_id, status=status.value, reason=reason, since=now, idle_since=now
    )
    await connection.execute(insert.on_conflict_do_update(index_elements=["agent_id"], set_=values))


async def put_wrap_up(connection: AsyncConnection, agent_id: AgentId, until: datetime | None) -> None:
    await connection.execute(sa.update(presence).where(presence.c.agent_id == agent_id).values(wrap_up_until=until))


async def on_calls(connection: AsyncConnection) -> set[AgentId]:
    """Who rings or talks on the telephone now."""
    return set((await connection.execute(sa.select(call_legs.c.agent_id))).scalars())


async def queue_settings(connection: AsyncConnection, queue_id: QueueId) -> Any:
    """As JSON; their meaning is router.plan.queues'. None: there is no such queue."""
    return (await connection.execute(sa.select(queues.c.settings).where(queues.c.id == queue_id))).scalar_one_or_none()


async def touch_idle(connection: AsyncConnection, ids: Iterable[AgentId], now: datetime) -> None:
    """They took or finished work just now: others have been idle longer."""
    among = sorted(set(ids))
    if among:
        await connection.execute(sa.update(presence).where(presence.c.agent_id.in_(among)).values(idle_since=now))


async def work_in(connection: AsyncConnection, pool_queues: Iterable[QueueId]) -> Sequence[Conversation]:
    """Everything of these queues that waits, is offered, or is put off, oldest place first."""
    waits = (ConversationStatus.WAITING.value, ConversationStatus.OFFERED.value)
    asleep = (conversations.c.status != ConversationStatus.CLOSED.value) & conversations.c.snoozed_until.is_not(None)
    query = (
        sa.select(conversations)
        .where(
            conversations.c.queue_id.in_(sorted(pool_queues)),
            conversations.c.status.in_(waits) | asleep,
        )
        .order_by(conversations.c.queued_at)
    )
    return [conversation_store.from_row(row) for row in await connection.execute(query)]


async def by_ids(connection: AsyncConnection, ids: Iterable[ConversationId]) -> dict[ConversationId, Conversation]:
    """For reading; nothing is locked."""
    query = sa.select(conversations).where(conversations.c.id.in_(sorted(set(ids))))
    return {row.id: conversation_store.from_row(row) for row in await connection.execute(query)}


async def held_by(connection: AsyncConnection, agent_ids: Iterable[AgentId]) -> list[ConversationId]:
    """Conversations offered to or owned by any of them, oldest place first. What is put off stays theirs."""
    among = sorted(set(agent_ids))
    query = (
        sa.select(conversations.c.id)
        .where(
            conversations.c.status.in_(HELD),
            conversations.c.snoozed_until.is_(None),
            conversations.c.owner_id.in_(among) | conversations.c.offered_to.in_(among),
        )
        .order_by(conversations.c.queued_at)
    )
    return [row.id for row in await connection.execute(query)]


async def line_of(connection: AsyncConnection, queue_id: QueueId) -> list[Conversation]:
    """At most LINE_MAX of those that wait in this queue, in no order."""
    query = (
        sa.select(conversations)
        .where(
            conversations.c.queue_id == queue_id,
            conversations.c.status == ConversationStatus.WAITING.value,
            conversations.c.snoozed_until.is_(None),
        )
        .limit(LINE_MAX)
    )
    return [conversation_store.from_row(row) for row in await connection.execute(query)]


async def refused_since(
    connection: AsyncConnection, conversation_id: ConversationId, since: datetime
) -> dict[AgentId, datetime]:
    """Who declined it or let it ring out, and when last."""
    query = sa.select(conversation_history.c.agent_id, sa.func.max(conversation_history.c.at, type_=Moment)).where(
        conversation_history.c.conversation_id == conversation_id,
        conversation_history.c.type == OfferEnded.TYPE,
        conversation_history.c.at > since,
        conversation_history.c.agent_id.is_not(None),
        conversation_history.c.data["reason"].as_string().in_(("declined", "expired")),
    )
    rows = await connection.execute(query.group_by(conversation_history.c.agent_id))
    return {row[0]: row[1] for row in rows}


async def members_of(connection: AsyncConnection, queue_id: QueueId, *, clock: Clock) -> list[AgentRow]:
    """Who serves the queue."""
    query = sa.select(queue_members.c.agent_id).where(queue_members.c.queue_id == queue_id)
    ids = list((await connection.execute(query)).scalars())
    return list((await agent_rows(connection, ids, clock=clock)).values())


async def waiting_count(connection: AsyncConnection, pool_queues: Iterable[QueueId]) -> int:
    query = sa.select(sa.func.count()).where(
        conversations.c.queue_id.in_(sorted(pool_queues)),
        conversations.c.status == ConversationStatus.WAITING.value,
    )
    return int((await connection.execute(query)).scalar_one())


_POOLS = sa.select(queues.c.pool).distinct()
_QUEUE_COLUMNS = tuple(queues.c[name] for name in Queue.__dataclass_fields__)
_CLASS = sa.case(
    (conversations.c.preview["kind"].as_string() == "public", "comment"),
    (conversations.c.preview["channel"].as_string() == Channel.EMAIL.value, "email"),
    else_="chat",
)


async def _held(
    connection: AsyncConnection, among: list[AgentId] | None, now: datetime
) -> dict[AgentId, dict[WorkClass, int]]:
    held: dict[AgentId, dict[WorkClass, int]] = {}
    for column in (conversations.c.owner_id, conversations.c.offered_to):
        query = (
            sa.select(column, _CLASS, sa.func.count())
            .where(conversations.c.status.in_(HELD), conversations.c.snoozed_until.is_(None), column.is_not(None))
            .group_by(column, _CLASS)
        )
        if among is not None:
            query = query.where(column.in_(among))
        for agent_id, work_class, count in await connection.execute(query):
            mine = held.setdefault(agent_id, {})
            mine[work_class] = mine.get(work_class, 0) + count
    legs = sa.select(call_legs.c.agent_id).where(call_legs.c.until > now)
    for (agent_id,) in await connection.execute(legs if among is None else legs.where(call_legs.c.agent_id.in_(among))):
        held.setdefault(agent_id, {})["voice"] = 1
    return held


async def _memberships(connection: AsyncConnection, among: list[AgentId] | None) -> dict[AgentId, frozenset[QueueId]]:
    query = sa.select(queue_members.c.agent_id, queue_members.c.queue_id)
    if among is not None:
        query = query.where(queue_members.c.agent_id.in_(among))
    found: dict[AgentId, set[QueueId]] = {}
    for agent_id, queue_id in await connection.execute(query):
        found.setdefault(agent_id, set()).add(queue_id)
    return {agent_id: frozenset(ids) for agent_id, ids in found.items()}
