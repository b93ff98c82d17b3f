"""Touchpoints: the entries of every timeline. Written through storage.changes.ChangeSet; read here.

A timeline is the ordered union over the identities of a customer. Each identity's part is read from its own index, so
the cost is that of the page, whatever the history.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.events import (
    Attachment,
    Author,
    CallCard,
    Channel,
    Delivery,
    DeliveryState,
    FailureReason,
    TouchpointState,
)
from hub.ids import AgentId, ConversationId, CustomerId, IdentityId, TouchpointId
from storage.bulk import Bulk
from storage.query import Query
from storage.tables import ON_THEIR_WAY, channel_identities, provider_messages, touchpoints
from storage.unit_of_work import UnitOfWork

PAGE_MAX = 200
ON_THEIR_WAY_MAX = 2000  # of one batch's identities

_INSERT = Bulk.insert(touchpoints, without=("number",))
_INSERT_NUMBERED = Bulk.insert(touchpoints)
_LAST_NUMBER = Query(sa.select(sa.func.last_insert_rowid()))
_SELECT_BY_NAMES = (
    sa.select(provider_messages.c.provider_message_id, touchpoints)
    .join(touchpoints, touchpoints.c.number == provider_messages.c.touchpoint_number)
    .where(
        provider_messages.c.account_id == sa.bindparam("account_id"),
        provider_messages.c.provider_message_id.in_(sa.bindparam("names", expanding=True)),
    )
)
_BY_NAMES = Query(_SELECT_BY_NAMES)
_LOCK_BY_NAMES = Query(_SELECT_BY_NAMES.with_for_update(of=touchpoints))


@dataclass(slots=True)
class Touchpoint:
    """Mutable working copy. `number` is 0 until the row is written; `identity_seq` and `seq` are set by ChangeSet."""

    id: TouchpointId
    conversation_id: ConversationId
    identity_id: IdentityId
    channel: Channel
    account_id: str
    author: Author
    occurred_at: datetime
    accepted_at: datetime
    number: int = 0
    identity_seq: int = 0
    seq: int = 0
    agent_id: AgentId | None = None
    author_name: str | None = None
    text: str | None = None
    attachments: tuple[Attachment, ...] = ()
    reply_to: TouchpointId | None = None
    call: CallCard | None = None
    unsupported_kind: str | None = None
    edited_at: datetime | None = None
    delivery: Delivery | None = None
    client_id: str | None = None

    def state(self, customer_id: CustomerId) -> TouchpointState:
        values = {name: getattr(self, name) for name in _FIELDS}
        return TouchpointState(customer_id=customer_id, **values)  # faster than model_construct, which is Python


_FIELDS = tuple(Touchpoint.__dataclass_fields__)
COLUMNS = tuple(column.name for column in touchpoints.columns)
_PLAIN = tuple(
    name
    for name in COLUMNS
    if name
    not in {
        "attachments",
        "call",
        "channel",
        "author",
        "delivery_state",
        "delivery_changed_at",
        "failure",
        "delivery_detail",
    }
)


def from_row(row: Any) -> Touchpoint:
    """The working copy of a row that was selected with all columns of the table."""
    values = row._asdict()
    delivery = None
    if values["delivery_state"] is not None:
        delivery = Delivery(
            state=DeliveryState(values["delivery_state"]),
            changed_at=values["delivery_changed_at"],
            failure=FailureReason(values["failure"]) if values["failure"] else None,
            detail=values["delivery_detail"],
        )
    return Touchpoint(
        **{name: values[name] for name in _PLAIN},
        channel=Channel(values["channel"]),
        author=Author(values["author"]),
        attachments=tuple(Attachment.model_validate(a) for a in values["attachments"]),
        call=CallCard.model_validate(values["call"]) if values["call"] else None,
        delivery=delivery,
    )


def to_row(touchpoint: Touchpoint) -> dict[str, Any]:
    """Column values. `number` is left out while the database has not given one."""
    values: dict[str, Any] = {name: getattr(touchpoint, name) for name in _PLAIN}
    if not touchpoint.number:
        del values["number"]
    delivery = touchpoint.delivery
    return values | {
        "channel": touchpoint.channel.value,
        "author": touchpoint.author.value,
        "attachments": [a.model_dump(mode="json", exclude_defaults=True) for a in touchpoint.attachments],
        "call": touchpoint.call.model_dump(mode="json") if touchpoint.call else None,
        "delivery_state": delivery.state.value if delivery else None,
        "delivery_changed_at": delivery.changed_at if delivery else None,
        "failure": delivery.failure.value if delivery and delivery.failure else None,
        "delivery_detail": delivery.detail if delivery else None,
    }


async def insert(work: UnitOfWork, new: Sequence[Touchpoint]) -> None:
    """In order; gives each its number. For ChangeSet, which also tells of them."""
    rows = [to_row(touchpoint) for touchpoint in new]
    numbers: Sequence[int]
    if work.is_sqlite:
        await _INSERT.execute(work.connection, rows)
        [(last,)] = await _LAST_NUMBER.all(work.connection)
        numbers = range(last - len(rows) + 1, last + 1)  # ours is the only write lock, AUTOINCREMENT counts by one
    else:
        numbers = await _reserve(work.connection, len(rows))
        numbered = [row | {"number": number} for row, number in zip(rows, numbers, strict=True)]
        await _INSERT_NUMBERED.execute(work.connection, numbered)
    for touchpoint, number in zip(new, numbers, strict=True):
        touchpoint.number = number


async def by_provider_ids(
    connection: AsyncConnection, account_id: str, provider_message_ids: Iterable[str], *, lock: bool = False
) -> dict[str, Touchpoint]:
    """provider message id -> touchpoint, for those that are known. Calls are found under `call:<call_id>`."""
    query = _LOCK_BY_NAMES if lock else _BY_NAMES
    rows = await query.all(connection, account_id=account_id, names=sorted(set(provider_message_ids)))
    return {row.provider_message_id: from_row(row) for row in rows}


async def by_ids(
    connection: AsyncConnection, ids: Iterable[TouchpointId], *, lock: bool = False
) -> dict[TouchpointId, Touchpoint]:
    query = sa.select(touchpoints).where(touchpoints.c.id.in_(sorted(set(ids)))).order_by(touchpoints.c.number)
    if lock:
        query = query.with_for_update()
    return {row.id: from_row(row) for row in await connection.execute(query)}


async def sent_until(
    connection: AsyncConnection, identity_id: IdentityId, watermark: datetime, *, states: Sequence[DeliveryState]
) -> list[Touchpoint]:
    """Our replies to the identity in one of `states`, taken by the provider at or before `watermark`. Locked."""
    query = (
        sa.select(touchpoints)
        .where(
            touchpoints.c.identity_id == identity_id,
            touchpoints.c.delivery_state.in_([state.value for state in states]),
            touchpoints.c.accepted_at <= watermark,
        )
        .order_by(touchpoints.c.number.desc())
        .limit(PAGE_MAX)
        .with_for_update()
    )
    return [from_row(row) for row in await connection.execute(query)]


async def on_their_way(
    connection: AsyncConnection, identities: Iterable[IdentityId], *, lock: bool = False
) -> list[Touchpoint]:
    """Replies to these identities that are SENDING, SENT or DELIVERED, newest first: those that a watermark can be
    about. Providers that send watermarks keep them few."""
    query = (
        sa.select(touchpoints)
        .where(touchpoints.c.identity_id.in_(sorted(set(identities))), sa.text(ON_THEIR_WAY))
        .order_by(touchpoints.c.number.desc())
        .limit(ON_THEIR_WAY_MAX)
    )
    if lock:
        query = query.with_for_update()
    return [from_row(row) for row in await connection.execute(query)]


async def newest_of(connection: AsyncConnection, identity_id: IdentityId) -> Touchpoint | None:
    """The last entry that passed on this identity, the hub's own words aside. By its own numbering, which only the
    identity's index knows: by the number of all entries, PostgreSQL may walk through everybody's from the newest until
    it meets one of theirs."""
    query = (
        sa.select(touchpoints)
        .where(touchpoints.c.identity_id == identity_id, touchpoints.c.author != Author.SYSTEM.value)
        .order_by(touchpoints.c.identity_seq.desc())
        .limit(1)
    )
    row = (await connection.execute(query)).first()
    return from_row(row) if row else None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands, and since when."""

    number: int
    identity_seq: int
    accepted_at: datetime
    conversation_id: ConversationId
    agent_id: AgentId | None


