"""The router of a pool: reads `routing`, decides in memory, commits each decision as compare-and-set with a fence.

All events of a pool stand in one partition, and a partition has one worker per group: that makes one active router per
pool, on either bus, with takeover when its process dies and a fence against one that was only paused. Events are
pointers: whatever they name is read anew from the database, so a repeated, late or reordered event does no harm. The
memory is rebuilt from the database whenever a worker starts, and when it is seen to differ.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from hub.batch import Pace, dead_letter, pause
from hub.bus.base import Bus, Partition, Record, partition_of
from hub.errors import LeaseLost, Poison, Transient
from hub.events import (
    ROUTING,
    CallChanged,
    Channel,
    ConversationOffered,
    ConversationStatus,
    EventRejected,
    OfferAnswered,
    PresenceChanged,
    PresenceStatus,
    WorkArrived,
    WorkGone,
)
from hub.ids import AgentId, ConversationId, CustomerId, QueueId
from hub.work import Lease
from router.commands import end_offer, requeue
from router.commands.moving import arrived, give
from router.places import Places
from router.plan.book import PlanBook, Plans
from router.pool import Agent, Decision, Pool
from router.room import Measure, has_room
from router.waking import Alarms, wake_due
from storage import calls as call_store
from storage import conversations as conversation_store
from storage import routing
from storage.changes import ChangeSet
from storage.conversations import Conversation
from storage.routing import AgentRow, Queue, work_class
from storage.unit_of_work import UnitOfWork, Units

GROUP = "router"
BATCH = 500
PACE = Pace()
IDLE_LOOK_S = 1.0  # longest the loop sleeps: offers run out and refusals cool down meanwhile
REBUILD_EVERY_S = 60.0  # the state is read anew even if no event says so: a lost one costs a minute, not a customer

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


@dataclass(slots=True)
class _Named:
    """What a batch of events names."""

    conversations: set[ConversationId]
    agents: set[AgentId]
    refusals: dict[ConversationId, AgentId]
    rejected: list[EventRejected]
    arrived: set[ConversationId]


class Desk:
    """One partition's memory and loop. After any error it is thrown away and opened anew."""

    def __init__(self, units: Units, partition: Partition, lease: Lease) -> None:
        self._units = units
        self.partition = partition
        self._lease = lease
        self._next_offset = lease.next_offset
        self._pool = Pool()
        self._book = PlanBook()
        self._places = Places()
        self._queues: dict[QueueId, Queue] = {}
        self._offers: dict[ConversationId, datetime] = {}
        self._alarms = Alarms()
        self._on_the_line: set[CustomerId] = set()
        self._rebuild_at = self._look_at = units.clock.monotonic()

    @classmethod
    async def open(cls, units: Units, partition: Partition, owner: str) -> "Desk":
        """Takes the fence first and reads the state second, so that nobody else changes it in between."""
        lease = await units.acquire(GROUP, partition.topic, partition.index, owner)
        desk = cls(units, partition, lease)
        await partition.seek(lease.next_offset)
        return desk

    async def step(self) -> None:
        """Reads what is new, then expires, withdraws and offers until nothing more can be offered."""
        clock = self._units.clock
        wait_s = max(0.0, min(IDLE_LOOK_S, self._look_at - clock.monotonic()))
        records = await self.partition.read(BATCH, timeout_s=wait_s)
        if not records and clock.monotonic() < self._look_at and not await self._plans_changed():
            return
        due = clock.monotonic() >= self._rebuild_at
        async with self._units.begin() as work:
            plans = await self._book.current(work.connection, work.clock)
            if due or plans is not self._places.plans:
                await self._rebuild(work, plans)
            await self._take_in(work, records)
            await self._settle_offers(work)
            await self._move(work)
            await self._wake(work)
            await self._offer(work)
            if records:
                self._next_offset = records[-1].offset + 1
            await work.advance(self._lease, self._next_offset)  # also the fence of what was decided
            await work.commit()
        self._look_at = self._next_look()

    async def _plans_changed(self) -> bool:
        async with self._units.database.reading() as connection:
            return await self._book.current(connection, self._units.clock) is not self._places.plans

    def _next_look(self) -> float:
        """Monotonic time at which something may have to be done without any event: an offer runs out, a refusal cools
        down, the state is due to be read anew."""
        now = self._units.clock.now()
        waits = [(at - now).total_seconds() for at in self._offers.values()]
        if (look_s := self._pool.next_look_s(now)) is not None:
            waits.append(look_s)
        moments = (self._alarms.next(), self._places.next_time(now))
        waits += [(moment - now).total_seconds() for moment in moments if moment is not None]
        soonest = self._units.clock.monotonic() + min(waits, default=REBUILD_EVERY_S)
        return min(soonest, self._rebuild_at)

    async def _rebuild(self, work: UnitOfWork, plans: Plans) -> None:
        """The whole state from the database, refusals aside. By new rules all that waits is placed anew, a part of it
        in each step."""
        old, rules_changed = self._pool, plans.rules != self._places.plans.rules
        self._places.plans = plans
        self._rebuild_at = self._units.clock.monotonic() + REBUILD_EVERY_S
        everywhere = await routing.queues_of(work.connection)
        self._places.know(everywhere)
        self._queues = {i: queue for i, queue in everywhere.items() if self._is_ours(queue)}
        self._pool, self._offers, self._alarms = Pool(Measure.of(self._places.plans.work)), {}, Alarms()
        for row in (await routing.agent_rows(work.connection, clock=work.clock)).values():
            self._pool.put_agent(agent_of(row, work.clock.now()))
        waiting_or_held = await routing.work_in(work.connection, self._queues)
        await self._look_at_calls(work, waiting_or_held)
        for conversation in waiting_or_held:
            self._place(conversation)
            known, waiting = old.waiting.get(conversation.id), self._pool.waiting.get(conversation.id)
            if known is not None and waiting is not None and known.refusals:
                waiting.refusals = known.refusals
                self._pool.put_work(waiting)
        if rules_changed:
            self._places.unplaced |= dict.fromkeys(self._pool.waiting)

    def _is_ours(self, queue: Queue) -> bool:
        """Pools are spread over partitions as their events are."""
        return partition_of(queue.pool, self._units.partitions) == self.partition.index

    async def _take_in(self, work: UnitOfWork, records: Sequence[Record]) -> None:
        named = _named(records)
        for rejected in named.rejected:
            work.publish(rejected)
        now = work.clock.now()
        found = await routing.by_ids(work.connection, named.conversations) if named.conversations else {}
        await self._look_at_calls(work, found.values())
        for conversation_id in named.conversations:
            conversation = found.get(conversation_id)
            if conversation is not None:
                self._place(conversation)
                if conversation_id in named.arrived and _waits(conversation):
                    self._places.reconsider(conversation_id)
                named.agents |= {a for a in (conversation.owner_id, conversation.offered_to) if a}
        for conversation_id, agent_id in named.refusals.items():
            self._pool.refuse(conversation_id, agent_id, now)
        await self._refresh_agents(work, named.agents)

    async def _look_at_calls(self, work: UnitOfWork, conversations: Iterable[Conversation]) -> None:
        """Whose call waits or rings now is about to talk to somebody: their conversation is offered to nobody else
        until router.call_events says how it went. Read only where there is a call in it."""
        if any(Channel.HOTLINE in conversation.channels and _waits(conversation) for conversation in conversations):
            self._on_the_line = await call_store.on_the_line(work.connection, work.clock.now())

    def _is_on_the_line(self, conversation: Conversation) -> bool:
        in_call = Channel.HOTLINE in conversation.channels and conversation.customer_id in self._on_the_line
        return in_call and _waits(conversation)

    async def _refresh_agents(self, work: UnitOfWork, ids: set[AgentId]) -> None:
        if not ids:
            return
        rows = await routing.agent_rows(work.connection, ids, clock=work.clock)
        for agent_id in ids - rows.keys():
            self._pool.drop_agent(agent_id)
        for row in rows.values():
            self._pool.put_agent(agent_of(row, work.clock.now()))
        gone = [row for row in rows.values() if row.status is not PresenceStatus.AVAILABLE]
        if gone or ids - rows.keys():
            await self._take_back(work, {row.id: row.status for row in gone}, ids - rows.keys())

    async def _take_back(
        self, work: UnitOfWork, statuses: dict[AgentId, PresenceStatus], unknown: set[AgentId]
    ) -> None:
        """Offers of those who are not available, and conversations of those who are gone, wait again in order."""
        held = await routing.held_by(work.connection, statuses.keys() | unknown)
        locked = await conversation_store.lock(work.connection, held)
        changes = ChangeSet(work)
        freed: set[AgentId] = set()
        for conversation_id in held:
            conversation = locked.get(conversation_id)
            if conversation is None:
                continue
            offline = unknown | {a for a, status in statuses.items() if status is PresenceStatus.OFFLINE}
            holder = conversation.owner_id or conversation.offered_to
            if conversation.status is ConversationStatus.OFFERED and conversation.offered_to is not None:
                end_offer(changes, conversation, conversation.offered_to, "agent_gone")
            elif conversation.status is ConversationStatus.ASSIGNED and conversation.owner_id in offline:
                requeue(changes, conversation, "agent_gone", work.clock.now())
            else:
                continue
            self._place(conversation)
            if holder is not None:
                freed.add(holder)
        await changes.flush()
        for row in (await routing.agent_rows(work.connection, freed, clock=work.clock)).values():
            self._pool.put_agent(agent_of(row, work.clock.now()))

    async def _settle_offers(self, work: UnitOfWork) -> None:
        """Offers whose time is over go back to their place; the agent is not asked again at once."""
        now = work.clock.now()
        due = [conversation_id for conversation_id, at in self._offers.items() if at <= now]
        if not due:
            return
        changes = ChangeSet(work)
        agents: set[AgentId] = set()
        for conversation in (await conversation_store.lock(work.connection, due)).values():
            agent_id = conversation.offered_to
            expired = conversation.offer_expires_at is not None and conversation.offer_expires_at <= now
            if conversation.status is ConversationStatus.OFFERED and agent_id is not None and expired:
                end_offer(changes, conversation, agent_id, "expired")
                agents.add(agent_id)
            self._place(conversation)
            if agent_id is not None:
                self._pool.refuse(conversation.id, agent_id, now)
        for conversation_id in due:
            if self._offers.get(conversation_id, now) <= now:
                self._offers.pop(conversation_id, None)
        await changes.flush()
        await self._refresh_agents(work, agents)

    async def _wake(self, work: UnitOfWork) -> None:
        """What was put off until now is work again."""
        due = self._alarms.take_due(work.clock.now(), BATCH)
        if not due:
            return
        locked = await conversation_store.lock(work.connection, due)
        changes = ChangeSet(work)
        owners = await wake_due(work, changes, locked.values(), self._pool.measure)
        for conversation in locked.values():
            self._place(conversation)
        await changes.flush()
        await self._refresh_agents(work, owners)

    async def _move(self, work: UnitOfWork) -> None:
        """New work gets its place by the rules, old work that waited long enough another one."""
        due = self._places.take_due(work.clock.now(), BATCH)
        if not due:
            return
        locked = await conversation_store.lock(work.connection, due)
        changes = ChangeSet(work)
        waiting = [conversation for conversation in locked.values() if _waits(conversation)]
        await self._places.move(work.connection, changes, waiting, work.clock.now())
        await changes.flush()
        for conversation in locked.values():
            self._place(conversation)
            if conversation.queue_id not in self._queues and _waits(conversation):
                self._hand_over(work, conversation)

    def _hand_over(self, work: UnitOfWork, conversation: Conversation) -> None:
        """To the router of another pool; or it went to a queue that is newer than what we know."""
        self._pool.drop_work(conversation.id)
        queue = self._places.queues.get(conversation.queue_id)
        if queue is not None:
            work.publish(arrived(conversation).model_copy(update={"pool": queue.pool}))

    async def _offer(self, work: UnitOfWork) -> None:
        now = work.clock.now()
        self._pool.shut = self._places.shut(now)
        decisions = list(self._pool.decide(now, limit=BATCH))
        if not decisions:
            return
        locked = await conversation_store.lock(work.connection, [d.work.id for d in decisions])
        rows = await self._room(work, decisions)
        changes, taken = ChangeSet(work), set[AgentId]()
        for decision in decisions:
            conversation, row = locked.get(decision.work.id), rows.get(decision.agent.id)
            if conversation is None or not _waits(conversation) or conversation.queue_id != decision.work.queue_id:
                self._undo_load(decision)
                if conversation is not None:
                    self._place(conversation)
            elif row is None or not _takes(row, conversation, self._pool.measure, now):
                self._undo_load(decision)
                self._place(conversation)
            else:
                rows[row.id] = row.holding(work_class(conversation))
                if row.auto_accept or self._places.settings_of(conversation.queue_id).auto_accept:
                    give(changes, conversation, row.id, decision.why)
                    taken.add(row.id)
                else:
                    self._commit_offer(changes, conversation, decision, now)
        await changes.flush()
        await routing.touch_idle(work.connection, taken, now)
        for row in rows.values():
            self._pool.put_agent(agent_of(replace(row, idle_since=now) if row.id in taken else row, now))
        for agent_id in {decision.agent.id for decision in decisions} - rows.keys():
            self._pool.drop_agent(agent_id)

    async def _room(self, work: UnitOfWork, decisions: Sequence[Decision]) -> dict[AgentId, AgentRow]:
        """The agents' room as the database has it, held still until the commit: capacity is kept here, not by hope."""
        ids = sorted({decision.agent.id for decision in decisions})
        await routing.lock_agents(work.connection, ids)
        return await routing.agent_rows(work.connection, ids, clock=work.clock)

    def _commit_offer(self, changes: ChangeSet, conversation: Conversation, decision: Decision, now: datetime) -> None:
        expires_at = now + timedelta(seconds=self._queues[conversation.queue_id].offer_s)
        agent_id, why = decision.agent.id, decision.why
        conversation.status = ConversationStatus.OFFERED
        conversation.offered_to, conversation.offer_expires_at, conversation.why = agent_id, expires_at, why
        self._offers[conversation.id] = expires_at
        changes.record(
            conversation,
            lambda state: ConversationOffered(conversation=state, agent_id=agent_id, expires_at=expires_at, why=why),
        )

    def _undo_load(self, decision: Decision) -> None:
        decision.agent.held[decision.work.work_class] -= 1
        self._pool.put_agent(decision.agent)

    def _place(self, conversation: Conversation) -> None:
        """Memory as the row says."""
        self._offers.pop(conversation.id, None)
        if conversation.queue_id not in self._queues:
            self._pool.drop_work(conversation.id)
            if conversation.queue_id not in self._places.queues:
                self._rebuild_at = self._units.clock.monotonic()  # a queue that is newer than what we know
            return
        if self._alarms.put(conversation) or self._is_on_the_line(conversation):
            self._pool.drop_work(conversation.id)
            return
        if conversation.status is ConversationStatus.WAITING:
            waiting = self._places.work_of(conversation, self._units.clock.now())
            if waiting is not None:
                self._pool.put_work(waiting)
            else:
                self._pool.drop_work(conversation.id)
            return
        self._pool.drop_work(conversation.id)
        if conversation.status is ConversationStatus.OFFERED and conversation.offer_expires_at is not None:
            self._offers[conversation.id] = conversation.offer_expires_at


