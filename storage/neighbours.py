"""Who is connected with whom by what they gave: the groups within which a change of the policy can change anything.

Two identities are neighbours when they gave the same value that can be a key, or when a link in force joins them. Read
in pages of values, each group with the page of its first value, so that any number of customers fits in little memory.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.events import Strength
from hub.ids import IdentityId
from storage import ledger
from storage.evidence import Point
from storage.tables import contact_points, evidence

T = TypeVar("T")
GROUP_MAX = 1000  # identities; whoever is connected with more is not judged by a machine
AT_ONCE = 1000  # values of one IN (…)

_KEYS = (contact_points.c.identities >= 2) & contact_points.c.shared.is_(False)


@dataclass(slots=True)
class Neighbours:
    """`points`: the values that connect them."""

    identities: set[IdentityId] = field(default_factory=set)
    points: set[Point] = field(default_factory=set)

    @property
    def tangled(self) -> bool:
        return len(self.identities) > GROUP_MAX


async def count_points(connection: AsyncConnection) -> int:
    """Values that more than one identity gave, and that can be keys."""
    query = sa.select(sa.func.count()).select_from(contact_points).where(_KEYS)
    return int((await connection.execute(query)).scalar_one())


async def next_points(connection: AsyncConnection, after: Point | None, limit: int) -> list[Point]:
    """In order of kind and value."""
    kind, value = contact_points.c.kind, contact_points.c.value
    query = sa.select(kind, value).where(_KEYS).order_by(kind, value).limit(limit)
    if after is not None:
        query = query.where(sa.or_(kind > after[0], (kind == after[0]) & (value > after[1])))
    return [(row.kind, row.value) for row in await connection.execute(query)]


async def around(connection: AsyncConnection, points: Sequence[Point]) -> list[Neighbours]:
    """The groups that these values belong to, each whole unless it is tangled."""
    groups = _Groups()
    wanted = set(points)
    while wanted:
        fresh = groups.add_points(await _givers(connection, wanted))
        while fresh:  # whoever is one customer with somebody of the group belongs to it
            groups.pending |= await _points_of(connection, fresh)
            fresh = groups.add_links(await _links_of(connection, fresh))
        wanted = groups.take_pending()
    return groups.all()


class _Groups:
    """Grows group by group: whatever touches two of them makes them one."""

    def __init__(self) -> None:
        self.of_identity: dict[IdentityId, Neighbours] = {}
        self._of_point: dict[Point, Neighbours] = {}
        self.pending: set[tuple[IdentityId, Point]] = set()

    def add_points(self, found: Iterable[tuple[IdentityId, Point]]) -> set[IdentityId]:
        """The identities that are new."""
        fresh = set()
        for identity_id, point in found:
            if identity_id not in self.of_identity:
                fresh.add(identity_id)
            self._join(self._at_identity(identity_id), self._at_point(point))
        return fresh

    def add_links(self, ends: Iterable[tuple[IdentityId, IdentityId]]) -> set[IdentityId]:
        """The identities that are new."""
        fresh = set()
        for one, other in ends:
            fresh |= {end for end in (one, other) if end not in self.of_identity}
            self._join(self._at_identity(one), self._at_identity(other))
        return fresh

    def take_pending(self) -> set[Point]:
        """Values yet to be looked at, those of tangled groups left out."""
        points = {
            point
            for identity_id, point in self.pending
            if point not in self._of_point and not self.of_identity[identity_id].tangled
        }
        self.pending = set()
        return points

    def all(self) -> list[Neighbours]:
        return list({id(group): group for group in self._of_point.values()}.values())

    def _at_identity(self, identity_id: IdentityId) -> Neighbours:
        if identity_id not in self.of_identity:
            self.of_identity[identity_id] = Neighbours({identity_id})
        return self.of_identity[identity_id]

    def _at_point(self, point: Point) -> Neighbours:
        if point not in self._of_point:
            self._of_point[point] = Neighbours(points={point})
        return self._of_point[point]

    def _join(self, one: Neighbours, other: Neighbours) -> None:
        if one is other:
            return
        if len(one.identities) + len(one.points) < len(other.identities) + len(other.points):
            one, other = other, one
        one.identities |= other.identities
        one.points |= other.points
        for identity_id in other.identities:
            self.of_identity[identity_id] = one
        for point in other.points:
            self._of_point[point] = one


async def _givers(connection: AsyncConnection, points: set[Point]) -> list[tuple[IdentityId, Point]]:
    found: list[tuple[IdentityId, Point]] = []
    for kind in sorted({point[0] for point in points}):
        for values in _chunks(sorted(value for one, value in points if one == kind)):
            query = sa.select(evidence.c.identity_id, evidence.c.value).where(
                evidence.c.kind == kind, evidence.c.value.in_(values), evidence.c.strength != Strength.MASKED.value
            )
            found += [(row.identity_id, (kind, row.value)) for row in await connection.execute(query)]
    return found


async def _links_of(connection: AsyncConnection, ids: Iterable[IdentityId]) -> list[tuple[IdentityId, IdentityId]]:
    """Pairs that a link in force joins."""
    links = [link for among in _chunks(sorted(ids)) for link in await ledger.links_of(connection, among)]
    return [(link.identity_a, link.identity_b) for link in links if link.in_force]


async def _points_of(connection: AsyncConnection, ids: Iterable[IdentityId]) -> set[tuple[IdentityId, Point]]:
    found = set()
    for among in _chunks(sorted(ids)):
        query = (
            sa.select(evidence.c.identity_id, evidence.c.kind, evidence.c.value)
            .join(
                contact_points,
                (contact_points.c.kind == evidence.c.kind) & (contact_points.c.value == evidence.c.value),
            )
            .where(evidence.c.identity_id.in_(among), _KEYS)
        )
        found |= {(row.identity_id, (row.kind, row.value)) for row in await connection.execute(query)}
    return found


def _chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    return (values[start : start + AT_ONCE] for start in range(0, len(values), AT_ONCE))
