"""Customers: locking them, and what the console shows of them.

A customer is the set of channel identities with that `customer_id`. Every identity has a home record of its own that
is never emptied: what an agent wrote on a record stays on it, so undoing a merge restores it by itself. The oldest of
these records stands for all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.events import EvidenceKind, Strength
from hub.folding import fold
from hub.ids import CustomerId, IdentityId
from storage import evidence as evidence_store
from storage import identities as identity_store
from storage import records as record_store
from storage import suggestions as suggestion_store
from storage.conversations import Conversation
from storage.evidence import Proof
from storage.identities import Identity
from storage.records import Whole
from storage.tables import customers
from storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Line:
    """What lists show of a customer."""

    name: str | None = None
    phone: str | None = None  # E.164, attested one first
    phone_verified: bool = False
    suggestions: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    """One home record."""

    id: CustomerId
    name: str | None
    created_at: datetime


async def lock(connection: AsyncConnection, ids: Iterable[CustomerId]) -> set[CustomerId]:
    """In order of id; those that exist. Who holds the lock of the record that stands for a customer decides about the
    customer's links, open conversation and identities until the unit of work ends."""
    query = (
        sa.select(customers.c.id)
        .where(customers.c.id.in_(sorted(set(ids))))
        .order_by(customers.c.id)
        .with_for_update(key_share=True)
    )
    return set((await connection.execute(query)).scalars())


async def current(connection: AsyncConnection, customer_id: CustomerId) -> CustomerId | None:
    """Who stands for the customer of this record now: after a merge, old links and addresses still lead there."""
    query = sa.select(customers.c.current_id).where(customers.c.id == customer_id)
    return (await connection.execute(query)).scalar_one_or_none()


async def records(connection: AsyncConnection, ids: Iterable[CustomerId]) -> dict[CustomerId, Record]:
    query = sa.select(customers.c.id, customers.c.name, customers.c.created_at).where(
        customers.c.id.in_(sorted(set(ids)))
    )
    return {row.id: Record(*row) for row in await connection.execute(query)}


async def set_name(work: UnitOfWork, customer_id: CustomerId, name: str | None) -> None:
    """As an agent gave it; None shows the channel's own name again."""
    folded = fold(name)[:200] if name else None
    query = sa.update(customers).where(customers.c.id == customer_id)
    await work.connection.execute(query.values(name=name, name_folded=folded, changed_at=work.clock.now()))


async def lines(connection: AsyncConnection, ids: Iterable[CustomerId]) -> dict[CustomerId, Line]:
    """For all of `ids` in a handful of statements."""
    among = sorted(set(ids))
    if not among:
        return {}
    names = await _names(connection, among)
    phones = await _phones(connection, among)
    counts = await suggestion_store.open_counts(connection, among)
    nothing: tuple[str | None, bool] = (None, False)
    found = {}
    for customer_id in among:
        phone, verified = phones.get(customer_id, nothing)
        found[customer_id] = Line(names.get(customer_id), phone, verified, counts.get(customer_id, 0))
    return found


def show(conversation: Conversation, line: Line) -> bool:
    """Puts the customer's line on the conversation. False: it stood there already."""
    new = (line.name, line.phone, line.phone_verified, line.suggestions)
    old = (
        conversation.customer_name,
        conversation.customer_phone,
        conversation.phone_verified,
        conversation.suggestions,
    )
    conversation.customer_name, conversation.customer_phone = line.name, line.phone
    conversation.phone_verified, conversation.suggestions = line.phone_verified, line.suggestions
    return new != old


def shown_name(identities: Sequence[Identity], records: dict[CustomerId, Record]) -> str | None:
    """What an agent wrote on the oldest record that has a name, else the best name that a channel shows."""
    given = [record for i in identities if (record := records.get(i.home_customer_id)) is not None and record.name]
    if given:
        return min(given, key=lambda record: (record.created_at, record.id)).name
    named = [identity for identity in identities if identity.display_name]
    best = min(named, key=lambda i: (-i.name_rank, i.created_at, i.id), default=None)
    return best.display_name if best else None


async def panel(connection: AsyncConnection, customer_id: CustomerId) -> "Panel | None":
    """What the console shows beside a conversation, without the ledger. None when nobody stands under this id."""
    identities = await identity_store.by_customers(connection, [customer_id])
    if not identities:
        return None
    found = await records(connection, [identity.home_customer_id for identity in identities])
    proofs = await evidence_store.of_identities(connection, [identity.id for identity in identities])
    sheets = await record_store.sheets(connection, found)
    return Panel(
        id=customer_id,
        name=shown_name(identities, found),
        whole=record_store.union(sheets.values()),
        given_name=found[customer_id].name,
        created_at=found[customer_id].created_at,
        identities=tuple(identities),
        proofs={identity_id: tuple(given) for identity_id, given in proofs.items()},
    )


@dataclass(frozen=True, slots=True)
class Panel:
    """`identities` oldest first; `proofs` strongest first. `given_name` is what an agent wrote."""

    id: CustomerId
    name: str | None
    whole: Whole
    given_name: str | None
    created_at: datetime
    identities: tuple[Identity, ...]
    proofs: dict[IdentityId, tuple[Proof, ...]]

    def values(self, kind: EvidenceKind) -> tuple[str, ...]:
        """Phones or mailboxes, best proved first, each once. Masked ones are left out."""
        every = [proof for given in self.proofs.values() for proof in given if proof.kind is kind]
        every.sort(key=lambda p: (-p.rank, p.first_seen_at, p.value))
        return tuple(dict.fromkeys(p.value for p in every if p.strength is not Strength.MASKED))


async def _names(connection: AsyncConnection, among: list[CustomerId]) -> dict[CustomerId, str | None]:
    by_customer: dict[CustomerId, list[Identity]] = {}
    homes: list[CustomerId] = []
    for identity in await identity_store.by_customers(connection, among):
        by_customer.setdefault(identity.customer_id, []).append(identity)
        homes.append(identity.home_customer_id)
    named = await records(connection, homes)
    return {customer_id: shown_name(identities, named) for customer_id, identities in by_customer.items()}


async def _phones(connection: AsyncConnection, among: list[CustomerId]) -> dict[CustomerId, tuple[str, bool]]:
    proofs = await evidence_store.phones_of(connection, among)
    found: dict[CustomerId, tuple[str, bool]] = {}
    for customer_id, given in proofs.items():
        best = min(given, key=lambda p: (-p.rank, p.first_seen_at, p.value))
        found[customer_id] = (best.value, best.strength is Strength.ATTESTED)
    return found
