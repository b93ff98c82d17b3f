"""Channel identities: a customer's address on one channel account, and whose it is now.

`customer_id` follows the ledger and is written by storage.ledger alone. Order of locks: contact points, customers,
conversations, identities, then replies and touchpoints; within each by id.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.events import Channel
from hub.ids import CustomerId, IdentityId, new_id
from storage.bulk import Bulk
from storage.dialect import upsert
from storage.query import Query
from storage.tables import channel_identities, customers
from storage.unit_of_work import UnitOfWork

Address = tuple[str, str]  # account_id, external_id


@dataclass(slots=True)
class Identity:
    """Mutable working copy; `save_profiles` and `save_counters` write what may change."""

    id: IdentityId
    account_id: str
    external_id: str
    channel: Channel
    home_customer_id: CustomerId
    customer_id: CustomerId
    created_at: datetime
    display_name: str | None = None
    name_folded: str | None = None
    name_rank: int = 0
    avatar_url: str | None = None
    locale: str | None = None
    page_url: str | None = None
    last_seq: int = 0
    last_inbound_at: datetime | None = None
    answered_seq: int = 0
    settled_seq: int = 0
    covered_by: IdentityId | None = None
    covered_seq: int = 0
    unread: int = 0
    touched_at: datetime | None = None
    is_new: bool = field(default=False, compare=False)

    @property
    def address(self) -> Address:
        return (self.account_id, self.external_id)

    @property
    def is_engaged(self) -> bool:
        """Something was said since it was last settled."""
        return self.last_seq > self.settled_seq

    def take_counters(self, now: "Identity") -> None:
        """From a fresher copy, with whose it is."""
        for name in ("customer_id", *_COUNTERS):
            setattr(self, name, getattr(now, name))


_COLUMNS = tuple(channel_identities.c[name] for name in Identity.__dataclass_fields__ if name != "is_new")
_PROFILE = ("display_name", "name_folded", "name_rank", "avatar_url", "locale", "page_url")
_COUNTERS = ("last_seq", "last_inbound_at", "answered_seq", "settled_seq", "unread", "touched_at")


_ONLY = {column.name for column in channel_identities.columns}
_SAVE_PROFILES = Bulk.update(channel_identities, "id", without=_ONLY - set(_PROFILE))
_REMOVE = sa.delete(channel_identities).where(channel_identities.c.id == sa.bindparam("v_id"))
_RENAME = (
    sa.update(channel_identities)
    .where(channel_identities.c.id == sa.bindparam("v_id"))
    .values(external_id=sa.bindparam("v_name"))
)
_SAVE_COUNTERS = Bulk.update(channel_identities, "id", without=_ONLY - set(_COUNTERS))
_FIND = Query(
    sa.select(*_COLUMNS).where(
        channel_identities.c.account_id == sa.bindparam("account_id"),
        channel_identities.c.external_id.in_(sa.bindparam("external_ids", expanding=True)),
    )
)
_OF_CUSTOMER = channel_identities.c.customer_id == sa.bindparam("of_customer")
_READ = Query(sa.update(channel_identities).where(_OF_CUSTOMER, channel_identities.c.unread > 0).values(unread=0))
_SETTLE = Query(
    sa.update(channel_identities)
    .where(
        channel_identities.c.customer_id.in_(sa.bindparam("customers", expanding=True)),
        channel_identities.c.last_seq > channel_identities.c.settled_seq,
    )
    .values(unread=0, settled_seq=channel_identities.c.last_seq)
)
_ANSWER = Query(
    sa.update(channel_identities)
    .where(channel_identities.c.id == sa.bindparam("of_identity"))
    .values(answered_seq=channel_identities.c.last_seq, touched_at=sa.bindparam("at"))
)
_COVER = Bulk.update(channel_identities, "id", without=_ONLY - {"covered_by", "covered_seq"})
_INSERT_HOMES = Bulk.insert(customers, without=("name", "name_folded", "note", "attributes", "made_by"))


async def find(connection: AsyncConnection, addresses: Iterable[Address]) -> dict[Address, Identity]:
    """Those that are known. Nothing is locked."""
    by_account: dict[str, list[str]] = {}
    for account_id, external_id in addresses:
        by_account.setdefault(account_id, []).append(external_id)
    found: dict[Address, Identity] = {}
    for account_id, external_ids in by_account.items():
        rows = await _FIND.all(connection, account_id=account_id, external_ids=external_ids)
        found |= {identity.address: identity for identity in map(_from_row, rows)}
    return found


def new(address: Address, channel: Channel, now: datetime) -> Identity:
    """Somebody nobody knew, with a home record of their own, to be filled in and inserted."""
    home = CustomerId(new_id())
    return Identity(IdentityId(new_id()), *address, channel, home, home, now, is_new=True)


async def insert(work: UnitOfWork, fresh: Iterable[Identity]) -> dict[Address, Identity]:
    """Each with its home record. Where another worker was faster, theirs is returned instead."""
    rows = sorted(fresh, key=lambda identity: identity.address)
    homes = [_home_row(identity) for identity in rows]
    await _INSERT_HOMES.execute(work.connection, homes)
    statement = upsert(channel_identities, is_sqlite=work.is_sqlite).on_conflict_do_nothing(
        index_elements=["account_id", "external_id"]
    )
    returning = statement.returning(channel_identities.c.id)
    taken = {row.id for row in await work.connection.execute(returning, [_to_row(identity) for identity in rows])}
    created = {identity.address: identity for identity in rows if identity.id in taken}
    beaten = [identity for identity in rows if identity.id not in taken]
    if beaten:
        unused = [identity.home_customer_id for identity in beaten]
        await work.connection.execute(sa.delete(customers).where(customers.c.id.in_(unused)))
        created |= await find(work.connection, [identity.address for identity in beaten])
    return created


async def by_ids(connection: AsyncConnection, ids: Iterable[IdentityId]) -> dict[IdentityId, Identity]:
    query = sa.select(*_COLUMNS).where(channel_identities.c.id.in_(sorted(set(ids))))
    return {identity.id: identity for identity in map(_from_row, await connection.execute(query))}


async def by_customers(connection: AsyncConnection, among: Iterable[CustomerId]) -> list[Identity]:
    """Everyone who is one of these customers now, oldest first."""
    query = (
        sa.select(*_COLUMNS)
        .where(channel_identities.c.customer_id.in_(sorted(set(among))))
        .order_by(channel_identities.c.created_at, channel_identities.c.id)
    )
    return [_from_row(row) for row in await connection.execute(query)]


async def customers_of(connection: AsyncConnection, ids: Iterable[IdentityId]) -> dict[IdentityId, CustomerId]:
    query = sa.select(channel_identities.c.id, channel_identities.c.customer_id).where(
        channel_identities.c.id.in_(sorted(set(ids)))
    )
    return {row.id: row.customer_id for row in await connection.execute(query)}


async def lock(connection: AsyncConnection, ids: Iterable[IdentityId]) -> dict[IdentityId, Identity]:
    """As they are now; their numbering is ours until the unit of work ends."""
    query = (
        sa.select(*_COLUMNS)
        .where(channel_identities.c.id.in_(sorted(set(ids))))
        .order_by(channel_identities.c.id)
        .with_for_update(key_share=True)
    )
    return {identity.id: identity for identity in map(_from_row, await connection.execute(query))}


async def save_profiles(connection: AsyncConnection, changed: Iterable[Identity]) -> None:
    await _SAVE_PROFILES.execute(connection, _rows(changed, _PROFILE))


async def save_counters(connection: AsyncConnection, changed: Iterable[Identity]) -> None:
    """Numbering, last inbound time and what is due to them, of working copies that are locked."""
    await _SAVE_COUNTERS.execute(connection, _rows(changed, _COUNTERS))


async def mark_read(connection: AsyncConnection, customer_id: CustomerId) -> None:
    """Nothing of this customer is unread. Lock the open conversation first, here and below."""
    await _READ.count(connection, of_customer=customer_id)


async def mark_answered(
    connection: AsyncConnection, customer_id: CustomerId, identity_id: IdentityId, at: datetime
) -> None:
    """All that was said to us on this channel identity is answered by its last entry, and all of the customer read."""
    await _ANSWER.count(connection, of_identity=identity_id, at=at)
    await mark_read(connection, customer_id)


async def mark_settled(connection: AsyncConnection, among: Iterable[CustomerId]) -> None:
    """Their conversations were resolved, or have been, and others open: that settles all that was said so far."""
    await _SETTLE.count(connection, customers=sorted(set(among)))


async def save_covers(connection: AsyncConnection, changed: Iterable[Identity]) -> None:
    """The customers must be held."""
    await _COVER.execute(connection, _rows(changed, ("covered_by", "covered_seq")))


async def remove(connection: AsyncConnection, gone: Iterable[Identity]) -> None:
    """For ever. Only those to whom nothing ever happened: no proofs, entries, suggestions, orders, touchpoints. Their
    empty home records stay: whether anything refers to one, the database could tell only by reading everything."""
    ordered = sorted(gone, key=lambda identity: identity.id)
    if ordered:
        await connection.execute(_REMOVE, [{"v_id": identity.id} for identity in ordered])


async def rename(connection: AsyncConnection, names: Mapping[IdentityId, str]) -> None:
    """Their external ids from now on. For the shop's own books only: what a provider calls somebody never changes."""
    rows = [{"v_id": identity_id, "v_name": names[identity_id]} for identity_id in sorted(names)]
    if rows:
        await connection.execute(_RENAME, rows)


def _rows(changed: Iterable[Identity], names: Sequence[str]) -> list[dict[str, Any]]:
    """In order of id, as they are locked."""
    return [
        {"id": identity.id} | {name: getattr(identity, name) for name in names}
        for identity in sorted(changed, key=lambda i: i.id)
    ]


def _home_row(identity: Identity) -> dict[str, Any]:
    home = identity.home_customer_id
    at = identity.created_at
    return {"id": home, "current_id": home, "tags": {}, "created_at": at, "changed_at": at}


def _from_row(row: Any) -> Identity:
    values = row._asdict()
    values["channel"] = Channel(values["channel"])
    return Identity(**values)


def _to_row(identity: Identity) -> dict[str, Any]:
    values = {column.name: getattr(identity, column.name) for column in _COLUMNS}
    return values | {"channel": identity.channel.value}
