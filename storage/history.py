"""What happened to conversations besides touchpoints, as ChangeSet wrote it down: offered, assigned, merged, closed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.events import NoteAdded
from hub.ids import AgentId, ConversationId, IdentityId, NoteId
from storage.tables import conversation_history, conversations

PAGE_MAX = 500


@dataclass(frozen=True, slots=True)
class Happening:
    """`data` are the event's fields, without the conversation."""

    conversation_id: ConversationId
    seq: int
    type: str
    at: datetime
    agent_id: AgentId | None
    data: dict[str, Any]


_COLUMNS = tuple(conversation_history.c[name] for name in Happening.__dataclass_fields__)


async def between(
    connection: AsyncConnection, identities: Iterable[IdentityId], *, since: datetime | None, until: datetime | None
) -> list[Happening]:
    """The newest PAGE_MAX of all conversations opened through these identities, `since` <= at < `until`, in order."""
    query = (
        sa.select(*_COLUMNS)
        .join(conversations, conversations.c.id == conversation_history.c.conversation_id)
        .where(conversations.c.identity_id.in_(sorted(set(identities))))
        .order_by(conversation_history.c.at.desc(), conversation_history.c.seq.desc())
        .limit(PAGE_MAX)
    )
    if since is not None:
        query = query.where(conversation_history.c.at >= since)
    if until is not None:
        query = query.where(conversation_history.c.at < until)
    return [Happening(*row) for row in reversed((await connection.execute(query)).all())]


async def after_seq(connection: AsyncConnection, conversation_id: ConversationId, seq: int) -> list[Happening]:
    """Of one conversation, in order; at most PAGE_MAX."""
    query = (
        sa.select(*_COLUMNS)
        .where(conversation_history.c.conversation_id == conversation_id, conversation_history.c.seq > seq)
        .order_by(conversation_history.c.seq)
        .limit(PAGE_MAX)
    )
    return [Happening(*row) for row in await connection.execute(query)]


async def has_note(connection: AsyncConnection, conversation_id: ConversationId, note_id: NoteId) -> bool:
    """Was it written before? Looks at the newest PAGE_MAX notes: a click is not repeated after more of them."""
    query = (
        sa.select(conversation_history.c.data)
        .where(conversation_history.c.conversation_id == conversation_id, conversation_history.c.type == NoteAdded.TYPE)
        .order_by(conversation_history.c.seq.desc())
        .limit(PAGE_MAX)
    )
    return any(row.data.get("note_id") == str(note_id) for row in await connection.execute(query))
