"""A shop's database without a hub around it, for rigs that ask the domain code itself: channel accounts, a queue, and
agents with room for everybody.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from bench.places import empty_database
from hub.clock import Clock, SystemClock
from hub.events import (
    CallDirection,
    CallProgressed,
    CallState,
    Channel,
    Evidence,
    EvidenceKind,
    EvidenceSource,
    MessageReceived,
    PresenceStatus,
    Strength,
    TouchpointEvent,
)
from hub.ids import AgentId, ChannelAccountId, QueueId, new_id
from storage import migrate, tables
from storage.engine import Database
from storage.unit_of_work import UnitOfWork, Units

Who = tuple[str, str]  # channel account, the provider's id of the person

ACCOUNTS = {
    "fb-main": Channel.FACEBOOK,
    "fb-second": Channel.FACEBOOK,
    "zalo-main": Channel.ZALO,
    "hotline": Channel.HOTLINE,
    "web": Channel.WEBCHAT,
}
PARTITIONS = 6
CAPACITY = 1000


@dataclass(frozen=True, slots=True)
class Town:
    url: str
    units: Units
    agents: Sequence[AgentId]


@asynccontextmanager
async def town(kind: str, *, agents: int = 1, clock: Clock | None = None) -> AsyncIterator[Town]:
    """`kind`: sqlite or postgres. Raises CannotMeasure when it cannot be had."""
    async with empty_database(kind) as url, opened(url, clock) as units:
        await migrate.upgrade(units.database)
        yield Town(url, units, await _populate(units, agents))


@asynccontextmanager
async def opened(url: str, clock: Clock | None = None) -> AsyncIterator[Units]:
    """Connections of one's own to a town that is there."""
    database = Database(url)
    try:
        yield Units(database, clock or SystemClock(), partitions=PARTITIONS)
    finally:
        await database.dispose()


async def _populate(units: Units, agents: int) -> list[AgentId]:
    now, queue_id = units.clock.now(), QueueId(new_id())
    ids = [AgentId(new_id()) for _ in range(agents)]
    async with units.begin() as work:
        row: dict[str, Any] = {"id": queue_id, "pool": "main", "name": "Main", "offer_s": 20, "created_at": now}
        await _insert(work, tables.queues, row)
        for name, channel in ACCOUNTS.items():
            row = {"id": name, "channel": channel.value, "display_name": name, "settings": b"", "active": True}
            await _insert(work, tables.channel_accounts, row | {"version": 1, "created_at": now})
        for number, agent_id in enumerate(ids):
            row = {"id": agent_id, "login": f"agent{number}", "display_name": f"Agent {number}", "role": "agent"}
            row |= {"password_hash": "-", "capacity": CAPACITY, "locale": "vi", "created_at": now}
            await _insert(work, tables.agents, row)
            await _insert(work, tables.queue_members, {"queue_id": queue_id, "agent_id": agent_id})
            presence = {"status": PresenceStatus.AVAILABLE.value, "since": now, "idle_since": now}
            await _insert(work, tables.presence, {"agent_id": agent_id, **presence})
        await work.commit()
    return ids


async def _insert(work: UnitOfWork, table: sa.Table, row: dict[str, Any]) -> None:
    await work.connection.execute(sa.insert(table), [row])


# --- what providers tell ---------------------------------------------------------------------------------------------


def message(who: Who, mid: str, text: str, clock: Clock) -> MessageReceived:
    account, person = who
    return MessageReceived(
        channel=ACCOUNTS[account], account_id=ChannelAccountId(account), identity=person, dedupe_key=mid,
        occurred_at=clock.now(), provider_message_id=mid, text=text,
    )  # fmt: skip


def missed_call(phone: str, call_id: str, clock: Clock) -> TouchpointEvent:
    """`phone` in E.164."""
    shown = Evidence(kind=EvidenceKind.PHONE, value=phone, strength=Strength.ATTESTED, source=EvidenceSource.CALLER_ID)
    return CallProgressed(
        channel=Channel.HOTLINE, account_id=ChannelAccountId("hotline"), identity=phone, dedupe_key=call_id,
        occurred_at=clock.now(), call_id=call_id, direction=CallDirection.INBOUND, state=CallState.MISSED,
        evidence=(shown,),
    )  # fmt: skip
