"""Who is in a call: one per agent, kept by the primary key of `call_legs`, whoever asks at once. A leg ends with its
call, else at its `until`."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.ids import AgentId
from storage.calls import Call, Key
from storage.dialect import upsert
from storage.query import InsertNew, Query
from storage.tables import call_legs
from storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Leg:
    agent_id: AgentId
    state: str
    made_at: datetime
    until: datetime


_LEG = Query(
    sa.select(call_legs.c.agent_id, call_legs.c.state, call_legs.c.made_at, call_legs.c.until).where(
        call_legs.c.account_id == sa.bindparam("account_id"), call_legs.c.call_id == sa.bindparam("call_id")
    )
)
_BUSY = Query(sa.select(call_legs.c.agent_id).where(call_legs.c.until > sa.bindparam("now")))
_NEW = InsertNew(call_legs)
_OVER = Query(
    sa.delete(call_legs).where(
        call_legs.c.agent_id == sa.bindparam("agent_id"), call_legs.c.until <= sa.bindparam("now")
    )
)


async def reserve(work: UnitOfWork, call: Call, agent_id: AgentId, until: datetime) -> bool:
    """False: they, or the call, have another leg now. One past its time does not count."""
    now = work.clock.now()
    row = {
        "agent_id": agent_id,
        "account_id": call.account_id,
        "call_id": call.call_id,
        "state": "ringing",
        "made_at": now,
        "until": until,
    }
    if await _NEW.one(work.connection, row):
        return True
    return await _OVER.count(work.connection, agent_id=agent_id, now=now) > 0 and await _NEW.one(work.connection, row)


async def busy(connection: AsyncConnection, now: datetime) -> set[AgentId]:
    """Who is rung or talks."""
    return {row.agent_id for row in await _BUSY.all(connection, now=now)}


async def leg_of(connection: AsyncConnection, key: Key) -> Leg | None:
    rows = await _LEG.all(connection, account_id=key[0], call_id=key[1])
    return Leg(*rows[0]) if rows else None


async def talk(work: UnitOfWork, key: Key, agent_id: AgentId, until: datetime) -> None:
    """This agent talks; whoever else was rung for the call is free. Who talks now talks in no other call any more,
    whatever we have heard of that one."""
    await drop(work, key, but=agent_id)
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


async def drop(work: UnitOfWork, key: Key, *, but: AgentId | None = None) -> Leg | None:
    """Whose it was: they are free now."""
    query = sa.delete(call_legs).where(call_legs.c.account_id == key[0], call_legs.c.call_id == key[1])
    if but is not None:
        query = query.where(call_legs.c.agent_id != but)
    columns = (call_legs.c.agent_id, call_legs.c.state, call_legs.c.made_at, call_legs.c.until)
    row = (await work.connection.execute(query.returning(*columns))).first()
    return Leg(*row) if row else None
