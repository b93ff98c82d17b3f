"""Reminders and call backs: what somebody is to do at a time, kept over restarts and told once.

Each change is an event of the task's conversation, which the caller has locked, and goes through its ChangeSet:

    changes = ChangeSet(work)
    await tasks.add(work, changes, conversation, TaskState(id=..., kind="callback", phone=..., due_at=..., ...))
    await changes.flush()
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.events import TaskChanged, TaskDue, TaskState
from hub.ids import AgentId, ConversationId, CustomerId, QueueId, TaskId
from storage.changes import ChangeSet
from storage.conversations import Conversation
from storage.dialect import upsert
from storage.tables import channel_identities, conversations, tasks
from storage.unit_of_work import UnitOfWork

Change = Literal["changed", "done", "cancelled"]
COLUMNS = tuple(tasks.c[name] for name in TaskState.model_fields)


async def add(work: UnitOfWork, changes: ChangeSet, conversation: Conversation, task: TaskState) -> bool:
    """False: there is a task of this id already, and nothing was done. `task.made_at` is given by the caller."""
    insert = upsert(tasks, is_sqlite=work.is_sqlite).values(task.model_dump())
    made = await work.connection.execute(insert.on_conflict_do_nothing().returning(tasks.c.id))
    if made.first() is None:
        return False
    _tell(changes, conversation, task, "made", task.made_by)
    return True


async def change(
    work: UnitOfWork, changes: ChangeSet, conversation: Conversation, task: TaskState, what: Change, by: AgentId | None
) -> None:
    """`task` is as it shall be from now on. Its conversation is locked, and was when it was read."""
    values = task.model_dump(exclude={"id", "conversation_id", "made_by", "made_at"})
    await work.connection.execute(sa.update(tasks).where(tasks.c.id == task.id).values(values))
    _tell(changes, conversation, task, what, by)


async def tell_due(work: UnitOfWork, changes: ChangeSet, conversation: Conversation, task: TaskState) -> None:
    """Its time has come."""
    told = task.model_copy(update={"told_at": work.clock.now()})
    await work.connection.execute(sa.update(tasks).where(tasks.c.id == task.id).values(told_at=told.told_at))
    changes.record(conversation, lambda state: TaskDue(conversation=state, task=told))


async def find(connection: AsyncConnection, task_id: TaskId) -> TaskState | None:
    return next(iter(await by_ids(connection, [task_id])), None)


async def by_ids(connection: AsyncConnection, ids: Iterable[TaskId]) -> list[TaskState]:
    """Those that exist, in order of id. Nothing is locked: lock their conversations first."""
    query = sa.select(*COLUMNS).where(tasks.c.id.in_(sorted(set(ids)))).order_by(tasks.c.id)
    return [_task(row) for row in await connection.execute(query)]


async def open_callbacks(connection: AsyncConnection, conversation_id: ConversationId) -> list[TaskState]:
    """Who of this conversation is to be called back. Nothing is locked: lock the conversation first."""
    mine = (tasks.c.conversation_id == conversation_id) & (tasks.c.kind == "callback") & (tasks.c.state == "open")
    return [_task(row) for row in await connection.execute(sa.select(*COLUMNS).where(mine).order_by(tasks.c.id))]


async def due(connection: AsyncConnection, now: datetime, *, limit: int) -> list[tuple[TaskId, ConversationId]]:
    """Open ones whose time has come and that nobody was told of, the longest due first."""
    query = (
        sa.select(tasks.c.id, tasks.c.conversation_id)
        .where(tasks.c.state == "open", tasks.c.due_at <= now, tasks.c.told_at.is_(None))
        .order_by(tasks.c.due_at, tasks.c.id)
        .limit(limit)
    )
    return [(row.id, row.conversation_id) for row in await connection.execute(query)]


async def next_due_at(connection: AsyncConnection) -> datetime | None:
    """Of the open ones that nobody was told of."""
    query = sa.select(tasks.c.due_at).where(tasks.c.state == "open", tasks.c.told_at.is_(None))
    found = (await connection.execute(query.order_by(tasks.c.due_at).limit(1))).first()
    return found.due_at if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which tasks, and who asks: see `Sight` of console_reads. `mine`: of `agent_id`; `queue`: of nobody in particular;
    `all`: whosesoever. `due_before`: those that were due by then."""

    agent_id: AgentId
    queue_ids: frozenset[QueueId] | None  # None: sees everything
    view: Literal["mine", "queue", "all"] = "mine"
    is_open: bool = True
    customer_id: CustomerId | None = None
    due_before: datetime | None = None
    after: tuple[datetime, TaskId] | None = None
    limit: int = 50


async def page(connection: AsyncConnection, asked: Asked) -> list[TaskState]:
    """Open ones by their time, the others newest end first; one more than `limit` when there are more."""
    place = tasks.c.due_at if asked.is_open else tasks.c.ended_at
    query = sa.select(*COLUMNS).join(conversations, conversations.c.id == tasks.c.conversation_id)
    query = query.where(*_conditions(asked))
    if asked.after is not None:
        here, there = sa.tuple_(place, tasks.c.id), sa.tuple_(*_bound(place, asked.after))
        query = query.where(here > there if asked.is_open else here < there)
    order = (place, tasks.c.id) if asked.is_open else (place.desc(), tasks.c.id.desc())
    return [_task(row) for row in await connection.execute(query.order_by(*order).limit(asked.limit + 1))]


async def count_due(connection: AsyncConnection, asked: Asked) -> int:
    """How many of `page` there are in all, up to 1000."""
    query = sa.select(tasks.c.id).join(conversations, conversations.c.id == tasks.c.conversation_id)
    some = query.where(*_conditions(asked)).limit(1000).subquery()
    return int((await connection.execute(sa.select(sa.func.count()).select_from(some))).scalar_one())


def _conditions(asked: Asked) -> list[sa.ColumnElement[bool]]:
    found = [tasks.c.state == "open" if asked.is_open else tasks.c.state != "open"]
    if asked.view == "mine":
        found.append(tasks.c.agent_id == asked.agent_id)
    elif asked.view == "queue":
        found.append(tasks.c.agent_id.is_(None))
    if asked.queue_ids is not None:
        held = (conversations.c.owner_id == asked.agent_id) | (conversations.c.offered_to == asked.agent_id)
        found.append(conversations.c.queue_id.in_(sorted(asked.queue_ids)) | held)
    if asked.customer_id is not None:  # a conversation is whose its first identity is: see storage.tables
        theirs = sa.select(channel_identities.c.id).where(channel_identities.c.customer_id == asked.customer_id)
        found.append(conversations.c.identity_id.in_(theirs))
    if asked.due_before is not None:
        found.append(tasks.c.due_at <= asked.due_before)
    return found


def _bound(place: sa.Column[Any], after: tuple[datetime, TaskId]) -> tuple[Any, Any]:
    return sa.literal(after[0], place.type), sa.literal(after[1], tasks.c.id.type)


def _tell(
    changes: ChangeSet,
    conversation: Conversation,
    task: TaskState,
    what: Literal["made", "changed", "done", "cancelled"],
    by: AgentId | None,
) -> None:
    changes.record(conversation, lambda state: TaskChanged(conversation=state, task=task, change=what, by=by))


def _task(row: Any) -> TaskState:
    return TaskState.model_validate(row._asdict())
