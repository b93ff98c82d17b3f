"""What happened lately, for trying a rule on it. Bounded: the conversations touched last, and what happened in them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.events import ConversationStatus
from hub.ids import ConversationId
from storage import conversations as conversation_store
from storage import touchpoints as touchpoint_store
from storage.conversations import Conversation
from storage.tables import conversation_history, conversations, touchpoints
from storage.touchpoints import Touchpoint


@dataclass(frozen=True, slots=True)
class Happened:
    """A line of the history. `seq`: its place in it."""

    conversation_id: ConversationId
    seq: int
    type: str
    at: datetime
    reason: str | None


async def touched(connection: AsyncConnection, since: datetime, *, limit: int) -> list[Conversation]:
    """Open or closed, touched last first; merged ones aside, for what they were goes on in another."""
    found: list[Conversation] = []
    for status in ConversationStatus:
        query = (
            sa.select(conversations)
            .where(conversations.c.status == status.value, conversations.c.last_touch_at >= since)
            .where(conversations.c.merged_into.is_(None))
            .order_by(conversations.c.last_touch_at.desc(), conversations.c.id.desc())
            .limit(limit)
        )
        found += [conversation_store.from_row(row) for row in await connection.execute(query)]
    return sorted(found, key=lambda one: (one.last_touch_at, one.id), reverse=True)[:limit]


async def entries(
    connection: AsyncConnection, among: Collection[ConversationId], since: datetime, *, limit: int
) -> Sequence[Touchpoint]:
    """In order of acceptance."""
    query = (
        sa.select(touchpoints)
        .where(touchpoints.c.conversation_id.in_(sorted(among)), touchpoints.c.accepted_at >= since)
        .order_by(touchpoints.c.number.desc())
        .limit(limit)
    )
    return [touchpoint_store.from_row(row) for row in await connection.execute(query)][::-1]


async def happened(
    connection: AsyncConnection, among: Collection[ConversationId], type_: str, since: datetime, *, limit: int
) -> Sequence[Happened]:
    columns = (conversation_history.c[name] for name in ("conversation_id", "seq", "type", "at", "data"))
    query = (
        sa.select(*columns)
        .where(
            conversation_history.c.conversation_id.in_(sorted(among)),
            conversation_history.c.type == type_,
            conversation_history.c.at >= since,
        )
        .order_by(conversation_history.c.at.desc())
        .limit(limit)
    )
    rows = (await connection.execute(query)).all()
    return [Happened(row.conversation_id, row.seq, row.type, row.at, row.data.get("reason")) for row in rows][::-1]
