"""Which tags are in use: those of the conversations and customers touched last, the most used first. Older ones are
found by whoever remembers them; nobody chooses among ten thousand."""

from collections import Counter

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.events import ConversationStatus
from storage.console_reads import Sight
from storage.tables import channel_identities, conversations, customers

LOOK_AT = 300  # of each status and queue


async def in_use(connection: AsyncConnection, sight: Sight) -> list[str]:
    """Of conversations that may be seen, and their customers."""
    counted: Counter[str] = Counter()
    spelling: dict[str, str] = {}
    for status in ConversationStatus:
        for row in await connection.execute(_newest(status, sight)):
            theirs = [tag for tag, (is_on, *_) in (row.customer_tags or {}).items() if is_on]
            for tag in {*row.tags, *theirs}:
                counted[spelling.setdefault(tag.casefold(), tag)] += 1
    return [tag for tag, _ in sorted(counted.items(), key=lambda item: (-item[1], item[0].casefold()))]


def _newest(status: ConversationStatus, sight: Sight) -> sa.Select[tuple[list[str], dict[str, list[object]] | None]]:
    query = sa.select(conversations.c.tags, customers.c.tags.label("customer_tags"))
    query = query.join(channel_identities, channel_identities.c.id == conversations.c.identity_id)
    query = query.join(customers, customers.c.id == channel_identities.c.home_customer_id)
    query = query.where(conversations.c.status == status.value)
    if sight.queue_ids is not None:
        held = (conversations.c.owner_id == sight.agent_id) | (conversations.c.offered_to == sight.agent_id)
        query = query.where(conversations.c.queue_id.in_(sorted(sight.queue_ids)) | held)
    return query.order_by(conversations.c.last_touch_at.desc(), conversations.c.id.desc()).limit(LOOK_AT)
