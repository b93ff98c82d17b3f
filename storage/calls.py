"""Calls that ask whom to ring: what each caller waits for, and whom they talk to.

Who is in one: storage.call_legs. Who could be: storage.call_seats. Order of locks: queue, call, leg; conversations
before calls where both are needed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import Transient
from hub.ids import AgentId, ChannelAccountId, CustomerId, QueueId
from storage.query import InsertNew, Query
from storage.tables import call_legs, calls, channel_identities
from storage.unit_of_work import UnitOfWork

CallState = Literal["waiting", "ringing", "talking", "leaving", "over"]
Key = tuple[ChannelAccountId, str]  # account_id, call_id
HANDLED_MAX = 50  # calls that an estimate looks back on


@dataclass(slots=True)
class Call:
    """A working copy, locked by the unit of work that it was read in. `tried`: agent -> when they were last rung in
    vain. "leaving": told to go, not gone yet. `until`: not heard of again by then, the call is over."""

    account_id: ChannelAccountId
    call_id: str
    caller: str
    queue_id: QueueId
    asked_at: datetime
    until: datetime
    customer_id: CustomerId | None = None
    state: CallState = "waiting"
    priority: int = 0
    route: Any = None
    last_agent_id: AgentId | None = None
    tried: dict[str, str] = field(default_factory=dict)
    agent_id: AgentId | None = None
    wants_callback: bool = False
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    is_new: bool = False

    @property
    def key(self) -> Key:
        return (self.account_id, self.call_id)


_NAMES = tuple(name for name in Call.__dataclass_fields__ if name != "is_new")
_COLUMNS = tuple(calls.c[name] for name in _NAMES)
_MINE = (calls.c.account_id == sa.bindparam("account_id")) & (calls.c.call_id == sa.bindparam("call_id"))
_FIND = Query(sa.select(*_COLUMNS).where(_MINE))
_LOCK = Query(sa.select(*_COLUMNS).where(_MINE).with_for_update())
_LINE = Query(
    sa.select(*_COLUMNS).where(
        (calls.c.queue_id == sa.bindparam("queue_id"))
        & (calls.c.state == "waiting")
        & (calls.c.until > sa.bindparam("now"))
        | _MINE
    )
)
_LIVE = Query(
    sa.select(*_COLUMNS)
    .where(calls.c.state != "leaving", calls.c.state != "over", calls.c.until > sa.bindparam("now"))
    .order_by(calls.c.priority.desc(), calls.c.asked_at, calls.c.account_id, calls.c.call_id)
)
_HANDLED = Query(
    sa.select(calls.c.answered_at, calls.c.ended_at)
    .where(calls.c.queue_id == sa.bindparam("queue_id"), calls.c.state == "over", calls.c.answered_at.is_not(None))
    .order_by(calls.c.asked_at.desc())
    .limit(HANDLED_MAX)
)
_NEW_VALUE = "v_"  # an update's parameters may not be called as the columns are
_ADD = InsertNew(calls)
_CHANGE = Query(
    sa.update(calls)
    .where(
        calls.c.account_id == sa.bindparam(f"{_NEW_VALUE}account_id"),
        calls.c.call_id == sa.bindparam(f"{_NEW_VALUE}call_id"),
    )
    .values({name: sa.bindparam(f"{_NEW_VALUE}{name}") for name in _NAMES if name not in ("account_id", "call_id")})
)


async def lock(work: UnitOfWork, key: Key) -> Call | None:
    rows = await _LOCK.all(work.connection, account_id=key[0], call_id=key[1])
    return Call(*rows[0]) if rows else None


async def find(connection: AsyncConnection, key: Key) -> Call | None:
    rows = await _FIND.all(connection, account_id=key[0], call_id=key[1])
    return Call(*rows[0]) if rows else None


async def lock_by_caller(work: UnitOfWork, account_id: ChannelAccountId, caller: str, now: datetime) -> Call | None:
    """The one live call of this caller, whatever id it was asked by; None when there is none or there are several."""
    query = sa.select(calls.c.account_id, calls.c.call_id).where(
        calls.c.account_id == account_id, calls.c.caller == caller, calls.c.state != "over", calls.c.until > now
    )
    rows = (await work.connection.execute(query.limit(2))).all()
    return await lock(work, (rows[0].account_id, rows[0].call_id)) if len(rows) == 1 else None


async def save(work: UnitOfWork, call: Call) -> None:
    """Of one that was not there when this unit of work looked. Raises Transient when it came in that moment."""
    row = {name: getattr(call, name) for name in _NAMES}
    if not call.is_new:
        await _CHANGE.count(work.connection, **{f"{_NEW_VALUE}{name}": value for name, value in row.items()})
    elif not await _ADD.one(work.connection, row):
        raise Transient("two asked about one new call in the same moment")


async def in_line(connection: AsyncConnection, queue_id: QueueId, now: datetime, besides: Key) -> dict[Key, Call]:
    """Those who wait, in no order, and the call `besides`, wherever it is and if there is one."""
    rows = await _LINE.all(connection, queue_id=queue_id, now=now, account_id=besides[0], call_id=besides[1])
    waiting = [Call(*row) for row in rows]
    return {call.key: call for call in waiting}


async def live(connection: AsyncConnection, now: datetime) -> list[Call]:
    """All that wait, ring or are talked."""
    return [Call(*row) for row in await _LIVE.all(connection, now=now)]


async def handling_s(connection: AsyncConnection, queue_id: QueueId) -> float | None:
    """What the latest calls of the queue took, talk alone, on average; None without any."""
    rows = await _HANDLED.all(connection, queue_id=queue_id)
    lengths = [(row.ended_at - row.answered_at).total_seconds() for row in rows if row.ended_at is not None]
    return sum(lengths) / len(lengths) if lengths else None


async def on_the_line(connection: AsyncConnection, now: datetime) -> set[CustomerId]:
    """Customers whose call waits or rings at this moment: nobody else need be offered them."""
    query = (
        sa.select(channel_identities.c.customer_id)
        .join(
            calls,
            (calls.c.account_id == channel_identities.c.account_id)
            & (calls.c.caller == channel_identities.c.external_id),
        )
        .where(calls.c.state.in_(("waiting", "ringing")), calls.c.until > now)
    )
    return set((await connection.execute(query)).scalars())


async def stale(connection: AsyncConnection, now: datetime, keep: timedelta) -> Sequence[Key]:
    """Calls that nobody spoke of again, those whose leg is past its time, and those over for so long."""
    forgotten = sa.select(calls.c.account_id, calls.c.call_id).where(calls.c.state != "over", calls.c.until <= now)
    legs = sa.select(call_legs.c.account_id, call_legs.c.call_id).where(call_legs.c.until <= now)
    old = sa.select(calls.c.account_id, calls.c.call_id).where(calls.c.state == "over", calls.c.until <= now - keep)
    rows = await connection.execute(sa.union(forgotten, legs, old).limit(200))
    return sorted((row.account_id, row.call_id) for row in rows)


async def forget(work: UnitOfWork, now: datetime, keep: timedelta) -> None:
    """Calls that have been over for so long."""
    await work.connection.execute(sa.delete(calls).where(calls.c.state == "over", calls.c.until <= now - keep))
