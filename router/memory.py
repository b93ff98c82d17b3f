"""What the router of a partition remembers: who could take what, which offers ring, what sleeps, which queues are its.

All of it follows from the database, refusals aside: it is rebuilt from there, and `place` and `seat` make it as a row
says.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from hub.clock import Clock
from hub.events import Channel, ConversationStatus
from hub.ids import ConversationId, CustomerId, QueueId
from router.places import Places
from router.plan.book import Plans
from router.pool import Agent, Decision, Pool
from router.room import Measure
from router.waking import Alarms
from storage import calls as call_store
from storage import routing
from storage.conversations import Conversation
from storage.engine import Connection
from storage.routing import AgentRow, Queue

REBUILD_EVERY_S: Final = (
    60.0  # the state is read anew even if no event says so: a lost one costs a minute, not a customer
)


class Memory:
    """`is_ours`: whether a queue's pool is of this partition. `rebuild_at`: monotonic."""

    def __init__(self, clock: Clock, is_ours: Callable[[Queue], bool]) -> None:
        self._clock = clock
        self._is_ours = is_ours
        self.pool = Pool()
        self.places = Places()
        self.queues: dict[QueueId, Queue] = {}
        self.offers: dict[ConversationId, datetime] = {}
        self.alarms = Alarms()
        self.rebuild_at = clock.monotonic()
        self._on_the_line: set[CustomerId] = set()

    async def rebuild(self, connection: Connection, plans: Plans) -> None:
        """The whole state from the database, refusals aside. By new rules all that waits is placed anew, a part of it
        in each step."""
        old, rules_changed = self.pool, plans.rules != self.places.plans.rules
        self.places.plans = plans
        self.rebuild_at = self._clock.monotonic() + REBUILD_EVERY_S
        everywhere = await routing.queues_of(connection)
        self.places.know(everywhere)
        self.queues = {i: queue for i, queue in everywhere.items() if self._is_ours(queue)}
        self.pool, self.offers, self.alarms = Pool(Measure.of(plans.work)), {}, Alarms()
        self.seat((await routing.agent_rows(connection, clock=self._clock)).values())
        waiting_or_held = await routing.work_in(connection, self.queues)
        await self.look_at_calls(connection, waiting_or_held)
        for conversation in waiting_or_held:
            self.place(conversation)
            known, waiting = old.waiting.get(conversation.id), self.pool.waiting.get(conversation.id)
            if known is not None and waiting is not None and known.refusals:
                waiting.refusals = known.refusals
                self.pool.put_work(waiting)
        if rules_changed:
            self.places.unplaced |= dict.fromkeys(self.pool.waiting)

    async def look_at_calls(self, connection: Connection, conversations: Iterable[Conversation]) -> None:
        """Whose call waits or rings now is about to talk to somebody: their conversation is offered to nobody else
        until router.call_events says how it went. Read only where there is a call in it."""
        if any(Channel.HOTLINE in conversation.channels and waits(conversation) for conversation in conversations):
            self._on_the_line = await call_store.on_the_line(connection, self._clock.now())

    def seat(self, rows: Iterable[AgentRow]) -> None:
        """Agents as their rows say."""
        now = self._clock.now()
        for row in rows:
            self.pool.put_agent(agent_of(row, now))

    def place(self, conversation: Conversation) -> None:
        """A conversation as its row says."""
        self.offers.pop(conversation.id, None)
        if conversation.queue_id not in self.queues:
            self.pool.drop_work(conversation.id)
            if conversation.queue_id not in self.places.queues:
                self.rebuild_at = self._clock.monotonic()  # a queue that is newer than what we know
            return
        if self.alarms.put(conversation) or self._is_on_the_line(conversation):
            self.pool.drop_work(conversation.id)
            return
        work = None
        if conversation.status is ConversationStatus.WAITING:
            work = self.places.work_of(conversation, self._clock.now())
        elif conversation.status is ConversationStatus.OFFERED and conversation.offer_expires_at is not None:
            self.offers[conversation.id] = conversation.offer_expires_at
        if work is not None:
            self.pool.put_work(work)
        else:
            self.pool.drop_work(conversation.id)

    def take_back(self, decision: Decision) -> None:
        """It could not be committed: the agent has room for it again."""
        decision.agent.held[decision.work.work_class] -= 1
        self.pool.put_agent(decision.agent)

    def next_look(self) -> float:
        """Monotonic time at which something may have to be done without any event: an offer runs out, a refusal cools
        down, the state is due to be read anew."""
        now = self._clock.now()
        waits_s = [(at - now).total_seconds() for at in self.offers.values()]
        if (look_s := self.pool.next_look_s(now)) is not None:
            waits_s.append(look_s)
        moments = (self.alarms.next(), self.places.next_time(now))
        waits_s += [(moment - now).total_seconds() for moment in moments if moment is not None]
        soonest = self._clock.monotonic() + min(waits_s, default=REBUILD_EVERY_S)
        return min(soonest, self.rebuild_at)

    def _is_on_the_line(self, conversation: Conversation) -> bool:
        in_call = Channel.HOTLINE in conversation.channels and conversation.customer_id in self._on_the_line
        return in_call and waits(conversation)


def waits(conversation: Conversation) -> bool:
    return conversation.status is ConversationStatus.WAITING and conversation.snoozed_until is None


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
