"""Queues, as far as calls look at them, and the lock under which a queue's agents are given out."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.ids import QueueId
from storage.query import Query
from storage.tables import queues
from storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class CallQueue:
    """`settings`: a document of router.plan.queues."""

    id: QueueId
    pool: str
    settings: Any


_QUEUE = Query(sa.select(queues.c.id).where(queues.c.id == sa.bindparam("id")).with_for_update(key_share=True))
_QUEUES = Query(sa.select(queues.c.id, queues.c.pool, queues.c.settings).order_by(queues.c.created_at, queues.c.id))


async def queues_of(connection: AsyncConnection) -> dict[QueueId, CallQueue]:
    """All, the one that was made first first."""
    return {row.id: CallQueue(*row) for row in await _QUEUES.all(connection)}


async def lock(work: UnitOfWork, queue_id: QueueId) -> None:
    """Whoever gives out the agents of a queue does it alone. Writers of conversations are not held up."""
    if not work.is_sqlite:
        await _QUEUE.all(work.connection, id=queue_id)
