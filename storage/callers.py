"""Who calls, by their number."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.ids import AgentId, ConversationId, CustomerId
from storage.query import Query
from storage.tables import channel_identities, conversations, customers, evidence


@dataclass(frozen=True, slots=True)
class Caller:
    """What is known of who calls. `conversation_id`: their open one."""

    customer_id: CustomerId
    name: str | None = None
    conversation_id: ConversationId | None = None
    last_agent_id: AgentId | None = None


_BY_ADDRESS = Query(
    sa.select(channel_identities.c.customer_id).where(
        channel_identities.c.account_id == sa.bindparam("account_id"),
        channel_identities.c.external_id == sa.bindparam("caller"),
    )
)
_BY_NUMBER = Query(
    sa.select(channel_identities.c.customer_id)
    .join(evidence, evidence.c.identity_id == channel_identities.c.id)
    .where(
        evidence.c.kind == "phone",
        evidence.c.value == sa.bindparam("caller"),
        evidence.c.strength != "claimed",
        evidence.c.strength != "masked",
    )
    .distinct()
    .limit(2)
)
_OPEN_OF = Query(
    sa.select(
        conversations.c.id, conversations.c.customer_name, conversations.c.owner_id, conversations.c.last_agent_id
    ).where(conversations.c.customer_id == sa.bindparam("customer_id"), conversations.c.status != "closed")
)
_LAST_OF = Query(
    sa.select(conversations.c.customer_name, conversations.c.last_agent_id)
    .join(channel_identities, channel_identities.c.id == conversations.c.identity_id)
    .where(channel_identities.c.customer_id == sa.bindparam("customer_id"))
    .order_by(conversations.c.opened_at.desc())
    .limit(1)
)
_NAME_OF = Query(sa.select(customers.c.name).where(customers.c.id == sa.bindparam("customer_id")))


async def caller_of(connection: AsyncConnection, account_id: str, caller: str) -> Caller | None:
    """By their channel identity, else by a number that one customer alone has proved to have."""
    rows = await _BY_ADDRESS.all(connection, account_id=account_id, caller=caller)
    if not rows and caller.startswith("+"):
        rows = await _BY_NUMBER.all(connection, caller=caller)
    if len(rows) != 1:
        return None
    customer_id = rows[0].customer_id
    open_ones = await _OPEN_OF.all(connection, customer_id=customer_id)
    if open_ones:
        row = open_ones[0]
        return Caller(customer_id, row.customer_name, row.id, row.owner_id or row.last_agent_id)
    last = await _LAST_OF.all(connection, customer_id=customer_id)
    if last:
        return Caller(customer_id, last[0].customer_name, None, last[0].last_agent_id)
    named = await _NAME_OF.all(connection, customer_id=customer_id)
    return Caller(customer_id, named[0].name if named else None)
