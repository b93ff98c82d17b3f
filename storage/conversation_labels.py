"""Conversations by their labels (tags, lifecycle, urgency), for lists of them.

A tag stands in the conversation's own row, where no index reaches it. Here it is found: rows are written when labels
change, or when a labelled conversation closes or reopens, never by a message.
"""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.bulk import Bulk
from storage.conversations import Conversation, labels_of
from storage.tables import conversation_labels, conversations

FEW = 2_000  # so many are read one by one and sorted; among more the list itself soon has a page

_l = conversation_labels.c


async def write(connection: AsyncConnection, changed: Iterable[Conversation]) -> None:
    """After their rows: what they are labelled now, and no more what they were when they were read."""
    gone, new = [], []
    for conversation in changed:
        now, before = labels_of(conversation), conversation.stored_labels
        if now != before:
            gone += [_row(conversation, *label) for label in sorted(before - now)]
            new += [_row(conversation, *label) for label in sorted(now - before)]
            conversation.stored_labels = now
    await _DELETE.execute(connection, gone)
    await _INSERT.execute(connection, new)


async def rarest(connection: AsyncConnection, labels: Iterable[str], *, is_open: bool) -> str | None:
    """That which the fewest have, when they are few; None when every one of them is frequent."""
    counts = {label: await _count(connection, label, is_open) for label in labels}
    label = min(counts, key=counts.__getitem__, default=None)
    return None if label is None or counts[label] > FEW else label


def has(label: str, *, is_open: bool) -> sa.ColumnElement[bool]:
    """Of each conversation that a query looks at."""
    return ids_of(label, is_open=is_open).where(_l.conversation_id == conversations.c.id).exists()


def ids_of(label: str, *, is_open: bool) -> sa.Select[tuple[object]]:
    return sa.select(_l.conversation_id).where(_l.is_open == is_open, _l.label == label)


async def _count(connection: AsyncConnection, label: str, is_open: bool) -> int:
    some = ids_of(label, is_open=is_open).limit(FEW + 1).subquery()
    return (await connection.execute(sa.select(sa.func.count()).select_from(some))).scalar_one()


def _row(conversation: Conversation, is_open: bool, label: str) -> dict[str, object]:
    return {"is_open": is_open, "label": label, "conversation_id": conversation.id}


_INSERT = Bulk.insert(conversation_labels)
_DELETE = Bulk.delete(conversation_labels, "is_open", "label", "conversation_id")
