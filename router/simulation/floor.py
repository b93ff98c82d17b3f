"""The day, event by event: customers come, give up and are served; agents come, accept, decline, finish and go.

Every assignment is a decision of router.pool, the code that runs in a hub; the floor only plays people.
"""

import heapq
import itertools
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

from hub.events import PresenceStatus
from hub.ids import AgentId, ConversationId, QueueId
from router.plan.common import WorkClass
from router.plan.work import WorkWords
from router.pool import REFUSAL_COOLDOWN_S, Agent, Decision, Pool, Work
from router.room import Measure
from router.simulation.day import HOUR, Day, Flow, Shift
from router.simulation.outcome import Outcome, Tally

MIDNIGHT = datetime(2026, 1, 5, tzinfo=UTC)


@dataclass(slots=True)
class Contact:
    """Somebody who came, and what for."""

    flow: Flow
    came_s: float


class Floor:
    """One day with one seed: run once. `warm_up_s`: what came before is served, but not counted."""

    def __init__(self, day: Day, seed: int, *, warm_up_s: float = 0.0) -> None:
        self._day = day
        self._rng = random.Random(seed)  # noqa: S311 - the same seed, the same day
        self._warm_up_s = warm_up_s
        self._pool = Pool(Measure.of(WorkWords()))
        self._contacts: dict[ConversationId, Contact] = {}
        self._touched: dict[AgentId, float] = {}
        self._leaving: set[AgentId] = set()
        self._queues = {name: QueueId(UUID(int=n)) for n, name in enumerate(sorted(_queue_names(day)), 1)}
        self._ids = itertools.count(1)
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._now_s = 0.0
        self.outcome = Outcome(day, seed, {flow.name: Tally(flow) for flow in day.flows})

    def run(self) -> Outcome:
        for flow in self._day.flows:
            self._expect(flow)
        for shift in self._day.shifts:
            for number in range(shift.agents):
                self._at(shift.begins_s, partial(self._come_to_work, shift, number))
        while self._events and self._events[0][0] <= self._day.lasts_s:
            self._now_s, _, happens = heapq.heappop(self._events)
            happens()
            self._decide()
        for agent in self._pool.agents.values():
            self._account(agent)
        self.outcome.left = len(self._pool.waiting)
        return self.outcome

    # --- customers ----------------------------------------------------------------------------------------------------

    def _expect(self, flow: Flow) -> None:
        """The next of a flow whose rate changes over the day: by thinning a steady flow of its highest rate."""
        highest = max(flow.per_hour)
        moment = self._now_s
        while moment <= self._day.lasts_s:
            moment += self._rng.expovariate(highest / HOUR)
            rate = flow.per_hour[min(int(moment // HOUR), len(flow.per_hour) - 1)]
            if self._rng.random() * highest < rate:
                self._at(moment, partial(self._arrive, flow))
                return

    def _arrive(self, flow: Flow) -> None:
        self._expect(flow)
        contact_id = ConversationId(UUID(int=next(self._ids)))
        self._contacts[contact_id] = Contact(flow, self._now_s)
        if self._counts(self._contacts[contact_id]):
            self.outcome.tallies[flow.name].arrived += 1
        self._pool.put_work(Work(contact_id, self._queues[flow.queue], self._now, work_class=flow.work_class))
        self.outcome.longest_line = max(self.outcome.longest_line, len(self._pool.waiting))
        if flow.patience_s is not None:
            self._at(self._now_s + self._rng.expovariate(1 / flow.patience_s), partial(self._give_up, contact_id))

    def _give_up(self, contact_id: ConversationId) -> None:
        """Who is served by now, or is being rung for, stays."""
        if self._pool.drop_work(contact_id) is not None:
            contact = self._contacts.pop(contact_id)
            if self._counts(contact):
                self.outcome.tallies[contact.flow.name].given_up += 1

    # --- agents -------------------------------------------------------------------------------------------------------

    def _come_to_work(self, shift: Shift, number: int) -> None:
        agent = Agent(
            id=AgentId(UUID(int=next(self._ids))),
            name=f"{shift.name} {number + 1}",
            status=PresenceStatus.AVAILABLE,
            capacity=shift.capacity,
            held={},
            idle_since=self._now,
            queues=frozenset(self._queues[name] for name in shift.queues),
        )
        self._touched[agent.id] = self._now_s
        self._pool.put_agent(agent)
        self._at(shift.ends_s, partial(self._go_home, agent.id))

    def _go_home(self, agent_id: AgentId) -> None:
        """At once with nothing in hand, else after the last of it."""
        agent = self._pool.agents[agent_id]
        self._account(agent)
        if agent.load:
            agent.status = PresenceStatus.BUSY
            self._leaving.add(agent_id)
            self._pool.put_agent(agent)
        else:
            self._pool.drop_agent(agent_id)

    def _accept(self, decision: Decision) -> None:
        work, agent = decision.work, decision.agent
        contact = self._contacts.pop(work.id)
        if self._counts(contact):
            self.outcome.tallies[contact.flow.name].waits.append(self._now_s - contact.came_s)
        self._at(self._now_s + self._handle_s(contact.flow), partial(self._finish, agent.id, work.work_class))

    def _decline(self, decision: Decision) -> None:
        contact = self._contacts[decision.work.id]
        if self._counts(contact):
            self.outcome.tallies[contact.flow.name].declined += 1
        decision.work.refusals[decision.agent.id] = self._now
        self._pool.put_work(decision.work)
        self._finish(decision.agent.id, decision.work.work_class)
        self._at(self._now_s + REFUSAL_COOLDOWN_S, lambda: None)  # somebody may be asked again

    def _finish(self, agent_id: AgentId, work_class: WorkClass) -> None:
        agent = self._pool.agents[agent_id]
        self._account(agent)
        agent.held[work_class] -= 1
        agent.idle_since = self._now
        if agent_id in self._leaving and not agent.load:
            self._pool.drop_agent(agent_id)
        else:
            self._pool.put_agent(agent)

    # --- the floor ----------------------------------------------------------------------------------------------------

    def _decide(self) -> None:
        for decision in self._pool.decide(self._now):
            self.outcome.decisions += 1
            self._account(decision.agent, load=decision.agent.load - 1)
            answer = self._decline if self._rng.random() < self._day.decline else self._accept
            if self._day.pick_up_s:
                self._at(self._now_s + self._rng.expovariate(1 / self._day.pick_up_s), partial(answer, decision))
            else:
                answer(decision)

    def _account(self, agent: Agent, *, load: int | None = None) -> None:
        """Since this was last done the agent had `load` in hand (None: as now)."""
        seconds = self._now_s - max(self._touched.get(agent.id, self._now_s), self._warm_up_s)
        if seconds > 0:
            self.outcome.busy.add(seconds, agent.load if load is None else load, agent.capacity)
        self._touched[agent.id] = self._now_s

    def _handle_s(self, flow: Flow) -> float:
        if flow.handle_spread is None:
            return self._rng.expovariate(1 / flow.handle_s)
        variance = math.log(1 + flow.handle_spread**2)
        return self._rng.lognormvariate(math.log(flow.handle_s) - variance / 2, math.sqrt(variance))

    def _counts(self, contact: Contact) -> bool:
        return contact.came_s >= self._warm_up_s

    def _at(self, moment_s: float, happens: Callable[[], None]) -> None:
        heapq.heappush(self._events, (moment_s, next(self._order), happens))

    @property
    def _now(self) -> datetime:
        return MIDNIGHT + timedelta(seconds=self._now_s)


def _queue_names(day: Day) -> set[str]:
    return {flow.queue for flow in day.flows} | {name for shift in day.shifts for name in shift.queues}
