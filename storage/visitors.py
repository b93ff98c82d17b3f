"""What web chat reads: everything of one channel identity, and nothing beside it. Nothing here writes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.events import Author, ConversationStatus, DeliveryState
from hub.ids import IdentityId, TouchpointId
from storage.tables import channel_identities, conversations, provider_messages, touchpoints
from storage.touchpoints import PAGE_MAX, Touchpoint, from_row


@dataclass(frozen=True, slots=True)
class VisitorIdentity:
    """`last_seq`: the newest place in the order of this identity, 0 before the first message."""

    id: IdentityId
    last_seq: int


async def find(connection: AsyncConnection, account_id: str, external_id: str) -> VisitorIdentity | None:
    """None until the first event of this visitor was handled."""
    query = sa.select(channel_identities.c.id, channel_identities.c.last_seq).where(
        channel_identities.c.account_id == account_id, channel_identities.c.external_id == external_id
    )
    row = (await connection.execute(query)).first()
    return VisitorIdentity(*row) if row else None


async def addresses(connection: AsyncConnection, ids: Iterable[IdentityId]) -> dict[IdentityId, tuple[str, str]]:
    """identity -> (account id, external id)."""
    columns = (channel_identities.c.id, channel_identities.c.account_id, channel_identities.c.external_id)
    query = sa.select(*columns).where(channel_identities.c.id.in_(sorted(set(ids))))
    return {row.id: (row.account_id, row.external_id) for row in await connection.execute(query)}


async def newest(
    connection: AsyncConnection, identity_id: IdentityId, *, before_seq: int | None = None, limit: int = 30
) -> list[Touchpoint]:
    """The newest `limit` entries below `before_seq`, oldest first."""
    query = sa.select(touchpoints).where(touchpoints.c.identity_id == identity_id)
    if before_seq is not None:
        query = query.where(touchpoints.c.identity_seq < before_seq)
    query = query.order_by(touchpoints.c.identity_seq.desc()).limit(min(limit, PAGE_MAX))
    return [from_row(row) for row in reversed((await connection.execute(query)).all())]


async def taken_message(connection: AsyncConnection, account_id: str, provider_message_id: str) -> Touchpoint | None:
    """The entry that an earlier try at sending the same message has become."""
    query = (
        sa.select(touchpoints)
        .join(provider_messages, provider_messages.c.touchpoint_number == touchpoints.c.number)
        .where(
            provider_messages.c.account_id == account_id,
            provider_messages.c.provider_message_id == provider_message_id,
        )
    )
    row = (await connection.execute(query)).first()
    return from_row(row) if row else None


async def replies_in(
    connection: AsyncConnection, identity_id: IdentityId, states: Sequence[DeliveryState], *, until_seq: int
) -> list[TouchpointId]:
    """Our replies up to `until_seq` whose delivery stands at one of `states`: the oldest PAGE_MAX of them."""
    query = (
        sa.select(touchpoints.c.id)
        .where(
            touchpoints.c.identity_id == identity_id,
            touchpoints.c.identity_seq <= until_seq,
            touchpoints.c.delivery_state.in_([state.value for state in states]),
        )
        .order_by(touchpoints.c.identity_seq)
        .limit(PAGE_MAX)
    )
    return list((await connection.execute(query)).scalars())


async def unread(connection: AsyncConnection, identity_id: IdentityId, *, at_most: int = 99) -> int:
    """Replies, the hub's own too, that the visitor has not read yet."""
    waiting = [s.value for s in DeliveryState if s not in (DeliveryState.READ, DeliveryState.FAILED)]
    few = (
        sa.select(touchpoints.c.number)
        .where(
            touchpoints.c.identity_id == identity_id,
            touchpoints.c.author != Author.CUSTOMER.value,
            touchpoints.c.delivery_state.in_(waiting),
        )
        .limit(at_most)
        .subquery()
    )
    return (await connection.execute(sa.select(sa.func.count()).select_from(few))).scalar_one()


async def seen_seq(connection: AsyncConnection, identity_id: IdentityId) -> int:
    """Up to where staff has seen the visitor's words: all of it when nothing is unread in the newest conversation,
    else up to our last answer. 0 when nobody has looked."""
    query = (
        sa.select(touchpoints.c.identity_seq, conversations.c.unread, conversations.c.status)
        .join(conversations, conversations.c.id == touchpoints.c.conversation_id)
        .where(touchpoints.c.identity_id == identity_id)
        .order_by(touchpoints.c.identity_seq.desc())
        .limit(1)
    )
    last = (await connection.execute(query)).first()
    if last is None:
        return 0
    if last.unread == 0 or last.status == ConversationStatus.CLOSED.value:
        return int(last.identity_seq)
    answered = (
        sa.select(touchpoints.c.identity_seq)
        .where(touchpoints.c.identity_id == identity_id, touchpoints.c.author == Author.BUSINESS.value)
        .order_by(touchpoints.c.identity_seq.desc())
        .limit(1)
    )
    return (await connection.execute(answered)).scalar_one_or_none() or 0
