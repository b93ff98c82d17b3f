"""Calls that ask whom to ring, and their legs to agents: `calls` says what a caller waits for, `call_legs` who is
in one.

One call per agent is kept by the primary key of `call_legs`, whoever asks at once. Order of locks: queue, call, leg;
conversations before calls where both are needed.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import Transient
from hub.events import PresenceStatus
from hub.ids import AgentId, ChannelAccountId, ConversationId, CustomerId, QueueId
from storage.dialect import upsert
from storage.query import Query
from storage.tables import (
    agents,
    call_legs,
    calls,
    channel_identities,
    conversations,
    customers,
    evidence,
    presence,
    queue_members,
    queues,
)
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


@dataclass(frozen=True, slots=True)
class Seat:
    """An agent at work, as far as calls look at them. `free`: no other call, no wrap-up, and available. `load`:
    conversations they own. `takes_calls`: by their limits. `old_leg`: one past its time is still written down."""

    agent_id: AgentId
    login: str
    name: str
    free: bool
    idle_since: datetime
    skills: Mapping[str, int]
    takes_calls: bool = True
    load: int = 0
    old_leg: bool = False


@dataclass(frozen=True, slots=True)
class Leg:
    agent_id: AgentId
    state: str
    made_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Caller:
    """What is known of who calls. `conversation_id`: their open one."""

    customer_id: CustomerId
    name: str | None = None
    conversation_id: ConversationId | None = None
    last_agent_id: AgentId | None = None


@dataclass(frozen=True, slots=True)
class CallQueue:
    """`settings`: a document of router.plan.queues."""

    id: QueueId
    pool: str
    settings: Any


_COLUMNS = tuple(calls.c[name] for name in Call.__dataclass_fields__ if name != "is_new")
_MINE = (calls.c.account_id == sa.bindparam("account_id")) & (calls.c.call_id == sa.bindparam("call_id"))
_FIND = Query(sa.select(*_COLUMNS).where(_MINE))
_LOCK = Query(sa.select(*_COLUMNS).where(_MINE).with_for_update())
_LINE = Query(
    sa.select(*_COLUMNS)
    .where(
        calls.c.queue_id == sa.bindparam("queue_id"), calls.c.state == "waiting", calls.c.until > sa.bindparam("now")
    )
    .order_by(calls.c.priority.desc(), calls.c.asked_at, calls.c.account_id, calls.c.call_id)
)
_LIVE = Query(
    sa.select(*_COLUMNS)
    .where(calls.c.state != "leaving", calls.c.state != "over", calls.c.until > sa.bindparam("now"))
    .order_by(calls.c.priority.desc(), calls.c.asked_at, calls.c.account_id, calls.c.call_id)
)
_QUEUE = Query(sa.select(queues.c.id).where(queues.c.id == sa.bindparam("id")).with_for_update(key_share=True))
_QUEUES = Query(sa.select(queues.c.id, queues.c.pool, queues.c.settings).order_by(queues.c.created_at, queues.c.id))
# In one pass: asked once per agent, PostgreSQL took 0.1 s for 200 of them.
_IN_HAND = (
    sa.select(conversations.c.owner_id, sa.func.count().label("load"))
    .where(conversations.c.status == "assigned", conversations.c.snoozed_until.is_(None))
    .group_by(conversations.c.owner_id)
    .subquery()
)
_SEATS = Query(
    sa.select(
        agents.c.id,
        agents.c.login,
        agents.c.display_name,
        agents.c.skills,
        agents.c.limits,
        agents.c.capacity,
        presence.c.status,
        presence.c.idle_since,
        presence.c.wrap_up_until,
        call_legs.c.until.label("leg_until"),
        sa.func.coalesce(_IN_HAND.c.load, 0).label("load"),
    )
    .join(queue_members, queue_members.c.agent_id == agents.c.id)
    .join(presence, presence.c.agent_id == agents.c.id)
    .outerjoin(call_legs, call_legs.c.agent_id == agents.c.id)
    .outerjoin(_IN_HAND, _IN_HAND.c.owner_id == agents.c.id)
    .where(
        queue_members.c.queue_id == sa.bindparam("queue_id"),
        agents.c.disabled_at.is_(None),
        (presence.c.status == PresenceStatus.AVAILABLE.value) | (presence.c.status == PresenceStatus.BUSY.value),
    )
)
_LOGINS = Query(sa.select(agents.c.id, agents.c.login).where(agents.c.id.in_(sa.bindparam("ids", expanding=True))))
_IDS = Query(
    sa.select(agents.c.id, agents.c.login).where(
        agents.c.login.in_(sa.bindparam("logins", expanding=True)), agents.c.disabled_at.is_(None)
    )
)
_LEG = Query(
    sa.select(call_legs.c.agent_id, call_legs.c.state, call_legs.c.made_at, call_legs.c.until).where(
        call_legs.c.account_id == sa.bindparam("account_id"), call_legs.c.call_id == sa.bindparam("call_id")
    )
)
_HANDLED = Query(
    sa.select(calls.c.answered_at, calls.c.ended_at)
    .where(calls.c.queue_id == sa.bindparam("queue_id"), calls.c.state == "over", calls.c.answered_at.is_not(None))
    .order_by(calls.c.asked_at.desc())
    .limit(HANDLED_MAX)
)
_BY_ADDRESS = Query(
    sa.select(channel_identities.c.customer_id).where(
        channel_identities.c.account_id == sa.bindparam("account_id"),
        channel_identities.c.external_id == sa.bindparam("caller"),
    )
)
_BY_NUMBER = Query(
    sa.select(channel_identities.c.customer_id)
    .join(evidence, evidence.c.identity_id == channel_identities.c.id)
    .where(
        evidence.c.kind == "phone",
        evidence.c.value == sa.bindparam("caller"),
        evidence.c.strength != "claimed",
        evidence.c.strength != "masked",
    )
    .distinct()
    .limit(2)
)
_OPEN_OF = Query(
    sa.select(
        conversations.c.id, conversations.c.customer_name, conversations.c.owner_id, conversations.c.last_agent_id
    ).where(conversations.c.customer_id == sa.bindparam("customer_id"), conversations.c.status != "closed")
)
_LAST_OF = Query(
    sa.select(conversations.c.customer_name, conversations.c.last_agent_id)
    .join(channel_identities, channel_identities.c.id == conversations.c.identity_id)
    .where(channel_identities.c.customer_id == sa.bindparam("customer_id"))
    .order_by(conversations.c.opened_at.desc())
    .limit(1)
)
_NAME_OF = Query(sa.select(customers.c.name).where(customers.c.id == sa.bindparam("customer_id")))


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
    row = asdict(call)
    is_new = row.pop("is_new")
    if is_new:
        insert = upsert(calls, is_sqlite=work.is_sqlite).values(row).on_conflict_do_nothing()
        if (await work.connection.execute(insert)).rowcount != 1:
            raise Transient("two asked about one new call in the same moment")
        return
    query = sa.update(calls).where(calls.c.account_id == call.account_id, calls.c.call_id == call.call_id)
    del row["account_id"], row["call_id"]
    await work.connection.execute(query.values(row))


async def queues_of(connection: AsyncConnection) -> dict[QueueId, CallQueue]:
    """All, the one that was made first first."""
    return {row.id: CallQueue(*row) for row in await _QUEUES.all(connection)}


async def lock_queue(work: UnitOfWork, queue_id: QueueId) -> None:
    """Whoever gives out the agents of a queue does it alone. Writers of conversations are not held up."""
    if not work.is_sqlite:
        await _QUEUE.all(work.connection, id=queue_id)


async def in_line(connection: AsyncConnection, queue_id: QueueId, now: datetime) -> list[Call]:
    """Those who wait, first things first."""
    return [Call(*row) for row in await _LINE.all(connection, queue_id=queue_id, now=now)]


async def live(connection: AsyncConnection, now: datetime) -> list[Call]:
    """All that wait, ring or are talked."""
    return [Call(*row) for row in await _LIVE.all(connection, now=now)]


async def seats(connection: AsyncConnection, queue_id: QueueId, logins: Collection[str], now: datetime) -> list[Seat]:
    """Those of `logins` who serve the queue and are at work, available or busy."""
    rows = await _SEATS.all(connection, queue_id=queue_id)
    return [_seat(row, now) for row in rows if row.login in logins]


async def logins_of(connection: AsyncConnection, ids: Iterable[AgentId]) -> dict[AgentId, str]:
    return {row.id: row.login for row in await _LOGINS.all(connection, ids=sorted(set(ids)))}


async def ids_of(connection: AsyncConnection, logins: Iterable[str]) -> dict[str, AgentId]:
    """Of those who are not disabled."""
    rows = await _IDS.all(connection, logins=sorted(set(logins)))
    return {row.login: row.id for row in rows}


async def reserve(work: UnitOfWork, call: Call, seat: Seat, until: datetime) -> bool:
    """False: they have another call now."""
    now = work.clock.now()
    if seat.old_leg:
        over = sa.delete(call_legs).where(call_legs.c.agent_id == seat.agent_id, call_legs.c.until <= now)
        await work.connection.execute(over)
    row = {
        "agent_id": seat.agent_id,
        "account_id": call.account_id,
        "call_id": call.call_id,
        "state": "ringing",
        "made_at": now,
        "until": until,
    }
    insert = upsert(call_legs, is_sqlite=work.is_sqlite).values(row).on_conflict_do_nothing()
    return (await work.connection.execute(insert)).rowcount == 1


async def leg_of(connection: AsyncConnection, key: Key) -> Leg | None:
    rows = await _LEG.all(connection, account_id=key[0], call_id=key[1])
    return Leg(*rows[0]) if rows else None


async def talk(work: UnitOfWork, key: Key, agent_id: AgentId, until: datetime) -> None:
    """This agent talks; whoever else was rung for the call is free. Who talks now talks in no other call any more,
    whatever we have heard of that one."""
    await drop_leg(work, key, but=agent_id)
    row = {
        "agent_id": agent_id,
        "account_id": key[0],
        "call_id": key[1],
        "state": "talking",
        "made_at": work.clock.now(),
        "until": until,
    }
    insert = upsert(call_legs, is_sqlite=work.is_sqlite).values(row)
    now = {name: value for name, value in row.items() if name != "agent_id"}
    await work.connection.execute(insert.on_conflict_do_update(index_elements=["agent_id"], set_=now))


async def drop_leg(work: UnitOfWork, key: Key, *, but: AgentId | None = None) -> Leg | None:
    """Whose it was: they are free now."""
    query = sa.delete(call_legs).where(call_legs.c.account_id == key[0], call_legs.c.call_id == key[1])
    if but is not None:
        query = query.where(call_legs.c.agent_id != but)
    columns = (call_legs.c.agent_id, call_legs.c.state, call_legs.c.made_at, call_legs.c.until)
    row = (await work.connection.execute(query.returning(*columns))).first()
    return Leg(*row) if row else None


async def handling_s(connection: AsyncConnection, queue_id: QueueId) -> float | None:
    """What the latest calls of the queue took, talk alone, on average; None without any."""
    rows = await _HANDLED.all(connection, queue_id=queue_id)
    lengths = [(row.ended_at - row.answered_at).total_seconds() for row in rows if row.ended_at is not None]
    return sum(lengths) / len(lengths) if lengths else None


async def caller_of(connection: AsyncConnection, account_id: str, caller: str) -> Caller | None:
    """By their channel identity, else by a number that one customer alone has proved to have."""
    rows = await _BY_ADDRESS.all(connection, account_id=account_id, caller=caller)
    if not rows and caller.startswith("+"):
        rows = await _BY_NUMBER.all(connection, caller=caller)
    if len(rows) != 1:
        return None
    customer_id = rows[0].customer_id
    open_ones = await _OPEN_OF.all(connection, customer_id=customer_id)
    if open_ones:
        row = open_ones[0]
        return Caller(customer_id, row.customer_name, row.id, row.owner_id or row.last_agent_id)
    last = await _LAST_OF.all(connection, customer_id=customer_id)
    if last:
        return Caller(customer_id, last[0].customer_name, None, last[0].last_agent_id)
    named = await _NAME_OF.all(connection, customer_id=customer_id)
    return Caller(customer_id, named[0].name if named else None)


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


def _seat(row: Any, now: datetime) -> Seat:
    in_call = row.leg_until is not None and row.leg_until > now
    wraps_up = row.wrap_up_until is not None and row.wrap_up_until > now
    return Seat(
        agent_id=row.id,
        login=row.login,
        name=row.display_name,
        free=row.status == PresenceStatus.AVAILABLE.value and not in_call and not wraps_up,
        idle_since=row.idle_since,
        skills=row.skills or {},
        takes_calls=row.capacity > 0 and (row.limits or {}).get("voice") != 0,
        load=row.load,
        old_leg=row.leg_until is not None and not in_call,
    )
