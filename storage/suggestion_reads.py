"""The queue of open suggestions: the likeliest first, each told only to those who may see a side that may be told."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import BadInput
from hub.ids import CustomerId, SuggestionId
from storage.console_reads import Sight
from storage.suggestions import Suggestion, from_row
from storage.tables import Id, channel_identities, conversations, suggestions

COUNT_MAX = 1000  # "more than that" is all that anybody wants to know

_A, _B = channel_identities.alias("a"), channel_identities.alias("b")
_PAIRED = suggestions.join(_A, _A.c.id == suggestions.c.identity_a).join(_B, _B.c.id == suggestions.c.identity_b)
Condition = sa.ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Waiting:
    """`a` and `b`: the two customers as they are now."""

    suggestion: Suggestion
    a: CustomerId
    b: CustomerId


async def page(
    connection: AsyncConnection, sight: Sight, *, after: str | None, limit: int
) -> tuple[list[Waiting], str | None]:
    """And the cursor of the next page. Raises BadInput for a cursor that is none of ours."""
    query = (
        sa.select(suggestions, _A.c.customer_id.label("customer_a"), _B.c.customer_id.label("customer_b"))
        .select_from(_PAIRED)
        .where(*_waiting(sight))
        .order_by(suggestions.c.rank.desc(), suggestions.c.id.desc())
        .limit(limit + 1)
    )
    if after is not None:
        rank, suggestion_id = _read_cursor(after)
        here = sa.tuple_(suggestions.c.rank, suggestions.c.id)
        query = query.where(here < sa.tuple_(sa.literal(rank), sa.literal(suggestion_id, Id)))
    found = [Waiting(from_row(row), row.customer_a, row.customer_b) for row in await connection.execute(query)]
    shown = found[:limit]
    return shown, _cursor(shown[-1].suggestion) if len(found) > limit else None


async def find(connection: AsyncConnection, suggestion_id: SuggestionId) -> Waiting | None:
    """One that is still open, between two customers."""
    query = (
        sa.select(suggestions, _A.c.customer_id.label("customer_a"), _B.c.customer_id.label("customer_b"))
        .select_from(_PAIRED)
        .where(suggestions.c.id == suggestion_id, *_OPEN)
    )
    row = (await connection.execute(query)).first()
    return Waiting(from_row(row), row.customer_a, row.customer_b) if row else None


async def count(connection: AsyncConnection, sight: Sight) -> int:
    """At most COUNT_MAX."""
    some = sa.select(suggestions.c.id).select_from(_PAIRED).where(*_waiting(sight)).limit(COUNT_MAX).subquery()
    return int((await connection.execute(sa.select(sa.func.count()).select_from(some))).scalar_one())


async def seen_among(connection: AsyncConnection, sight: Sight, ids: Iterable[CustomerId]) -> set[CustomerId]:
    """Those of whom a conversation may be seen."""
    among = sorted(set(ids))
    if sight.queue_ids is None or not among:
        return set(among)
    query = (
        sa.select(channel_identities.c.customer_id)
        .distinct()
        .join(conversations, conversations.c.identity_id == channel_identities.c.id)
        .where(channel_identities.c.customer_id.in_(among), _may_see(sight))
    )
    return set((await connection.execute(query)).scalars())


_OPEN = (suggestions.c.status == "open", _A.c.customer_id != _B.c.customer_id)


def _waiting(sight: Sight) -> tuple[Condition, ...]:
    if sight.queue_ids is None:
        return _OPEN
    return (*_OPEN, sa.or_(*(_told(side) & _seen(side, sight) for side in (_A, _B))))


def _told(side: sa.FromClause) -> Condition:
    return sa.or_(suggestions.c.only_for.is_(None), suggestions.c.only_for == side.c.id)


def _seen(side: sa.FromClause, sight: Sight) -> Condition:
    """Whether a conversation that any identity of this side's customer opened may be seen."""
    theirs = channel_identities.alias()
    opened = sa.select(sa.literal(1)).where(
        theirs.c.customer_id == side.c.customer_id, conversations.c.identity_id == theirs.c.id, _may_see(sight)
    )
    return opened.correlate(side).exists()


def _may_see(sight: Sight) -> Condition:
    return sa.or_(
        conversations.c.queue_id.in_(sorted(sight.queue_ids or ())),
        conversations.c.owner_id == sight.agent_id,
        conversations.c.offered_to == sight.agent_id,
    )


def _cursor(last: Suggestion) -> str:
    return urlsafe_b64encode(f"{last.rank}.{last.id.hex}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[int, UUID]:
    try:
        rank, _, suggestion_id = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(".")
        if not -(2**31) <= int(rank) < 2**31:
            raise ValueError(rank)
        return int(rank), UUID(hex=suggestion_id)
    except ValueError as error:
        raise BadInput("cursor_invalid", "This is no cursor of ours.", where="query.after") from error
