"""Suggestions: pairs of channel identities that may be one person, for an agent to decide.

One row per pair for ever: what was rejected stays rejected, and tells the policy so. An open suggestion whose two sides
have become one customer some other way is not shown; if that is undone, it is there again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.events import Explanation
from hub.ids import AgentId, CustomerId, IdentityId, LedgerEntryId, SuggestionId
from storage.dialect import upsert
from storage.tables import channel_identities, suggestions
from storage.unit_of_work import UnitOfWork

Status = Literal["open", "accepted", "rejected", "obsolete"]
Outcome = Literal["accepted", "rejected", "obsolete"]
LISTED_MAX = 20


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`identity_a` < `identity_b`. `only_for`: the claimant's identity, when only their side may be told."""

    id: SuggestionId
    identity_a: IdentityId
    identity_b: IdentityId
    why: Explanation
    status: Status
    created_at: datetime
    evidence: tuple[dict[str, Any], ...] = ()
    entry_id: LedgerEntryId | None = None
    settled_at: datetime | None = None
    settled_by: AgentId | None = None
    only_for: IdentityId | None = None
    rank: int = 0

    def other(self, mine: IdentityId) -> IdentityId:
        return self.identity_b if mine == self.identity_a else self.identity_a


_A, _B = channel_identities.alias("a"), channel_identities.alias("b")
_PAIRED = suggestions.join(_A, _A.c.id == suggestions.c.identity_a).join(_B, _B.c.id == suggestions.c.identity_b)


def pair(one: IdentityId, other: IdentityId) -> tuple[IdentityId, IdentityId]:
    """In the order of the row."""
    return (one, other) if one < other else (other, one)


async def put_new(work: UnitOfWork, new: Sequence[Suggestion]) -> set[SuggestionId]:
    """Those whose pair was never suggested before; the others stay as they are."""
    if not new:
        return set()
    insert = upsert(suggestions, is_sqlite=work.is_sqlite).on_conflict_do_nothing(
        index_elements=["identity_a", "identity_b"]
    )
    rows = [_to_row(suggestion) for suggestion in new]
    return {row.id for row in await work.connection.execute(insert.returning(suggestions.c.id), rows)}


async def lock(connection: AsyncConnection, suggestion_id: SuggestionId) -> Suggestion | None:
    query = sa.select(suggestions).where(suggestions.c.id == suggestion_id).with_for_update()
    row = (await connection.execute(query)).first()
    return from_row(row) if row else None


async def find(connection: AsyncConnection, suggestion_id: SuggestionId) -> Suggestion | None:
    row = (await connection.execute(sa.select(suggestions).where(suggestions.c.id == suggestion_id))).first()
    return from_row(row) if row else None


async def settle(
    connection: AsyncConnection,
    ids: Iterable[SuggestionId],
    status: Status,
    *,
    at: datetime | None,
    by: AgentId | None,
    entry_id: LedgerEntryId | None,
) -> None:
    query = sa.update(suggestions).where(suggestions.c.id.in_(sorted(set(ids))))
    values = {"status": status, "settled_at": at, "settled_by": by, "entry_id": entry_id}
    await connection.execute(query.values(values))


async def set_ranks(connection: AsyncConnection, ranks: Mapping[SuggestionId, int]) -> None:
    rows = [{"v_id": suggestion_id, "v_rank": ranks[suggestion_id]} for suggestion_id in sorted(ranks)]
    if rows:
        await connection.execute(_SET_RANK, rows)


async def of_identities(connection: AsyncConnection, ids: Iterable[IdentityId]) -> list[Suggestion]:
    """Whatever its status, with at least one side among `ids`, oldest first."""
    among = sorted(set(ids))
    condition = suggestions.c.identity_a.in_(among) | suggestions.c.identity_b.in_(among)
    query = sa.select(suggestions).where(condition).order_by(suggestions.c.created_at, suggestions.c.id)
    return [from_row(row) for row in await connection.execute(query)]


async def by_entry(connection: AsyncConnection, entry_id: LedgerEntryId) -> list[Suggestion]:
    """Those that this ledger entry settled. A split settles at most all pairs across it."""
    query = sa.select(suggestions).where(suggestions.c.entry_id == entry_id).with_for_update()
    return [from_row(row) for row in await connection.execute(query)]


async def open_counts(connection: AsyncConnection, customers: Iterable[CustomerId]) -> dict[CustomerId, int]:
    """Customer -> how many open suggestions their panel shows. Customers without any are left out."""
    among = sorted(set(customers))
    counts: dict[CustomerId, int] = {}
    for mine, _ in ((_A, _B), (_B, _A)):
        query = (
            sa.select(mine.c.customer_id, sa.func.count())
            .select_from(_PAIRED)
            .where(_shown_to(mine), mine.c.customer_id.in_(among))
            .group_by(mine.c.customer_id)
        )
        for customer_id, count in await connection.execute(query):
            counts[customer_id] = counts.get(customer_id, 0) + count
    return counts


async def shown_to(connection: AsyncConnection, customer_id: CustomerId) -> list[tuple[Suggestion, CustomerId]]:
    """The open suggestions of the customer's panel, oldest first, each with the other customer."""
    found: list[tuple[Suggestion, CustomerId]] = []
    for mine, other in ((_A, _B), (_B, _A)):
        query = (
            sa.select(suggestions, other.c.customer_id.label("other_customer_id"))
            .select_from(_PAIRED)
            .where(_shown_to(mine), mine.c.customer_id == customer_id)
            .order_by(suggestions.c.created_at, suggestions.c.id)
            .limit(LISTED_MAX)
        )
        found += [(from_row(row), row.other_customer_id) for row in await connection.execute(query)]
    return sorted(found, key=lambda shown: (shown[0].created_at, shown[0].id))[:LISTED_MAX]


def _shown_to(mine: sa.FromClause) -> sa.ColumnElement[bool]:
    """Open, between two customers, and meant for this side."""
    told = sa.or_(suggestions.c.only_for.is_(None), suggestions.c.only_for == mine.c.id)
    return sa.and_(suggestions.c.status == "open", _A.c.customer_id != _B.c.customer_id, told)


def from_row(row: sa.Row[Any]) -> Suggestion:
    values = {name: getattr(row, name) for name in Suggestion.__dataclass_fields__}
    values["why"] = Explanation.model_validate(values["why"])
    values["evidence"] = tuple(values["evidence"])
    return Suggestion(**values)


def _to_row(suggestion: Suggestion) -> dict[str, Any]:
    values = {name: getattr(suggestion, name) for name in Suggestion.__dataclass_fields__}
    return values | {"why": suggestion.why.model_dump(mode="json"), "evidence": list(suggestion.evidence)}


_SET_RANK = sa.update(suggestions).where(suggestions.c.id == sa.bindparam("v_id")).values(rank=sa.bindparam("v_rank"))
