"""What a provider told about a message before the message was known here.

A receipt may come before our own send is recorded as sent; an edit or a recording before what it belongs to. They wait
here under the provider's id. Whoever stores that id takes what waits for it, in the same transaction:

    for receipt in await take_pending_receipts(connection, account_id, provider_ids, identity_id=…, touchpoint_id=…):
        advance(touchpoint, receipt.state, now, failure=receipt.failure)

Both sides hold the name while they look (`lock_names`): else one might look just before the other writes, both ways.
A watermark ("everything up to then was read") can also overtake the record of a send; it then waits under the name
of the touchpoint (`touchpoint_key`), which the taker passes along with the provider's ids.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.events import DeliveryState, FailureReason
from hub.ids import IdentityId, TouchpointId
from storage.dialect import upsert
from storage.query import Query
from storage.tables import early_arrivals
from storage.unit_of_work import UnitOfWork

KEPT = timedelta(days=7)  # no provider repeats anything for longer; what nobody took by then is of no use

Kind = Literal["receipt", "edit", "recording"]
_ORDER = (DeliveryState.FAILED, DeliveryState.DELIVERED, DeliveryState.READ)  # of two receipts, the later counts


@dataclass(frozen=True, slots=True)
class Early:
    """`data`: of a receipt {state, failure, at}, of an edit {text, at}, of a recording {recording}."""

    account_id: str
    name: str  # provider's message id, `call:<call_id>` or `touchpoint:<id>`
    kind: Kind
    identity_id: IdentityId
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PendingReceipt:
    """To be applied with storage.replies.advance(touchpoint, state, …, failure=failure)."""

    state: DeliveryState
    failure: FailureReason | None


def touchpoint_key(touchpoint_id: TouchpointId) -> str:
    """Under which name a watermark waits for a reply that is being sent."""
    return f"touchpoint:{touchpoint_id}"


async def lock_names(connection: AsyncConnection, account_id: str, names: Iterable[str]) -> None:
    """Until the transaction ends nobody else stores these provider ids, or keeps something for them. After it, look
    again. Comes after locks of conversations. SQLite has one writer anyway."""
    if connection.dialect.name != "postgresql":
        return
    for name in sorted(set(names)):
        key = sa.func.hashtextextended(f"{account_id}|{name}", 0)
        await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))


async def keep(work: UnitOfWork, arrivals: Iterable[Early]) -> None:
    """Of two edits the newer stays, of two receipts the one that says more. Their names must be locked."""
    latest: dict[tuple[str, str, str], Early] = {}
    known = await _known(work.connection, arrivals := list(arrivals))
    for early in [*known, *arrivals]:
        key = (early.account_id, early.name, early.kind)
        latest[key] = _better(latest.get(key), early)
    rows = [_to_row(latest[key], work.clock.now()) for key in sorted(latest)]
    if rows:
        insert = upsert(early_arrivals, is_sqlite=work.is_sqlite)
        update = insert.on_conflict_do_update(
            index_elements=["account_id", "provider_message_id", "kind"],
            set_={"data": insert.excluded.data, "identity_id": insert.excluded.identity_id},
        )
        await work.connection.execute(update, rows)


async def take(connection: AsyncConnection, account_id: str, names: Iterable[str]) -> list[Early]:
    """What waits for any of `names`; it waits no longer, if the transaction commits."""
    wanted = sorted(set(names))
    if not wanted:
        return []
    return [Early(*row) for row in await _TAKE.all(connection, account_id=account_id, names=wanted)]


async def take_pending_receipts(
    connection: AsyncConnection,
    account_id: str,
    provider_ids: Sequence[str],
    *,
    identity_id: IdentityId,
    touchpoint_id: TouchpointId,
) -> list[PendingReceipt]:
    """For egress, when it stores what the provider answered: the receipts that were faster, in the order to apply.

    Receipts that came for another identity than the reply's are dropped: they do not speak of it.
    """
    names = [*provider_ids, touchpoint_key(touchpoint_id)]
    await lock_names(connection, account_id, names)
    taken = [early for early in await take(connection, account_id, names) if early.identity_id == identity_id]
    receipts = [receipt_of(early) for early in taken if early.kind == "receipt"]
    return sorted(receipts, key=lambda r: _ORDER.index(r.state))


def receipt_of(early: Early) -> PendingReceipt:
    failure = early.data.get("failure")
    return PendingReceipt(DeliveryState(early.data["state"]), FailureReason(failure) if failure else None)


async def forget_old(connection: AsyncConnection, now: datetime) -> int:
    """Drops what nobody took. For a daily task; returns how many."""
    dropped = await connection.execute(sa.delete(early_arrivals).where(early_arrivals.c.at < now - KEPT))
    return dropped.rowcount


_COLUMNS = (
    early_arrivals.c.account_id,
    early_arrivals.c.provider_message_id,
    early_arrivals.c.kind,
    early_arrivals.c.identity_id,
    early_arrivals.c.data,
)
_TAKE = Query(
    sa.delete(early_arrivals)
    .where(
        early_arrivals.c.account_id == sa.bindparam("account_id"),
        early_arrivals.c.provider_message_id.in_(sa.bindparam("names", expanding=True)),
    )
    .returning(*_COLUMNS)
)


async def _known(connection: AsyncConnection, arrivals: Sequence[Early]) -> list[Early]:
    names = sorted({early.name for early in arrivals})
    if not names:
        return []
    query = sa.select(*_COLUMNS).where(
        early_arrivals.c.account_id.in_(sorted({early.account_id for early in arrivals})),
        early_arrivals.c.provider_message_id.in_(names),
    )
    return [Early(*row) for row in await connection.execute(query.with_for_update())]


def _better(one: Early | None, other: Early) -> Early:
    if one is None or one.kind == "recording":
        return other
    if one.kind == "edit":
        return other if other.data["at"] >= one.data["at"] else one
    later = _ORDER.index(DeliveryState(other.data["state"])) >= _ORDER.index(DeliveryState(one.data["state"]))
    return other if later else one


def _to_row(early: Early, now: datetime) -> dict[str, Any]:
    return {
        "account_id": early.account_id,
        "provider_message_id": early.name,
        "kind": early.kind,
        "identity_id": early.identity_id,
        "data": early.data,
        "at": now,
    }
