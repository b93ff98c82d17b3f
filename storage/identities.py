"""Channel identities: a customer's address on one channel account, and whose it is now.

`customer_id` follows the ledger and is written by storage.ledger alone. Order of locks: contact points, customers,
conversations, identities, then replies and touchpoints; within each by id.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.events import Channel
from hub.ids import CustomerId, IdentityId, new_id
from storage.dialect import upsert
from storage.tables import channel_identities, customers
from storage.unit_of_work import UnitOfWork

Address = tuple[str, str]  # account_id, external_id


@dataclass(slots=True)
class Identity:
    """Mutable working copy; `save` writes what may change: profile, last_seq, last_inbound_at."""

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
    is_new: bool = field(default=False, compare=False)

    @property
    def address(self) -> Address:
        return (self.account_id, self.external_id)


_COLUMNS = tuple(channel_identities.c[name] for name in Identity.__dataclass_fields__ if name != "is_new")
_SAVED = ("display_name", "name_folded", "name_rank", "avatar_url", "locale", "page_url", "last_seq", "last_inbound_at")
_SAVE = (
    sa.update(channel_identities)
    .where(channel_identities.c.id == sa.bindparam("v_id"))
    .values({name: sa.bindparam(f"v_{name}") for name in _SAVED})
)


async def find_or_create(work: UnitOfWork, wanted: Mapping[Address, Channel]) -> dict[Address, Identity]:
    """The identity of each address; one that nobody knew gets a customer record of its own."""
    found = await _by_addresses(work.connection, wanted)
    missing = [address for address in sorted(wanted) if address not in found]
    if missing:
        found |= await _create(work, {address: wanted[address] for address in missing})
    return found


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


async def save(connection: AsyncConnection, changed: Iterable[Identity]) -> None:
    """Profile, numbering and last inbound time of working copies that were locked, or read while nobody else writes."""
    rows = [
        {"v_id": identity.id} | {f"v_{name}": getattr(identity, name) for name in _SAVED}
        for identity in sorted(changed, key=lambda i: i.id)
    ]
    if rows:
        await connection.execute(_SAVE, rows)


async def _by_addresses(connection: AsyncConnection, wanted: Iterable[Address]) -> dict[Address, Identity]:
    by_account: dict[str, list[str]] = {}
    for account_id, external_id in wanted:
        by_account.setdefault(account_id, []).append(external_id)
    found: dict[Address, Identity] = {}
    for account_id, external_ids in by_account.items():
        query = sa.select(*_COLUMNS).where(
            channel_identities.c.account_id == account_id, channel_identities.c.external_id.in_(external_ids)
        )
        found |= {identity.address: identity for identity in map(_from_row, await connection.execute(query))}
    return found


async def _create(work: UnitOfWork, wanted: Mapping[Address, Channel]) -> dict[Address, Identity]:
    now = work.clock.now()
    fresh = [_new(address, channel, now) for address, channel in wanted.items()]
    homes = [{"id": i.home_customer_id, "current_id": i.home_customer_id, "tags": [], "created_at": now} for i in fresh]
    await work.connection.execute(sa.insert(customers), homes)
    insert = upsert(channel_identities, is_sqlite=work.is_sqlite).on_conflict_do_nothing(
        index_elements=["account_id", "external_id"]
    )
    rows = [_to_row(identity) for identity in fresh]
    taken = {row.id for row in await work.connection.execute(insert.returning(channel_identities.c.id), rows)}
    created = {i.address: i for i in fresh if i.id in taken}
    beaten = [i for i in fresh if i.id not in taken]  # another worker made them at this very moment
    if beaten:
        unused = [identity.home_customer_id for identity in beaten]
        await work.connection.execute(sa.delete(customers).where(customers.c.id.in_(unused)))
        created |= await _by_addresses(work.connection, [identity.address for identity in beaten])
    return created


def _new(address: Address, channel: Channel, now: datetime) -> Identity:
    home = CustomerId(new_id())
    return Identity(IdentityId(new_id()), *address, channel, home, home, now, is_new=True)


def _from_row(row: sa.Row[Any]) -> Identity:
    values = row._asdict()
    values["channel"] = Channel(values["channel"])
    return Identity(**values)


def _to_row(identity: Identity) -> dict[str, Any]:
    values = {column.name: getattr(identity, column.name) for column in _COLUMNS}
    return values | {"channel": identity.channel.value}
