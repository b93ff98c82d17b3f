"""Reads what a difference of policies is computed from, for many groups of neighbours at once."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from hub.ids import IdentityId
from identity.facts import Facts
from identity.replay import History
from storage import customers as customer_store
from storage import evidence as evidence_store
from storage import identities as identity_store
from storage import ledger, suggestions
from storage.engine import Connection
from storage.evidence import Point
from storage.neighbours import Neighbours


def led(groups: Iterable[Neighbours], after: Point | None) -> list[Neighbours]:
    """Those whose first value comes after `after`: the others were dealt with on an earlier page."""
    return [g for g in groups if not g.tangled and len(g.identities) > 1 and (after is None or min(g.points) > after)]


async def read(connection: Connection, groups: Sequence[Neighbours]) -> list[History]:
    """One for each group, a handful of statements for all."""
    ids: list[IdentityId] = [identity_id for group in groups for identity_id in group.identities]
    if not ids:
        return []
    members = await identity_store.by_ids(connection, ids)
    proofs = await evidence_store.of_identities(connection, ids)
    links = await ledger.links_of(connection, ids)
    settled = await suggestions.of_identities(connection, ids)
    records = await customer_store.records(connection, [member.home_customer_id for member in members.values()])
    makers = await ledger.makers(connection, [link.entry_id for link in links])
    place = {identity_id: number for number, group in enumerate(groups) for identity_id in group.identities}
    links_in = _by_group(links, place)
    settled_in = _by_group(settled, place)
    return [
        History(
            Facts(
                members=sorted((members[i] for i in group.identities), key=lambda m: (m.created_at, m.id)),
                proofs={i: proofs[i] for i in group.identities if i in proofs},
                links=links_in.get(number, []),
                suggestions=settled_in.get(number, []),
                records=records,
            ),
            frozenset(group.points),
            makers,
        )
        for number, group in enumerate(groups)
    ]


class _Paired(Protocol):
    @property
    def identity_a(self) -> IdentityId: ...

    @property
    def identity_b(self) -> IdentityId: ...


P = TypeVar("P", bound=_Paired)


def _by_group(pairs: Iterable[P], place: Mapping[IdentityId, int]) -> dict[int, list[P]]:
    """Pairs within one group; a rejected suggestion may lead out of it."""
    found: dict[int, list[P]] = {}
    for one in pairs:
        number = place.get(one.identity_a)
        if number is not None and number == place.get(one.identity_b):
            found.setdefault(number, []).append(one)
    return found
