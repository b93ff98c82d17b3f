"""Live calls: whom to ring for a caller who is on the line now. Fulfils hub.calls.CallRouting.

1. An answer is one transaction: the agent it names is reserved in `call_legs`, whose primary key lets nobody ring
   twice, whoever else asks at that moment; what a queue has to give is given out by one asker at a time. So that others
   wait only for that, who calls, where the call belongs and who is free was read before.
2. The same call asked twice has the same answer: a call that rings somebody goes on ringing them until they answered,
   did not, or their time is over.
3. Nothing is kept for ever: a leg ends with the events of its call (router.call_events), else at its `until`.
4. A call may interrupt lighter work (plan "work"), never another call and never wrap-up.
5. Few asks of a process are at the database at once (router.call_turns): a rush must not keep everybody too long.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from hub.calls import Away, AwayReason, InLine, LiveCall, Next, Ring
from hub.errors import Transient
from hub.events import CallChanged
from hub.ids import AgentId, QueueId
from router import call_line, hours
from router.call_line import Asking
from router.call_placing import place
from router.call_turns import Asker, Turns
from router.lines import WRITTEN
from router.placing import stage
from router.plan.book import PlanBook, Plans
from router.plan.hours import Calendar
from router.plan.queues import QueueSettings
from router.plan.rules import Placed, Step
from router.room import Measure
from storage import call_legs, call_queues, call_seats, callers, routing
from storage import calls as call_store
from storage.call_legs import Leg
from storage.call_queues import CallQueue
from storage.call_seats import Seat
from storage.callers import Caller
from storage.calls import Call, Key
from storage.routing import AgentRow
from storage.unit_of_work import UnitOfWork, Units

RING_GRACE_S = 5  # the PBX's word that a telephone rang in vain may take so long
ASK_GRACE_S = 30  # one who does not ask again within this, beyond the time agreed, has hung up
RESERVE_TRIES = 5
AT_ONCE = 3  # of a process: one gives out, the others read meanwhile
TURN_S = 0.35  # who waited longer for theirs would have no answer in time: the time is better spent on the next


class CallRouter:
    """One per process that takes webhooks."""

    def __init__(self, units: Units, *, turn_s: float = TURN_S) -> None:
        self._units = units
        self._book = PlanBook()
        self._turns = Turns(AT_ONCE, within_s=turn_s)

    async def ring(self, call: LiveCall) -> Next:
        return await self._decide(call)

    async def failed(self, call: LiveCall, telephone: str) -> Next:
        return await self._decide(call, failed=telephone)

    async def call_back(self, call: LiveCall) -> Next:
        return await self._decide(call, wants_callback=True)

    async def _decide(self, live: LiveCall, *, failed: str | None = None, wants_callback: bool = False) -> Next:
        async def answer(asker: Asker) -> Next:
            async with self._units.begin(urgent=True) as work:
                ask = await _Ask.open(work, await self._book.current(work.connection, work.clock), live)
                if failed is not None:
                    await ask.failed(failed)
                said = await ask.decide(wants_callback=wants_callback)
                if asker.gone:
                    raise Transient("nobody waits for the answer any more")
                await work.commit()
            return said

        return await self._turns.take(answer)


@dataclass(slots=True)
class _Ask:
    """One ask in its unit of work; the call and its queue are held."""

    work: UnitOfWork
    plans: Plans
    live: LiveCall
    call: Call
    queue: CallQueue
    settings: QueueSettings
    caller: Caller | None
    free: list[Seat]
    line: dict[Key, Call]
    now: datetime
    freed: AgentId | None = None

    @classmethod
    async def open(cls, work: UnitOfWork, plans: Plans, live: LiveCall) -> "_Ask":
        now, key = work.clock.now(), (live.account_id, live.call_id)
        queues = await call_queues.queues_of(work.connection)
        caller = await callers.caller_of(work.connection, live.account_id, live.caller)
        call = await call_store.find(work.connection, key) or await _arrival(work, plans, live, caller, queues)
        _move_on(call, queues, now)
        free = await _free(work, plans, live, call.queue_id)
        await call_queues.lock(work, call.queue_id)
        line = await call_store.in_line(work.connection, call.queue_id, now, besides=key)
        held = (await call_store.lock(work, key) if key in line else None) or call
        _move_on(held, queues, now)
        if held.queue_id != call.queue_id:  # somebody asked about it, too, and a little later
            free = await _free(work, plans, live, held.queue_id)
            line = await call_store.in_line(work.connection, held.queue_id, now, besides=key)
        queue = queues[held.queue_id]
        settings = QueueSettings.model_validate(queue.settings)
        return cls(work, plans, live, held, queue, settings, caller, free, line, now)

    async def failed(self, telephone: str) -> None:
        """Frees whom the PBX rang in vain. Told late or twice, about somebody who is not rung now, it says nothing."""
        leg = await call_legs.leg_of(self.work.connection, self.call.key)
        if leg is not None and self.live.telephones.get(await self._login_of(leg)) == telephone:
            await self._give_up(leg)

    async def decide(self, *, wants_callback: bool) -> Next:
        leg = None if self.call.is_new else await call_legs.leg_of(self.work.connection, self.call.key)
        if leg is not None:
            telephone = self.live.telephones.get(await self._login_of(leg))
            if telephone is not None and self._still_rings(leg):
                return Ring(telephone, self.settings.call_ring_s)
            await self._give_up(leg)
        answer = await self._next(wants_callback=wants_callback or self.call.wants_callback)
        self.call.until = self._until(answer)
        await call_store.save(self.work, self.call)
        self.work.publish(changed(self.call, self.queue.pool, self.caller, self.freed))
        return answer

    async def _next(self, *, wants_callback: bool) -> Next:
        """For a call that rings nobody."""
        if wants_callback and self._may_be_called_back:
            return self._leave("called_back", callback=True)
        self.call.state, self.call.agent_id = "waiting", None
        is_open = hours.is_open(self._calendar(), self.now)
        if not is_open and not self.settings.offer_out_of_hours:
            return self._leave("closed", callback=self._may_be_called_back)
        line = self._line()
        seat = await self._take(line)
        if seat is not None:
            self.call.state, self.call.agent_id = "ringing", seat.agent_id
            return Ring(self.live.telephones[seat.login], self.settings.call_ring_s)
        if not is_open:
            return self._leave("closed", callback=self._may_be_called_back)
        agents = await call_seats.serving(self.work.connection, self.queue.id, self.live.telephones)
        if not agents:
            return self._leave("nobody", callback=False)
        if (self.now - self.call.asked_at).total_seconds() >= self.live.wait_max_s:
            return self._leave("too_long", callback=False)
        position = call_line.position(line, self.call.key)
        handling_s = await call_store.handling_s(self.work.connection, self.call.queue_id)
        wait_s = call_line.wait_s(position, handling_s, self.settings.wrap_up_s, agents)
        return InLine(position, wait_s, self._may_be_called_back)

    async def _take(self, line: list[Asking]) -> Seat | None:
        """Whom this call gets, reserved. Somebody whom another queue was quicker to ring is passed over."""
        if not self.free:
            return None
        busy = await call_legs.busy(self.work.connection, self.now)
        for _ in range(RESERVE_TRIES):
            seats = [seat for seat in self.free if seat.agent_id not in busy]
            seat = call_line.match(line, seats, self.now).get(self.call.key)
            if seat is None:
                return None
            until = self.now + timedelta(seconds=self.settings.call_ring_s + RING_GRACE_S)
            if await call_legs.reserve(self.work, self.call, seat.agent_id, until):
                return seat
            busy.add(seat.agent_id)
        return None

    def _line(self) -> list[Asking]:
        """Everybody who waits in this queue, this call among them."""
        waiting = {**self.line, self.call.key: self.call}
        ordered = sorted(waiting.values(), key=lambda call: (-call.priority, call.asked_at, call.key))
        return [_asking(call, self.now) for call in ordered]

    def _leave(self, reason: AwayReason, *, callback: bool) -> Away:
        self.call.state = "leaving"
        self.call.wants_callback = self.call.wants_callback or callback
        return Away(reason, self.call.wants_callback)

    def _still_rings(self, leg: Leg) -> bool:
        return leg.state == "talking" or self.now < leg.until - timedelta(seconds=RING_GRACE_S)

    async def _give_up(self, leg: Leg) -> None:
        await call_legs.drop(self.work, self.call.key)
        self.freed, self.free = leg.agent_id, await _free(self.work, self.plans, self.live, self.queue.id)
        self.call.tried = {**self.call.tried, str(leg.agent_id): self.now.isoformat()}
        self.call.state, self.call.agent_id = "waiting", None

    async def _login_of(self, leg: Leg) -> str:
        return (await call_seats.logins_of(self.work.connection, [leg.agent_id])).get(leg.agent_id, "")

    @property
    def _may_be_called_back(self) -> bool:
        return self.settings.callback and self.call.caller.startswith("+")

    def _calendar(self) -> Calendar | None:
        wanted = self.settings.calendar
        return next((calendar for calendar in self.plans.hours.calendars if calendar.id == wanted), None)

    def _until(self, answer: Next) -> datetime:
        """Not heard of again by then, it is over."""
        rings_s = answer.ring_s + RING_GRACE_S if isinstance(answer, Ring) else 0
        return self.now + timedelta(seconds=rings_s + self.live.asks_again_s + ASK_GRACE_S)


def changed(call: Call, pool: str, caller: Caller | None, freed: AgentId | None = None) -> CallChanged:
    """What consoles hear of a call as it is now."""
    return CallChanged(
        pool=pool,
        account_id=call.account_id,
        call_id=call.call_id,
        state="over" if call.state == "leaving" else call.state,
        queue_id=call.queue_id,
        caller=call.caller,
        customer_id=caller.customer_id if caller else call.customer_id,
        customer_name=caller.name if caller else None,
        conversation_id=caller.conversation_id if caller else None,
        agent_id=call.agent_id,
        freed=freed,
        asked_at=call.asked_at,
        until=call.until,
    )


async def _free(work: UnitOfWork, plans: Plans, live: LiveCall, queue_id: QueueId) -> list[Seat]:
    """Who serves the queue with a telephone and might be rung now."""
    seats = await call_seats.free(work.connection, queue_id, live.telephones, work.clock.now())
    measure = Measure.of(plans.work)
    if not seats or measure.interrupts.get("voice", frozenset()) >= WRITTEN:
        return seats
    rows = await routing.agent_rows(work.connection, [seat.agent_id for seat in seats], clock=work.clock)
    return [seat for seat in seats if seat.agent_id in rows and _may_interrupt(rows[seat.agent_id], measure)]


def _may_interrupt(agent: AgentRow, measure: Measure) -> bool:
    return measure.has_room("voice", agent.held, capacity=agent.capacity, limits=agent.limits)


async def _arrival(
    work: UnitOfWork, plans: Plans, live: LiveCall, caller: Caller | None, queues: dict[QueueId, CallQueue]
) -> Call:
    """A call that asks for the first time, with its place. Raises Transient while there is no queue."""
    if not queues:
        raise Transient("there is no queue yet: no call can be routed")
    now = work.clock.now()
    where = await place(work.connection, plans, live, caller, list(queues), now)
    return Call(
        account_id=live.account_id,
        call_id=live.call_id,
        caller=live.caller,
        queue_id=where.queue_id,
        priority=where.priority,
        route=where.placed.model_dump(mode="json"),
        asked_at=now,
        until=now + timedelta(seconds=live.asks_again_s + ASK_GRACE_S),
        customer_id=caller.customer_id if caller else None,
        last_agent_id=caller.last_agent_id if caller else None,
        is_new=True,
    )


def _move_on(call: Call, queues: dict[QueueId, CallQueue], now: datetime) -> None:
    """To where its steps, or the overflow of its queue, have brought it by now."""
    placed = _placed(call)
    at = stage(placed, now)
    if at.queue_id in queues and at.queue_id is not None:
        call.queue_id = at.queue_id
    settings = QueueSettings.model_validate(queues[call.queue_id].settings)
    after_s, to = settings.overflow_after_s, settings.overflow_queue_id
    if after_s is None or to is None or to not in queues or to in (call.queue_id, *placed.been):
        return
    if now >= at.moved_at + timedelta(seconds=after_s):
        steps = (Step(skills=placed.steps[at.number].skills),)
        on = placed.model_copy(update={"since": now, "steps": steps, "been": (*placed.been, call.queue_id)})
        call.queue_id, call.route = to, on.model_dump(mode="json")


def _asking(call: Call, now: datetime) -> Asking:
    tried = {AgentId(UUID(agent)): datetime.fromisoformat(at) for agent, at in call.tried.items()}
    return Asking(call.key, stage(_placed(call), now).wishes, call.last_agent_id, tried)


def _placed(call: Call) -> Placed:
    return Placed.model_validate(call.route) if call.route else Placed(since=call.asked_at)