async def place_of(connection: AsyncConnection, identity_id: IdentityId, identity_seq: int) -> Place | None:
    rows = await _PLACE.all(connection, identity=identity_id, seq=identity_seq)
    return Place(*rows[0]) if rows else None


async def first_by_customer(connection: AsyncConnection, identity_id: IdentityId, after_seq: int) -> Place | None:
    """The first entry by the customer after `after_seq`. Where that is what was answered last, only our own attempts to
    call may stand before it."""
    rows = await _FIRST_BY_CUSTOMER.all(connection, identity=identity_id, seq=after_seq)
    return Place(*rows[0]) if rows else None


_PLACES = sa.select(*(touchpoints.c[name] for name in Place.__dataclass_fields__)).where(
    touchpoints.c.identity_id == sa.bindparam("identity")
)
_PLACE = Query(_PLACES.where(touchpoints.c.identity_seq == sa.bindparam("seq")))
_FIRST_BY_CUSTOMER = Query(
    _PLACES.where(touchpoints.c.identity_seq > sa.bindparam("seq"), touchpoints.c.author == Author.CUSTOMER.value)
    .order_by(touchpoints.c.identity_seq)
    .limit(1)
)


async def last_words(connection: AsyncConnection, identity_id: IdentityId) -> list[tuple[datetime, str]]:
    """When, by the provider's clock, and what its customer wrote lately, oldest first: of its last few entries."""
    rows = (await connection.execute(_LAST_ENTRIES, {"identity": identity_id})).all()
    return [(row.occurred_at, row.text) for row in reversed(rows) if row.author == Author.CUSTOMER.value and row.text]


