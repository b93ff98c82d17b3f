"""Customers many at a time: the list of the console, what other systems copy, what is exported.

A page costs a page, however many customers there are: each walks along one index.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.events import Channel, EvidenceKind, Strength
from hub.ids import CustomerId
from storage import customers as customer_store
from storage import evidence as evidence_store
from storage import identities as identity_store
from storage import records as record_store
from storage.column_types import Moment
from storage.customers import Panel
from storage.engine import Database
from storage.evidence import Proof
from storage.identities import Identity
from storage.records import Whole
from storage.search import matching_customers
from storage.tables import Id, customers

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Portrait:
    """All that the shop keeps of one customer. `records`: everyone they are made of, oldest first, their own id among
    them: after a merge the ids of those who are one now. `keys`: of the shop's books, without what is before the
    colon."""

    id: CustomerId
    name: str | None
    whole: Whole
    phones: tuple[tuple[str, Strength], ...]
    emails: tuple[tuple[str, Strength], ...]
    records: tuple[CustomerId, ...]
    keys: tuple[str, ...]
    channels: tuple[Channel, ...]
    created_at: datetime
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Place:
    """Beyond the row `after` of the moment `at`; with None from that moment on."""

    at: datetime
    after: UUID | None = None


async def newest(
    connection: AsyncConnection, *, q: str | None, before: Place | None, limit: int
) -> list[tuple[CustomerId, datetime]]:
    """Who stands for a customer, changed last first. With `q` those it finds."""
    query = sa.select(customers.c.id, customers.c.changed_at).where(
        customers.c.id == customers.c.current_id, customers.c.changed_at.is_not(None)
    )
    if q is not None and q.strip():
        query = query.where(customers.c.id.in_(await matching_customers(connection, q)))
    if before is not None:
        there = sa.tuple_(sa.literal(before.at, Moment), sa.literal(before.after, Id))
        query = query.where(sa.tuple_(customers.c.changed_at, customers.c.id) < there)
    query = query.order_by(customers.c.changed_at.desc(), customers.c.id.desc()).limit(limit)
    return [(row.id, row.changed_at) for row in await connection.execute(query)]


async def changed(
    connection: AsyncConnection, *, since: Place | None, until: datetime, limit: int
) -> tuple[list[CustomerId], Place | None, bool]:
    """Whose records changed, in order of that, each once; where this ended (None: at once); is there more?"""
    query = sa.select(customers.c.id, customers.c.current_id, customers.c.changed_at).where(
        customers.c.changed_at <= until
    )
    if since is not None and since.after is not None:
        there = sa.tuple_(sa.literal(since.at, Moment), sa.literal(since.after, Id))
        query = query.where(sa.tuple_(customers.c.changed_at, customers.c.id) > there)
    elif since is not None:
        query = query.where(customers.c.changed_at >= since.at)
    query = query.order_by(customers.c.changed_at, customers.c.id).limit(limit + 1)
    rows = list(await connection.execute(query))
    page = rows[:limit]
    last = Place(page[-1].changed_at, page[-1].id) if page else None
    return list(dict.fromkeys(row.current_id for row in page)), last, len(rows) > limit


async def every(database: Database) -> AsyncIterator[list[Portrait]]:
    """All customers, in order of id, some at a time. Each chunk is a look of its own: no transaction stays open while
    somebody downloads."""
    last: CustomerId | None = None
    while True:
        query = sa.select(customers.c.id).where(customers.c.id == customers.c.current_id)
        if last is not None:
            query = query.where(customers.c.id > last)
        async with database.reading() as connection:
            ids = list((await connection.execute(query.order_by(customers.c.id).limit(CHUNK))).scalars())
            if not ids:
                return
            yield await portraits(connection, ids)
        last = ids[-1]


async def portraits(connection: AsyncConnection, ids: Iterable[CustomerId]) -> list[Portrait]:
    """In the order of `ids`, whoever stands for a customer; others are left out."""
    wanted = list(ids)
    by_customer: dict[CustomerId, list[Identity]] = {}
    members = await identity_store.by_customers(connection, wanted)
    for identity in members:
        by_customer.setdefault(identity.customer_id, []).append(identity)
    homes = [identity.home_customer_id for identity in members]
    proofs = await evidence_store.of_identities(connection, [identity.id for identity in members])
    sheets = await record_store.sheets(connection, homes)
    records = {sheet.id: customer_store.Record(sheet.id, sheet.name, sheet.created_at) for sheet in sheets.values()}
    times = await _changed_at(connection, homes)
    found = []
    for customer_id in wanted:
        theirs = by_customer.get(customer_id)
        if theirs:
            own = [identity.home_customer_id for identity in theirs]
            panel = Panel(
                id=customer_id,
                name=customer_store.shown_name(theirs, records),
                whole=record_store.union(sheets[home] for home in own),
                given_name=records[customer_id].name,
                created_at=records[customer_id].created_at,
                identities=tuple(theirs),
                proofs={identity.id: tuple(proofs.get(identity.id, ())) for identity in theirs},
            )
            found.append(_portrait(panel, max((t for home in own if (t := times[home])), default=None)))
    return found


def _portrait(panel: Panel, changed_at: datetime | None) -> Portrait:
    books = [identity for identity in panel.identities if identity.channel is Channel.RECORD]
    return Portrait(
        id=panel.id,
        name=panel.name,
        whole=panel.whole,
        phones=_best(panel, EvidenceKind.PHONE),
        emails=_best(panel, EvidenceKind.EMAIL),
        records=tuple(identity.home_customer_id for identity in panel.identities),
        keys=tuple(i.external_id[3:] for i in books if i.external_id.startswith("id:")),
        channels=tuple(dict.fromkeys(i.channel for i in panel.identities if i.channel is not Channel.RECORD)),
        created_at=panel.created_at,
        changed_at=changed_at,
    )


def _best(panel: Panel, kind: EvidenceKind) -> tuple[tuple[str, Strength], ...]:
    """Each value with its best proof."""
    every_proof: Sequence[Proof] = [p for given in panel.proofs.values() for p in given if p.kind is kind]
    strongest = {p.value: p.strength for p in sorted(every_proof, key=lambda p: p.rank)}
    return tuple((value, strongest[value]) for value in panel.values(kind))


async def _changed_at(connection: AsyncConnection, homes: Iterable[CustomerId]) -> dict[Any, datetime | None]:
    query = sa.select(customers.c.id, customers.c.changed_at).where(customers.c.id.in_(sorted(set(homes))))
    return {row.id: row.changed_at for row in await connection.execute(query)}
