"""`bench takeover`: two routers in a cluster, of which one works. It is killed, or paused, at the moment a customer
comes; how long until the other one offers that conversation? Who was paused and goes on must decide nothing any more.
"""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Literal

import sqlalchemy as sa

from bench.people import populate
from bench.places import PARTITIONS, Place, place
from bench.processes import Program
from bench.report import CannotMeasure, Figure, tell
from bench.statistics import median
from hub.assembly.ground import open_database
from hub.bus.base import partition_of
from hub.events import DEFAULT_POOL, ROUTING, Channel, ConversationOpened, ConversationStatus, PresenceStatus
from hub.ids import ConversationId, CustomerId, IdentityId, QueueId, new_id
from router import commands
from router.service import GROUP
from storage import agents as agent_store
from storage import conversations as conversation_store
from storage import routing, tables
from storage.changes import ChangeSet
from storage.conversations import Conversation
from storage.unit_of_work import Units
from tools.servers import free_port

OWED_S = 10.0
LONGEST_S = 60.0
AFTERWARDS_S = 4.0  # so long the one that was paused may try to go on where it stopped
LOOK_EVERY_S = 0.02
AGENTS = 20

Way = Literal["kill -9", "SIGSTOP"]


async def measure(*, times: int) -> list[Figure]:
    async with place(cluster=True) as where:
        await populate(where, agents=AGENTS, graph_url="http://127.0.0.1:9")
        async with open_database(where.load(port=0)) as units, _routers(where) as routers:
            await _everybody_available(units)
            figures = []
            for way in ("kill -9", "SIGSTOP"):
                took = [await _once(units, routers, way) for _ in range(times)]
                note = f"slowest of {times}; median {median(took):.1f} s"
                name = f"takeover after {way}"
                figures.append(Figure(name=name, value=max(took), unit="s", owed=OWED_S, at_most=True, note=note))
    return figures


async def _once(units: Units, routers: Sequence[Program], way: Way) -> float:
    """Seconds. Afterwards both routers run again."""
    await _offered(units, await _customer_comes(units))
    active = await _at_work(units, routers)
    if way == "kill -9":
        active.kill9()
    else:
        active.pause()
    began = time.monotonic()
    conversation_id = await _customer_comes(units)
    await _offered(units, conversation_id)
    took = time.monotonic() - began
    tell(f"{way}: offered after {took:.1f} s")
    if way == "kill -9":
        await active.start()
    else:
        active.go_on()
        before = await _fence(units)
        await asyncio.sleep(AFTERWARDS_S)
        await _nothing_twice(units, before)
    return took


async def _customer_comes(units: Units) -> ConversationId:
    """A conversation that waits, as identity makes one."""
    identity_id, customer_id, now = IdentityId(new_id()), CustomerId(new_id()), units.clock.now()
    async with units.begin() as work:
        account_id = (await work.connection.execute(sa.select(tables.channel_accounts.c.id).limit(1))).scalar_one()
        queue_id = QueueId(next(iter(await routing.queues_of(work.connection))))
        person = {"id": customer_id, "current_id": customer_id, "tags": {}, "created_at": now}
        await work.connection.execute(sa.insert(tables.customers).values(person))
        address = {"id": identity_id, "account_id": account_id, "external_id": str(identity_id), "created_at": now}
        address |= {"channel": "facebook", "home_customer_id": customer_id, "customer_id": customer_id, "last_seq": 0}
        await work.connection.execute(sa.insert(tables.channel_identities).values(address))
        new = Conversation(
            id=ConversationId(new_id()), customer_id=customer_id, identity_id=identity_id, queue_id=queue_id,
            opened_at=now, last_touch_at=now, channels=(Channel.FACEBOOK,), waiting_since=now, queued_at=now,
            is_new=True,
        )  # fmt: skip
        changes = ChangeSet(work)
        changes.record(new, lambda state: ConversationOpened(conversation=state))
        await changes.flush()
        work.publish(commands.arrived(new))
        await work.commit()
    return new.id


async def _offered(units: Units, conversation_id: ConversationId) -> None:
    """Waits for it. Raises CannotMeasure."""
    until = time.monotonic() + LONGEST_S
    while time.monotonic() < until:
        async with units.database.reading() as connection:
            found = await conversation_store.find(connection, conversation_id)
        if found is not None and found.status is ConversationStatus.OFFERED:
            return
        await asyncio.sleep(LOOK_EVERY_S)
    raise CannotMeasure(f"nobody was offered the conversation within {LONGEST_S:g} s")


async def _at_work(units: Units, routers: Sequence[Program]) -> Program:
    """The one that holds the fence: a process writes its name with its own number in it."""
    async with units.database.reading() as connection:
        owner = (await connection.execute(_POSITION.with_only_columns(_POSITIONS.c.owner))).scalars().first()
    for program in routers:
        if program.alive and owner is not None and f":{program.pid}:" in owner:
            return program
    raise CannotMeasure(f"no router of ours is {owner}")


async def _fence(units: Units) -> int:
    async with units.database.reading() as connection:
        return int((await connection.execute(_POSITION.with_only_columns(_POSITIONS.c.fence))).scalars().one())


async def _nothing_twice(units: Units, fence: int) -> None:
    """Whoever works now has at least this fence, and no conversation was offered while it was offered."""
    if await _fence(units) < fence:
        raise CannotMeasure("the fence went back")
    h = tables.conversation_history
    query = sa.select(h.c.conversation_id, h.c.type).order_by(h.c.conversation_id, h.c.seq)
    async with units.database.reading() as connection:
        rows = (await connection.execute(query)).all()
    offered = "hub.conversation_offered.v1"
    for before, after in itertools.pairwise(rows):
        if before.conversation_id == after.conversation_id and before.type == after.type == offered:
            raise CannotMeasure(f"{after.conversation_id} was offered twice")


async def _everybody_available(units: Units) -> None:
    async with units.begin() as work:
        for agent in await agent_store.listed(work.connection):
            if agent.role == "agent":
                await commands.set_presence(work, agent.id, PresenceStatus.AVAILABLE)
        await work.commit()


@asynccontextmanager
async def _routers(where: Place) -> AsyncIterator[list[Program]]:
    # Nobody has a console open here: nobody may count as gone for it.
    environment = {**where.environment, "HUB_AGENT_GRACE_S": "3600"}
    ports = [free_port(), free_port()]
    command = ["hub", "run", "--roles", "router", "--port"]
    routers = [Program([*command, str(port)], port, where.folder / f"{port}.log", environment) for port in ports]
    try:
        for program in routers:
            await program.start()
        yield routers
    finally:
        for program in routers:
            program.kill9()


_POSITIONS = tables.positions
_POSITION = sa.select(_POSITIONS).where(
    _POSITIONS.c.group == GROUP,
    _POSITIONS.c.topic == ROUTING,
    _POSITIONS.c.partition == partition_of(DEFAULT_POOL, PARTITIONS),
)
