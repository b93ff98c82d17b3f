"""Evidence: which phones, mailboxes and signed ids each channel identity gave, and how well they are proved.

Whoever adds evidence locks its contact points first: between two workers that see one number on two channels at once,
the second then finds what the first wrote.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.events import Channel, EvidenceKind, EvidenceSource, Strength
from hub.ids import CustomerId, IdentityId
from storage.dialect import upsert
from storage.tables import channel_identities, contact_points, evidence
from storage.unit_of_work import UnitOfWork

Point = tuple[str, str]  # kind, value
ProofKey = tuple[IdentityId, Point, EvidenceSource]  # of one row

_RANK = {Strength.MASKED: 0, Strength.CLAIMED: 1, Strength.AGENT: 2, Strength.ORDER: 3, Strength.ATTESTED: 4}


@dataclass(frozen=True, slots=True)
class ContactPoint:
    """`identities`: how many ever gave it, by whatever right."""

    kind: str
    value: str
    shared: bool
    identities: int


@dataclass(frozen=True, slots=True)
class Proof:
    """One row: what one identity gave, from one source."""

    identity_id: IdentityId
    kind: EvidenceKind
    value: str
    source: EvidenceSource
    strength: Strength
    first_seen_at: datetime
    last_seen_at: datetime

    @property
    def point(self) -> Point:
        return (self.kind.value, self.value)

    @property
    def key(self) -> "ProofKey":
        return (self.identity_id, self.point, self.source)

    @property
    def rank(self) -> int:
        """Higher proves more."""
        return _RANK[self.strength]


@dataclass(frozen=True, slots=True)
class Holder:
    """A proof with who gave it: what the policy compares."""

    proof: Proof
    customer_id: CustomerId
    channel: Channel
    account_id: str


_PROOF = tuple(evidence.c[name] for name in Proof.__dataclass_fields__)


async def lock_points(work: UnitOfWork, points: Iterable[Point]) -> dict[Point, ContactPoint]:
    """Made where missing, locked in order until the unit of work ends."""
    wanted = sorted(set(points))
    if not wanted:
        return {}
    now = work.clock.now()
    rows = [{"kind": kind, "value": value, "shared": False, "created_at": now} for kind, value in wanted]
    insert = upsert(contact_points, is_sqlite=work.is_sqlite).on_conflict_do_nothing()
    await work.connection.execute(insert, rows)
    query = (
        sa.select(contact_points.c.kind, contact_points.c.value, contact_points.c.shared, contact_points.c.identities)
        .where(_any_point(contact_points, wanted))
        .order_by(contact_points.c.kind, contact_points.c.value)
        .with_for_update()
    )
    return {(row.kind, row.value): ContactPoint(*row) for row in await work.connection.execute(query)}


async def update_points(connection: AsyncConnection, changed: Iterable[ContactPoint]) -> None:
    """Of locked ones: how many identities, and whether it is nobody's in particular."""
    rows = [{"v_kind": p.kind, "v_value": p.value, "v_shared": p.shared, "v_count": p.identities} for p in changed]
    if rows:
        await connection.execute(_UPDATE_POINT, rows)


async def mark_shared(work: UnitOfWork, points: Iterable[Point]) -> None:
    """These are nobody's in particular from now on: our own numbers, or what an agent said."""
    now = work.clock.now()
    rows = [{"kind": kind, "value": value, "shared": True, "created_at": now} for kind, value in sorted(set(points))]
    if rows:
        insert = upsert(contact_points, is_sqlite=work.is_sqlite)
        update = insert.on_conflict_do_update(index_elements=["kind", "value"], set_={"shared": True})
        await work.connection.execute(update, rows)


async def holders(connection: AsyncConnection, points: Iterable[Point]) -> list[Holder]:
    """Everyone who gave one of these, oldest proof first. Leave shared points out: they may have very many."""
    wanted = sorted(set(points))
    if not wanted:
        return []
    query = (
        sa.select(
            *_PROOF,
            channel_identities.c.customer_id,
            channel_identities.c.channel,
            channel_identities.c.account_id,
        )
        .join(channel_identities, channel_identities.c.id == evidence.c.identity_id)
        .where(_any_point(evidence, wanted))
        .order_by(evidence.c.first_seen_at, evidence.c.identity_id)
    )
    return [
        Holder(_proof(row), row.customer_id, Channel(row.channel), row.account_id)
        for row in await connection.execute(query)
    ]


