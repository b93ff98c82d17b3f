"""Whose name nobody knows, and whose provider was asked for it: of channel identities, what profile lookups need."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.identities import Address
from storage.tables import channel_identities
from storage.unit_of_work import UnitOfWork


async def unnamed(connection: AsyncConnection, among: Iterable[Address], *, asked_before: datetime) -> list[Address]:
    """Those of `among`, in its order, who have no name and whose provider has not answered since `asked_before`.

    An address that is not stored is one of them: the resolver may not have come to its first message yet.
    """
    by_account: dict[str, list[str]] = {}
    wanted = list(among)
    for account_id, external_id in wanted:
        by_account.setdefault(account_id, []).append(external_id)
    settled: set[Address] = set()
    for account_id, external_ids in by_account.items():
        query = sa.select(channel_identities.c.external_id).where(
            channel_identities.c.account_id == account_id,
            channel_identities.c.external_id.in_(external_ids),
            channel_identities.c.display_name.is_not(None) | (channel_identities.c.profile_asked_at >= asked_before),
        )
        settled |= {(account_id, row.external_id) for row in await connection.execute(query)}
    return [address for address in wanted if address not in settled]


async def mark_asked(work: UnitOfWork, address: Address) -> bool:
    """The provider has answered, now. False: nobody is stored under this address.

    One identity a unit of work: the resolver locks several in order of their ids, and so the two cannot deadlock.
    """
    account_id, external_id = address
    query = (
        sa.update(channel_identities)
        .where(channel_identities.c.account_id == account_id, channel_identities.c.external_id == external_id)
        .values(profile_asked_at=work.clock.now())
    )
    return (await work.connection.execute(query)).rowcount == 1