def _named(records: Iterable[Record]) -> _Named:
    named = _Named(set(), set(), {}, [], set())
    for record in records:
        try:
            data = record.decode().data
        except Poison as error:
            named.rejected.append(dead_letter(record, GROUP, str(error)))
            continue
        if isinstance(data, WorkArrived | WorkGone | OfferAnswered):
            named.conversations.add(data.conversation_id)
        if isinstance(data, WorkGone | OfferAnswered | PresenceChanged) and data.agent_id is not None:
            named.agents.add(data.agent_id)
        if isinstance(data, CallChanged):
            named.agents |= {agent_id for agent_id in (data.agent_id, data.freed) if agent_id is not None}
        if isinstance(data, OfferAnswered) and data.answer == "declined":
            named.refusals[data.conversation_id] = data.agent_id
        if isinstance(data, WorkArrived):
            named.arrived.add(data.conversation_id)
            if data.given_back_by is not None:
                named.refusals[data.conversation_id] = data.given_back_by
                named.agents.add(data.given_back_by)
    return named


def _waits(conversation: Conversation) -> bool:
    return conversation.status is ConversationStatus.WAITING and conversation.snoozed_until is None


def _takes(row: AgentRow, conversation: Conversation, measure: Measure, now: datetime) -> bool:
    """Whether the agent may be offered it, by what the database says under locks."""
    if row.status is not PresenceStatus.AVAILABLE or conversation.queue_id not in row.queues:
        return False
    wraps_up = row.wrap_up_until is not None and row.wrap_up_until > now
    return not wraps_up and has_room(row, conversation, measure)


def agent_of(row: AgentRow, now: datetime) -> Agent:
    wraps_up = row.wrap_up_until is not None and row.wrap_up_until > now
    return Agent(
        row.id,
        row.name,
        row.status,
        row.capacity,
        dict(row.held),
        row.idle_since,
        row.queues,
        skills=row.skills,
        limits=row.limits,
        auto_accept=row.auto_accept,
        free_from=row.wrap_up_until if wraps_up else None,
    )
