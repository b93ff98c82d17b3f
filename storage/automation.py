"""What automation rules did and left, and what they look at by the clock. Their meaning is router.automation's."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.ids import ConversationId, EventId
from storage.dialect import upsert
from storage.query import Query
from storage.tables import automation_log, automation_looks, conversations
from storage.unit_of_work import UnitOfWork, Units

Outcome = Literal["done", "failed", "skipped"]
DETAIL_MAX_CHARS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """`actions`: what became of each, in order. `detail`: why it was skipped."""

    rule_id: str
    rule_name: str
    conversation_id: ConversationId
    event_id: EventId
    event_type: str
    outcome: Outcome
    depth: int = 0
    actions: Sequence[dict[str, Any]] = ()
    detail: str | None = None
    at: datetime | None = None
    number: int = 0


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of the conversations at hand. `depths`: cause -> depth of the runs that it set off."""

    done: frozenset[tuple[str, EventId]] = frozenset()
    depths: dict[EventId, int] = field(default_factory=dict)
    lately: dict[ConversationId, int] = field(default_factory=dict)
    said_too_many: frozenset[ConversationId] = frozenset()


_COLUMNS = tuple(automation_log.c[name] for name in Run.__dataclass_fields__)
_BY_EVENT = Query(
    sa.select(automation_log.c.rule_id, automation_log.c.event_id, automation_log.c.depth).where(
        automation_log.c.event_id.in_(sa.bindparam("events", expanding=True))
    )
)
_LATELY = Query(
    sa.select(automation_log.c.conversation_id, automation_log.c.outcome, automation_log.c.detail).where(
        automation_log.c.conversation_id.in_(sa.bindparam("conversations", expanding=True)),
        automation_log.c.at > sa.bindparam("since", type_=automation_log.c.at.type),
    )
)


async def past(
    connection: AsyncConnection,
    conversation_ids: Iterable[ConversationId],
    event_ids: Iterable[EventId],
    *,
    since: datetime,
    too_many: str,
) -> Past:
    """`event_ids`: what may set rules off, and the causes of those. While the conversations are locked, nobody adds
    to it."""
    rows = await _BY_EVENT.all(connection, events=sorted(set(event_ids)))
    depths: dict[EventId, int] = {}
    for row in rows:
        depths[row.event_id] = max(row.depth, depths.get(row.event_id, 0))
    lately: dict[ConversationId, int] = {}
    said = set()
    for row in await _LATELY.all(connection, conversations=sorted(set(conversation_ids)), since=since):
        if row.outcome != "skipped":
            lately[row.conversation_id] = lately.get(row.conversation_id, 0) + 1
        elif row.detail == too_many:
            said.add(row.conversation_id)
    done = frozenset((row.rule_id, row.event_id) for row in rows)
    return Past(done, depths, lately, frozenset(said))


async def add(work: UnitOfWork, runs: Sequence[Run]) -> None:
    rows = [
        {name: getattr(run, name) for name in Run.__dataclass_fields__ if name not in ("number", "at")}
        | {"at": work.clock.now(), "actions": list(run.actions), "detail": run.detail and run.detail[:DETAIL_MAX_CHARS]}
        for run in runs
    ]
    if rows:
        await work.connection.execute(sa.insert(automation_log), rows)


async def page(
    connection: AsyncConnection,
    *,
    rule_id: str | None = None,
    conversation_id: ConversationId | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Run]:
    """Newest first."""
    query = sa.select(*_COLUMNS)
    if rule_id is not None:
        query = query.where(automation_log.c.rule_id == rule_id)
    if conversation_id is not None:
        query = query.where(automation_log.c.conversation_id == conversation_id)
    if before is not None:
        query = query.where(automation_log.c.number < before)
    rows = await connection.execute(query.order_by(automation_log.c.number.desc()).limit(limit))
    return [Run(**row._asdict()) for row in rows]


# --- forgetting ---------------------------------------------------------------------------------------------------


async def forget_runs(units: Units, before: datetime, *, limit: int) -> int:
    """The oldest of those before that moment, at most `limit`; how many. Looked up beside the writer."""
    oldest = sa.select(automation_log.c.number).where(automation_log.c.at < before).order_by(automation_log.c.at)
    async with units.database.reading() as connection:
        numbers = list((await connection.execute(oldest.limit(limit))).scalars())
    if numbers:
        async with units.begin() as work:
            await work.connection.execute(sa.delete(automation_log).where(automation_log.c.number.in_(numbers)))
            await work.commit()
    return len(numbers)


async def forget_looks(units: Units, before: datetime, *, besides: Iterable[str]) -> None:
    """Of rules that have not looked since that moment, but for these, which look at it."""
    async with units.begin() as work:
        stale = automation_looks.c.looked_until < before, automation_looks.c.rule_id.not_in(sorted(besides))
        await work.connection.execute(sa.delete(automation_looks).where(*stale))
        await work.commit()


# --- silence -----------------------------------------------------------------------------------------------------


async def looked_until(connection: AsyncConnection) -> dict[str, datetime]:
    """By rule."""
    rows = await connection.execute(sa.select(automation_looks.c.rule_id, automation_looks.c.looked_until))
    return {row.rule_id: row.looked_until for row in rows}


async def put_looked_until(work: UnitOfWork, rule_id: str, until: datetime) -> None:
    insert = upsert(automation_looks, is_sqlite=work.is_sqlite).values(rule_id=rule_id, looked_until=until)
    change = insert.on_conflict_do_update(index_elements=["rule_id"], set_={"looked_until": until})
    await work.connection.execute(change)


# Word for word the condition of the partial index.
_ANSWERED = sa.text("conversations.agent_active_at IS NOT NULL")
_SILENT = Query(
    sa.select(conversations.c.id, conversations.c.agent_active_at)
    .where(
        _ANSWERED,
        conversations.c.agent_active_at > sa.bindparam("after", type_=conversations.c.agent_active_at.type),
        conversations.c.agent_active_at <= sa.bindparam("until", type_=conversations.c.agent_active_at.type),
        conversations.c.status != "closed",
        conversations.c.waiting_since.is_(None),
        conversations.c.snoozed_until.is_(None),
    )
    .order_by(conversations.c.agent_active_at, conversations.c.id)
    .limit(sa.bindparam("at_most"))
)


async def silent(
    connection: AsyncConnection, after: datetime, until: datetime, *, limit: int
) -> list[tuple[ConversationId, datetime]]:
    """Open ones where nobody said anything since an agent's last word, which came after `after`, at `until` at the
    latest; with the moment of that word, the oldest first."""
    rows = await _SILENT.all(connection, after=after, until=until, at_most=limit)
    return [(row.id, row.agent_active_at) for row in rows]
