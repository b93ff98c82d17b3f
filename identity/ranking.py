"""Which suggestions to show first: the likelier that the two are one person, the higher. Names help to rank, and only
to rank: they never join anybody.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from hub.events import Explanation
from hub.ids import CustomerId, IdentityId
from identity.facts import names_of
from identity.names import similarity
from storage import customers as customer_store
from storage import identities as identity_store
from storage import suggestions as suggestion_store
from storage.customers import Record
from storage.identities import Identity
from storage.suggestions import Suggestion
from storage.unit_of_work import UnitOfWork

RANK_MAX: Final = 1000
# By what speaks against a join; the rest, 300, is how similar the names are.
_BY_CODE: Final = {
    "suggest.claims_off": 700,
    "suggest.held_back": 700,
    "suggest.anonymous_claim": 600,
    "suggest.claim_chain": 500,
    "suggest.same_account": 450,
    "suggest.recycled": 400,
    "suggest.several_owners": 350,
    "suggest.shared": 250,
    "suggest.many_numbers": 200,
    "suggest.different_names": 150,
    "suggest.different_numbers": 100,
}
_UNKNOWN_NAMES: Final = 50  # of 100: says neither yes nor no


def rank(why: Explanation, one: Sequence[str], other: Sequence[str]) -> int:
    """0 to RANK_MAX. `one`, `other`: every name of the two customers."""
    alike = best_similarity(one, other)
    return _BY_CODE.get(why.code, 300) + 3 * (_UNKNOWN_NAMES if alike is None else alike)


def best_similarity(one: Sequence[str], other: Sequence[str]) -> int | None:
    """0 to 100, of the two names that are most alike; None when the names say nothing."""
    found = [alike for a in one for b in other if (alike := similarity(a, b)) is not None]
    return max(found, default=None)


async def rank_anew(work: UnitOfWork, renamed: Iterable[IdentityId]) -> None:
    """The open suggestions of those who have another name now."""
    found = await suggestion_store.of_identities(work.connection, renamed)
    waiting = [suggestion for suggestion in found if suggestion.status == "open"]
    if not waiting:
        return
    sides = {identity_id for s in waiting for identity_id in (s.identity_a, s.identity_b)}
    owners = await identity_store.customers_of(work.connection, sides)
    members = await identity_store.by_customers(work.connection, owners.values())
    records = await customer_store.records(work.connection, [member.home_customer_id for member in members])
    ranks = {s.id: _rank_of(s, {i: _together(members, owners[i]) for i in sides}, records) for s in waiting}
    await suggestion_store.set_ranks(work.connection, ranks)


def _rank_of(suggestion: Suggestion, sides: dict[IdentityId, list[Identity]], records: dict[CustomerId, Record]) -> int:
    a, b = (names_of(sides[i], records) for i in (suggestion.identity_a, suggestion.identity_b))
    return rank(suggestion.why, a, b)


def _together(members: Iterable[Identity], customer_id: CustomerId) -> list[Identity]:
    return [member for member in members if member.customer_id == customer_id]