async def of_identities(connection: AsyncConnection, ids: Iterable[IdentityId]) -> dict[IdentityId, list[Proof]]:
    """What each gave, the strongest first."""
    query = sa.select(*_PROOF).where(evidence.c.identity_id.in_(sorted(set(ids))))
    found: dict[IdentityId, list[Proof]] = {}
    for proof in map(_proof, await connection.execute(query)):
        found.setdefault(proof.identity_id, []).append(proof)
    for proofs in found.values():
        proofs.sort(key=lambda p: (-p.rank, p.first_seen_at, p.value))
    return found


async def phones_of(connection: AsyncConnection, customers: Iterable[CustomerId]) -> dict[CustomerId, list[Proof]]:
    """The numbers that the identities of each customer gave, masked ones aside."""
    kind = evidence.c.kind + ""  # an expression, so that no planner walks along every number there is
    query = (
        sa.select(*_PROOF, channel_identities.c.customer_id)
        .join(channel_identities, channel_identities.c.id == evidence.c.identity_id)
        .where(
            channel_identities.c.customer_id.in_(sorted(set(customers))),
            kind == EvidenceKind.PHONE.value,
            evidence.c.strength != Strength.MASKED.value,
        )
    )
    found: dict[CustomerId, list[Proof]] = {}
    for row in await connection.execute(query):
        found.setdefault(row.customer_id, []).append(_proof(row))
    return found


async def put(work: UnitOfWork, proofs: Sequence[Proof]) -> None:
    """New ones are added; known ones are seen again, and proved better if they are. One row of each at most."""
    rows = [
        {name: getattr(proof, name) for name in Proof.__dataclass_fields__}
        | {"kind": proof.kind.value, "source": proof.source.value, "strength": proof.strength.value}
        for proof in sorted(proofs, key=lambda p: (p.identity_id, p.kind, p.value, p.source))
    ]
    if not rows:
        return
    insert = upsert(evidence, is_sqlite=work.is_sqlite)
    update = insert.on_conflict_do_update(
        index_elements=["identity_id", "kind", "value", "source"],
        set_={"strength": insert.excluded.strength, "last_seen_at": insert.excluded.last_seen_at},
    )
    await work.connection.execute(update, rows)


async def remove(connection: AsyncConnection, proofs: Iterable[Proof]) -> None:
    """They were taken back. Who else gave the same value keeps theirs."""
    rows = [
        {"v_identity_id": p.identity_id, "v_kind": p.kind.value, "v_value": p.value, "v_source": p.source.value}
        for p in proofs
    ]
    if rows:
        await connection.execute(_REMOVE, rows)


def _any_point(table: sa.Table, points: Sequence[Point]) -> sa.ColumnElement[bool]:
    """One range of the index per kind: few kinds, many values."""
    by_kind: dict[str, list[str]] = {}
    for kind, value in points:
        by_kind.setdefault(kind, []).append(value)
    return sa.or_(*(sa.and_(table.c.kind == kind, table.c.value.in_(values)) for kind, values in by_kind.items()))


def _proof(row: Any) -> Proof:
    values = {name: getattr(row, name) for name in Proof.__dataclass_fields__}
    values["kind"] = EvidenceKind(values["kind"])
    values["source"] = EvidenceSource(values["source"])
    values["strength"] = Strength(values["strength"])
    return Proof(**values)


_UPDATE_POINT = (
    sa.update(contact_points)
    .where(contact_points.c.kind == sa.bindparam("v_kind"), contact_points.c.value == sa.bindparam("v_value"))
    .values(shared=sa.bindparam("v_shared"), identities=sa.bindparam("v_count"))
)

_REMOVE = sa.delete(evidence).where(
    evidence.c.identity_id == sa.bindparam("v_identity_id"),
    evidence.c.kind == sa.bindparam("v_kind"),
    evidence.c.value == sa.bindparam("v_value"),
    evidence.c.source == sa.bindparam("v_source"),
)
