"""Conversations whose clocks must be looked at: by an index of those that run, the soonest first; after a change of
what is promised, those that wait since then."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from hub.events import ConversationStatus
from hub.ids import ConversationId
from storage.engine import Connection
from storage.query import Query
from storage.tables import conversations
from storage.unit_of_work import UnitOfWork

_WAKE = conversations.c.sla_wake_at
# Word for word the condition of the partial index.
_RUNS = sa.text("conversations.sla_wake_at IS NOT NULL")
_DUE = Query(
    sa.select(conversations.c.id, _WAKE)
    .where(_RUNS, conversations.c.sla_wake_at <= sa.bindparam("now", type_=_WAKE.type))
    .order_by(_WAKE)
    .limit(sa.bindparam("at_most"))
)
_WAITING = Query(
    sa.select(conversations.c.id).where(
        conversations.c.status.in_([s.value for s in ConversationStatus if s is not ConversationStatus.CLOSED]),
        conversations.c.waiting_since >= sa.bindparam("since", type_=_WAKE.type),
    )
)


async def due(connection: Connection, now: datetime, *, limit: int) -> list[ConversationId]:
    return [row.id for row in await _DUE.all(connection, now=now, at_most=limit)]


async def waiting_since(connection: Connection, since: datetime) -> list[ConversationId]:
    """Whose customers began to wait then or later, in no order. Reads every open conversation: for what is rare."""
    return [row.id for row in await _WAITING.all(connection, since=since)]


async def put_off(work: UnitOfWork, ids: Iterable[ConversationId], until: datetime | None) -> None:
    """To be looked at again then, or never. Nobody sees this, so it is no event; the rows are locked by `work`."""
    among = sorted(set(ids))
    if among:
        change = sa.update(conversations).where(conversations.c.id.in_(among)).values(sla_wake_at=until)
        await work.connection.execute(change)
