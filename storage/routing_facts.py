"""What routing rules ask of customers that stands nowhere else together: their newest words, and since when they are
here. For many customers in one statement each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.events import Author, CallCard
from hub.ids import CustomerId, IdentityId
from storage.column_types import Moment
from storage.query import Query
from storage.tables import channel_identities, conversations, touchpoints


@dataclass(frozen=True, slots=True)
class Words:
    """The newest entry of a customer's own."""

    number: int
    account_id: str
    channel: str
    text: str | None
    call: CallCard | None
    unsupported_kind: str | None
    accepted_at: datetime


async def newest_words(connection: AsyncConnection, among: Iterable[CustomerId]) -> dict[CustomerId, Words]:
    """Of each of these customers who ever said anything."""
    found: dict[CustomerId, Words] = {}
    for row in await _NEWEST.all(connection, customers=sorted(set(among))):
        known = found.get(row.customer_id)
        if known is None or known.number < row.number:
            found[row.customer_id] = _words(row)
    return found


async def here_since(connection: AsyncConnection, ids: Iterable[IdentityId]) -> dict[IdentityId, datetime]:
    """When each of these identities first opened a conversation; those that never did are missing."""
    return {row.identity_id: row.first for row in await _FIRST.all(connection, ids=sorted(set(ids)))}


# By the identity's own numbering, as storage.touchpoints.newest_of says why.
_newest_of_identity = (
    sa.select(touchpoints.c.number)
    .where(touchpoints.c.identity_id == channel_identities.c.id, touchpoints.c.author == Author.CUSTOMER.value)
    .order_by(touchpoints.c.identity_seq.desc())
    .limit(1)
    .correlate(channel_identities)
    .scalar_subquery()
)
_NEWEST = Query(
    sa.select(
        channel_identities.c.customer_id,
        touchpoints.c.number,
        touchpoints.c.account_id,
        touchpoints.c.channel,
        touchpoints.c.text,
        touchpoints.c.call,
        touchpoints.c.unsupported_kind,
        touchpoints.c.accepted_at,
    )
    .join(touchpoints, touchpoints.c.number == _newest_of_identity)
    .where(channel_identities.c.customer_id.in_(sa.bindparam("customers", expanding=True)))
)
_FIRST = Query(
    sa.select(conversations.c.identity_id, sa.func.min(conversations.c.opened_at, type_=Moment).label("first"))
    .where(conversations.c.identity_id.in_(sa.bindparam("ids", expanding=True)))
    .group_by(conversations.c.identity_id)
)


def _words(row: Any) -> Words:
    call = CallCard.model_validate(row.call) if row.call else None
    return Words(row.number, row.account_id, row.channel, row.text, call, row.unsupported_kind, row.accepted_at)