_LAST_ENTRIES = (
    sa.select(touchpoints.c.occurred_at, touchpoints.c.author, touchpoints.c.text)
    .where(touchpoints.c.identity_id == sa.bindparam("identity"))
    .order_by(touchpoints.c.number.desc())
    .limit(8)
)


async def page(
    connection: AsyncConnection, identities: Sequence[IdentityId], *, before: int | None = None, limit: int = 50
) -> list[Touchpoint]:
    """The newest `limit` entries with a number below `before`, over all `identities`, oldest first."""
    if not identities:
        return []
    bound = touchpoints.c.number < before if before is not None else sa.true()
    parts = [
        sa.select(touchpoints)
        .where(touchpoints.c.identity_id == identity, bound)
        .order_by(touchpoints.c.number.desc())
        .limit(min(limit, PAGE_MAX))
        .subquery()
        for identity in identities
    ]
    union = sa.union_all(*(sa.select(part) for part in parts)).subquery()
    newest = sa.select(union).order_by(union.c.number.desc()).limit(min(limit, PAGE_MAX))
    return [from_row(row) for row in reversed((await connection.execute(newest)).all())]


async def accepted_at(connection: AsyncConnection, number: int) -> datetime | None:
    """When the entry with this number was accepted."""
    query = sa.select(touchpoints.c.accepted_at).where(touchpoints.c.number == number)
    return (await connection.execute(query)).scalar_one_or_none()


async def by_client_id(connection: AsyncConnection, identity_id: IdentityId, client_id: str) -> Touchpoint | None:
    """What this click wrote before, if anything."""
    query = sa.select(touchpoints).where(touchpoints.c.identity_id == identity_id, touchpoints.c.client_id == client_id)
    row = (await connection.execute(query)).first()
    return from_row(row) if row else None


async def changed_after(
    connection: AsyncConnection, conversation_id: ConversationId, seq: int, *, limit: int = PAGE_MAX
) -> list[Touchpoint]:
    """Entries of the conversation added or changed after its seq `seq`, in order of number; at most `limit`."""
    query = (
        sa.select(touchpoints)
        .where(touchpoints.c.conversation_id == conversation_id, touchpoints.c.seq > seq)
        .order_by(touchpoints.c.seq)
        .limit(limit)
    )
    return [from_row(row) for row in await connection.execute(query)]


async def after_identity_seq(
    connection: AsyncConnection, identity_id: IdentityId, identity_seq: int, *, limit: int = PAGE_MAX
) -> list[Touchpoint]:
    """What passed on one channel identity after `identity_seq`: all that its customer may see."""
    query = (
        sa.select(touchpoints)
        .where(touchpoints.c.identity_id == identity_id, touchpoints.c.identity_seq > identity_seq)
        .order_by(touchpoints.c.identity_seq)
        .limit(limit)
    )
    return [from_row(row) for row in await connection.execute(query)]


async def _reserve(connection: AsyncConnection, count: int) -> Sequence[int]:
    """Numbers that nobody else gets, ascending. What is rolled back leaves a hole, as it does anyway."""
    counter = sa.func.nextval(sa.func.pg_get_serial_sequence(touchpoints.name, touchpoints.c.number.name))
    query = sa.select(counter).select_from(sa.func.generate_series(1, count))
    return sorted((await connection.execute(query)).scalars())


async def customer_of(connection: AsyncConnection, identity_id: IdentityId) -> CustomerId | None:
    """Whose identity it is now."""
    query = sa.select(channel_identities.c.customer_id).where(channel_identities.c.id == identity_id)
    return (await connection.execute(query)).scalar_one_or_none()
