"""Who could take what: agents and waiting work of one routing pool, each where it stands, kept up to date. Pure.

Work that asks the same of agents stands in one line (router.lines); each line has its bench of agents. So a change of
one agent or one piece of work touches a few heaps, whatever the number of both. What time alone changes (patience ends,
work is overdue, a wrap-up is over) stands in a heap of alarms.
"""

import heapq
import itertools
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Final

from hub.events import PresenceStatus
from hub.ids import AgentId, ConversationId, QueueId
from router.lines import ALL, NOTHING, WRITTEN, Agent, Bench, Demand, Line, Open, Work
from router.room import CHAT, Measure

REFUSAL_COOLDOWN_S: Final = 30.0
OVERDUE_S: Final = 3600.0
ALARMS_SPARE: Final = 1000  # stale ones that may be kept besides four for each piece of work

_Alarm = tuple[datetime, int, Work | Agent, int]  # when, a number of its own, about whom, their stamp then


class Standing:
    """`shut`: queues of which nothing is offered now."""

    def __init__(self, measure: Measure | None = None) -> None:
        self.measure = measure or Measure()
        self._heaviest = max(self.measure.weights.values())
        self._voice_interrupts_all = self.measure.interrupts.get("voice", frozenset()) >= WRITTEN
        self.agents: dict[AgentId, Agent] = {}
        self.waiting: dict[ConversationId, Work] = {}
        self.shut: frozenset[QueueId] = frozenset()
        self._benches: dict[Demand, Bench] = {}
        self._of_queue: dict[QueueId, list[Bench]] = defaultdict(list)
        self._of_agent: dict[AgentId, list[Bench]] = {}  # whose customers wait for them alone
        self._rooms: dict[Open, Open] = {room: room for room in (NOTHING, WRITTEN, ALL)}
        self._stamps = itertools.count(1)
        self._alarms: list[_Alarm] = []

    def put_agent(self, agent: Agent) -> Agent:
        """Adds or changes; the one that the pool keeps. Call it after any change of an agent: those of queues and
        skills by another `Agent`."""
        known = self.agents.get(agent.id)
        if known is None:
            agent.number = next(self._stamps)
            self.agents[agent.id] = agent
            self._introduce(agent)
        elif known is not agent:
            moved = (known.queues, known.skills) != (agent.queues, agent.skills)
            known.become(agent)
            agent = known
            if moved:
                _leave(agent)
                self._introduce(agent)
        agent.stamp = next(self._stamps)
        agent.burden = self.measure.burden(agent.held)
        self._set_open(agent)
        for bench in agent.benches:
            bench.seat(agent)
        if agent.id in self._of_agent:
            self._tell_own(agent)
        if agent.free_from is not None:
            self._alarm(agent.free_from, agent)
        return agent

    def drop_agent(self, agent_id: AgentId) -> None:
        known = self.agents.pop(agent_id, None)
        if known is not None:
            known.stamp = 0
            _leave(known)
            self._let_go(agent_id)

    def put_work(self, work: Work) -> None:
        """Adds or replaces; refusals of the replaced one are kept."""
        known = self.drop_work(work.id)
        if known is not None and known is not work:
            work.refusals = known.refusals | work.refusals
        work.stamp = next(self._stamps)
        self.waiting[work.id] = work
        self._line(work).put(work)
        if work.patient_until is not None:
            self._alarm(work.patient_until, work)
        if work.due_at is None:
            self._alarm(work.queued_at + timedelta(seconds=OVERDUE_S), work)
        for at in work.refusals.values():
            self._alarm(at + timedelta(seconds=REFUSAL_COOLDOWN_S), work)

    def drop_work(self, conversation_id: ConversationId) -> Work | None:
        known = self.waiting.pop(conversation_id, None)
        if known is not None and known.line is not None:
            bench = known.line.bench
            known.line.drop(known)
            if bench.demand.only is not None and not any(line.size for line in bench.lines.values()):
                self._forget(bench, bench.demand.only)
        return known

    def refuse(self, conversation_id: ConversationId, agent_id: AgentId, at: datetime) -> None:
        """The agent did not want it. No-op when it does not wait."""
        work = self.waiting.get(conversation_id)
        if work is not None:
            work.refusals[agent_id] = at
            self.put_work(work)

    def next_look_s(self, now: datetime) -> float | None:
        """Seconds until time alone may free a decision; None: no time is set."""
        while self._alarms:
            at, _, about, stamp = self._alarms[0]
            if about.stamp == stamp:
                return max(0.0, (at - now).total_seconds())
            heapq.heappop(self._alarms)
        return None

    def _set_open(self, agent: Agent) -> None:
        before, after = agent.open, self._room_of(agent)
        if before is not after:
            agent.open = after
            for bench in agent.benches:
                bench.recount(before, after)

    def _room_of(self, agent: Agent) -> Open:
        """What there is room for now."""
        if agent.status is not PresenceStatus.AVAILABLE or agent.free_from is not None:
            return NOTHING
        has_plenty = agent.capacity > 0 and agent.burden + self._heaviest <= agent.capacity * CHAT
        if has_plenty and not agent.limits and not agent.held.get("voice"):
            return ALL if self._voice_interrupts_all or not agent.burden else WRITTEN
        has_room = self.measure.has_room
        room = frozenset([c for c in ALL if has_room(c, agent.held, capacity=agent.capacity, limits=agent.limits)])
        return self._rooms.setdefault(room, room)

    def _line(self, work: Work) -> Line:
        demand = self._demand(work)
        bench = self._benches.get(demand) or self._new_bench(demand)
        line = bench.lines.get(work.work_class)
        if line is None:
            line = bench.lines[work.work_class] = Line(bench, work.work_class)
        return line

    def _demand(self, work: Work) -> Demand:
        """A patient customer waits for their last agent alone, if that agent is here and serves the queue."""
        demand = Demand(work.queue_id, work.wishes, None)
        last = self.agents.get(work.last_agent_id) if work.patient_until is not None and work.last_agent_id else None
        if last is None or last.id in work.refusals or last.status is not PresenceStatus.AVAILABLE:
            return demand
        return demand._replace(only=last.id) if demand.asks_for(last) else demand

    def _new_bench(self, demand: Demand) -> Bench:
        bench = self._benches[demand] = Bench(demand)
        if demand.only is None:
            self._of_queue[demand.queue_id].append(bench)
        else:
            self._of_agent.setdefault(demand.only, []).append(bench)
        for agent in self.agents.values() if demand.only is None else (self.agents[demand.only],):
            if demand.asks_for(agent):
                agent.benches.append(bench)
                bench.recount(NOTHING, agent.open)
                bench.seat(agent)
        return bench

    def _introduce(self, agent: Agent) -> None:
        """To all who ask for such an agent."""
        asking = [bench for queue_id in agent.queues for bench in self._of_queue.get(queue_id, ())]
        own = self._of_agent.get(agent.id, ())
        agent.benches = [bench for bench in (*asking, *own) if bench.demand.asks_for(agent)]
        agent.open = NOTHING

    def _forget(self, bench: Bench, agent_id: AgentId) -> None:
        """Nobody waits any more for this one agent."""
        del self._benches[bench.demand]
        self._of_agent[agent_id].remove(bench)
        if not self._of_agent[agent_id]:
            del self._of_agent[agent_id]
        agent = self.agents.get(agent_id)
        if agent is not None and bench in agent.benches:
            agent.benches.remove(bench)

    def _tell_own(self, agent: Agent) -> None:
        """Who is not here any more, or serves other queues now, is not waited for."""
        asked = all(bench.demand.asks_for(agent) for bench in self._of_agent[agent.id])
        if agent.status is not PresenceStatus.AVAILABLE or not asked:
            self._let_go(agent.id)

    def _let_go(self, agent_id: AgentId) -> None:
        benches = list(self._of_agent.get(agent_id, ()))
        for work in [work for bench in benches for line in bench.lines.values() for work in line.works()]:
            work.patient_until = None
            self.put_work(work)

    def _alarm(self, at: datetime, about: Work | Agent) -> None:
        heapq.heappush(self._alarms, (at, next(self._stamps), about, about.stamp))
        if len(self._alarms) > 4 * len(self.waiting) + ALARMS_SPARE:
            self._alarms = [alarm for alarm in self._alarms if alarm[2].stamp == alarm[3]]
            heapq.heapify(self._alarms)

    def _ripen(self, now: datetime) -> None:
        """What time alone changes: patience ends, work is overdue, a wrap-up is over."""
        while self._alarms and self._alarms[0][0] <= now:
            _, _, about, stamp = heapq.heappop(self._alarms)
            if about.stamp != stamp:
                continue
            if isinstance(about, Agent):
                if about.free_from is not None and about.free_from <= now:
                    about.free_from = None
                self.put_agent(about)
            elif _ripened(about, now):
                self.put_work(about)


def _ripened(work: Work, now: datetime) -> bool:
    """Whether it stands elsewhere now."""
    changed = False
    if work.patient_until is not None and work.patient_until <= now:
        work.patient_until, changed = None, True
    overdue = work.queued_at + timedelta(seconds=OVERDUE_S)
    if work.due_at is None and overdue <= now:
        work.due_at, changed = overdue, True
    return changed


def _leave(agent: Agent) -> None:
    for bench in agent.benches:
        bench.leave(agent)
        bench.recount(agent.open, NOTHING)
    agent.benches = []
