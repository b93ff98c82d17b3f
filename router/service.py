"""The router of a pool: reads `routing`, decides in memory, commits each decision as compare-and-set with a fence.

All events of a pool stand in one partition, and a partition has one worker per group: that makes one active router per
pool, on either bus, with takeover when its process dies and a fence against one that was only paused. A repeated, late
or reordered event does no harm: it only names what is read anew. The memory is rebuilt from the database whenever a
worker starts, and when it is seen to differ.
"""

import asyncio
from collections.abc import Sequence

import structlog

from hub.batch import Pace, pause
from hub.bus.base import Bus, Partition, Record, partition_of
from hub.errors import LeaseLost, Transient
from hub.events import ROUTING, PresenceStatus
from hub.ids import AgentId
from hub.work import Lease
from router.memory import Memory, waits
from router.named import GROUP, named_in
from router.offering import commit_offers
from router.plan.book import PlanBook
from router.settling import BATCH, Gone, settle
from storage import routing
from storage.routing import Queue
from storage.unit_of_work import UnitOfWork, Units

__all__ = ["GROUP", "Desk", "Router"]

PACE = Pace()
IDLE_LOOK_S = 1.0  # longest the loop sleeps: offers run out and refusals cool down meanwhile

log = structlog.get_logger(__name__)


class Router:
    """Runs in every process with role `router`; works where the bus gives it a partition."""

    def __init__(self, bus: Bus, units: Units, owner: str) -> None:
        self._bus = bus
        self._units = units
        self._owner = owner

    async def run(self) -> None:
        """Until cancelled."""
        await self._bus.run_group(GROUP, [ROUTING], self._work_partition)

    async def _work_partition(self, partition: Partition) -> None:
        attempt = 0
        while True:
            try:
                desk = await Desk.open(self._units, partition, self._owner)
                while True:
                    await desk.step()
                    attempt = 0
            except LeaseLost:
                log.info("router.lease_lost", partition=partition.index)
                return
            except Transient as error:
                log.warning("router.retry", reason=str(error), partition=partition.index)
                attempt += 1
                await asyncio.sleep(pause(attempt, PACE, at_least_s=error.retry_after_s or 0.0))


class Desk:
    """One partition's memory and loop. After any error it is thrown away and opened anew."""

    def __init__(self, units: Units, partition: Partition, lease: Lease) -> None:
        self._units = units
        self.partition = partition
        self._lease = lease
        self._next_offset = lease.next_offset
        self._book = PlanBook()
        self._memory = Memory(units.clock, self._is_ours)
        self._gone: Gone = {}  # seen to be so when nothing said it: the next step looks what they hold
        self._look_at = units.clock.monotonic()

    @classmethod
    async def open(cls, units: Units, partition: Partition, owner: str) -> "Desk":
        """Takes the fence first and reads the state second, so that nobody else changes it in between."""
        lease = await units.acquire(GROUP, partition.topic, partition.index, owner)
        desk = cls(units, partition, lease)
        await partition.seek(lease.next_offset)
        return desk

    async def step(self) -> None:
        """Reads what is new, settles what came to pass, then offers until nothing more can be offered. Offers have a
        transaction of their own: settling may end with agents locked, and they begin with conversations."""
        clock = self._units.clock
        wait_s = max(0.0, min(IDLE_LOOK_S, self._look_at - clock.monotonic()))
        records = await self.partition.read(BATCH, timeout_s=wait_s)
        if not records and clock.monotonic() < self._look_at and not await self._plans_changed():
            return
        await self._settle(records)
        await self._offer()
        self._look_at = clock.monotonic() if self._gone else self._memory.next_look()

    async def _settle(self, records: Sequence[Record]) -> None:
        due = self._units.clock.monotonic() >= self._memory.rebuild_at
        async with self._units.begin() as work:
            plans = await self._book.current(work.connection, work.clock)
            if due or plans is not self._memory.places.plans:
                await self._memory.rebuild(work.connection, plans)
            gone = {**self._gone, **await self._take_in(work, records)}
            freed = await settle(work, self._memory, gone)
            seen = await self._refresh(work, freed)
            self._gone = {agent_id: status for agent_id, status in seen.items() if agent_id not in gone}
            if records:
                self._next_offset = records[-1].offset + 1
            await work.advance(self._lease, self._next_offset)  # also the fence of what was done
            await work.commit()

    async def _offer(self) -> None:
        now = self._units.clock.now()
        pool = self._memory.pool
        pool.shut = self._memory.places.shut(now)
        decisions = list(pool.decide(now, limit=BATCH))
        if not decisions:
            return
        async with self._units.begin() as work:
            await commit_offers(work, self._memory, decisions, now)
            await work.advance(self._lease, self._next_offset)
            await work.commit()

    async def _take_in(self, work: UnitOfWork, records: Sequence[Record]) -> Gone:
        named = named_in(records)
        for rejected in named.rejected:
            work.publish(rejected)
        found = await routing.by_ids(work.connection, named.conversations) if named.conversations else {}
        await self._memory.look_at_calls(work.connection, found.values())
        for conversation in found.values():
            self._memory.place(conversation)
            is_ours = conversation.queue_id in self._memory.queues
            if is_ours and conversation.id in named.arrived and waits(conversation):
                self._memory.places.reconsider(conversation.id)
            named.agents |= {a for a in (conversation.owner_id, conversation.offered_to) if a}
        for conversation_id, agent_id in named.refusals.items():
            self._memory.pool.refuse(conversation_id, agent_id, work.clock.now())
        return await self._refresh(work, named.agents)

    async def _refresh(self, work: UnitOfWork, ids: set[AgentId]) -> dict[AgentId, PresenceStatus | None]:
        """Agents as their rows say. Those who are not available."""
        if not ids:
            return {}
        rows = await routing.agent_rows(work.connection, ids, clock=work.clock)
        unknown = ids - rows.keys()
        for agent_id in unknown:
            self._memory.pool.drop_agent(agent_id)
        self._memory.seat(rows.values())
        away = {row.id: row.status for row in rows.values() if row.status is not PresenceStatus.AVAILABLE}
        return {**dict.fromkeys(unknown), **away}

    async def _plans_changed(self) -> bool:
        async with self._units.database.reading() as connection:
            return await self._book.current(connection, self._units.clock) is not self._memory.places.plans

    def _is_ours(self, queue: Queue) -> bool:
        """Pools are spread over partitions as their events are."""
        return partition_of(queue.pool, self._units.partitions) == self.partition.index
