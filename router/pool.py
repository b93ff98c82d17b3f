"""A routing pool in memory, and the decision: which waiting conversation is offered to which agent, and why. Pure.

Order of work, over all queues: SLA due time, priority, waiting time; what nobody promised a time for is due after
OVERDUE_S, so that it never starves. Order of agents: the one who served this customer last, then lowest load, then
longest idle. Nobody is offered more than they have room for; offers count as load. While a customer is patient, their
last agent alone is asked, if present. An agent who declined a conversation, or let it ring out, is not asked again for
it within REFUSAL_COOLDOWN_S while anybody else is free.

Work that asks the same of agents stands in one line (router.lines) and the heads of the lines are merged; each line has
its bench of agents. So a decision touches a few heads of heaps, whatever the number of agents and conversations.
"""

import heapq
import itertools
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from hub.events import Explanation, PresenceStatus
from hub.ids import AgentId, ConversationId, QueueId
from router.lines import ALL, NOTHING, WRITTEN, Agent, Bench, Demand, Line, Open, Place, Seat, Work
from router.room import CHAT, Measure

__all__ = ["OVERDUE_S", "REFUSAL_COOLDOWN_S", "Agent", "Decision", "Pool", "Work"]

REFUSAL_COOLDOWN_S: Final = 30.0
OVERDUE_S: Final = 3600.0
ALARMS_SPARE: Final = 1000  # stale ones that may be kept besides four for each piece of work

Params = dict[str, str | int | float | bool | None]
_Alarm = tuple[datetime, int, Work | Agent, int]  # when, a number of its own, about whom, their stamp then


class Decision(NamedTuple):
    """Offer `work` to `agent`. `code` and `params` name the comparison that decided."""

    work: Work
    agent: Agent
    code: str
    params: Params

    @property
    def why(self) -> Explanation:
        return Explanation(code=self.code, params=self.params)


class Pool:
    """Built from storage at start, kept up to date by events, asked by `decide`. `shut`: queues of which nothing is
    offered now."""

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

    def decide(self, now: datetime, *, limit: int = 1000) -> Iterator[Decision]:
        """At most `limit` decisions. Each is already applied here: the work is gone from the line, the agent fuller.

        When a decision cannot be committed, put the agent and the work back.
        """
        self._ripen(now)
        heads = [(place, line) for line in self._open_lines() if (place := line.first()) is not None]
        heapq.heapify(heads)
        passed: list[tuple[Line, Place]] = []
        made = 0
        try:
            while heads and made < limit:
                head, line = heads[0]
                place = line.first()
                if place is None:
                    heapq.heappop(heads)
                elif place is not head:
                    heapq.heapreplace(heads, (place, line))
                elif (agent := self._pick(place[-1], line, now)) is not None:
                    made += 1
                    yield self._give(place[-1], line.bench, agent, now)
                elif not line.bench.count(line.work_class):
                    heapq.heappop(heads)  # nobody becomes free while we decide
                else:
                    passed.append((line, heapq.heappop(line.places)))
        finally:
            for line, place in passed:
                heapq.heappush(line.places, place)

    def next_look_s(self, now: datetime) -> float | None:
        """Seconds until time alone may free a decision; None: no time is set."""
        while self._alarms:
            at, _, about, stamp = self._alarms[0]
            if about.stamp == stamp:
                return max(0.0, (at - now).total_seconds())
            heapq.heappop(self._alarms)
        return None

    def _open_lines(self) -> Iterator[Line]:
        for bench in self._benches.values():
            if bench.seats and bench.demand.queue_id not in self.shut:
                yield from bench.lines.values()

    def _pick(self, work: Work, line: Line, now: datetime) -> Agent | None:
        """Who is asked first. None: nobody is free for it, or all who are refused it just now."""
        bench, work_class = line.bench, line.work_class
        last = self._last_of(work)
        if last is not None and work_class in last.open and bench in last.benches and not _refused(work, last.id, now):
            return last
        if not work.refusals:
            seat = bench.first(work_class)
            return seat[-1] if seat is not None else None
        aside = []
        try:
            while (seat := bench.first(work_class)) is not None:
                if not _refused(work, seat[-1].id, now):
                    return seat[-1]
                bench.take(seat)
                aside.append(seat)
            return None
        finally:
            for seat in aside:
                bench.put_back(seat)

    def _last_of(self, work: Work) -> Agent | None:
        return self.agents.get(work.last_agent_id) if work.last_agent_id is not None else None

    def _give(self, work: Work, bench: Bench, agent: Agent, now: datetime) -> Decision:
        """The agent's seats are mended when they come up: who is fuller only stands further back. So the next in line
        is seen afterwards: the comparison that decided was against them."""
        params, burden = _params(work, agent, bench, now), agent.burden
        self.drop_work(work.id)
        agent.held[work.work_class] = agent.held.get(work.work_class, 0) + 1
        agent.burden += self.measure.weights.get(work.work_class, 0)
        self._set_open(agent)
        if agent.id == work.last_agent_id:
            return Decision(work, agent, "route.last_agent", params)
        seat = _next(bench, work, agent)
        if seat is None or (work.refusals and _refused(work, seat[-1].id, now)):
            return Decision(work, agent, "route.only_free", params)
        params["other"] = seat[-1].name
        if seat[0] > burden:
            params["other_load"] = seat[0] / CHAT
            return Decision(work, agent, "route.lowest_load", params)
        params["idle_s"] = int((now - agent.idle_since).total_seconds())
        return Decision(work, agent, "route.longest_idle", params)

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


def _next(bench: Bench, work: Work, besides: Agent) -> Seat | None:
    """Who would be asked first, but for one."""
    seat = bench.first(work.work_class)
    if seat is None or seat[-1] is not besides:
        return seat
    bench.take(seat)
    other = bench.first(work.work_class)
    bench.put_back(seat)
    return other


def _params(work: Work, agent: Agent, bench: Bench, now: datetime) -> Params:
    """`load` and `capacity` in chats, `candidates`: how many were free for it and had not refused."""
    candidates = bench.count(work.work_class)
    if work.refusals:
        candidates -= sum(_refused(work, other.id, now) for other in bench.free_agents(work.work_class))
    params: Params = {"agent": agent.name, "load": agent.burden / CHAT, "capacity": agent.capacity}
    params["candidates"] = candidates
    if work.rule is not None:
        params["rule"] = work.rule
    return params


def _refused(work: Work, agent_id: AgentId, now: datetime) -> bool:
    at = work.refusals.get(agent_id)
    return at is not None and (now - at).total_seconds() < REFUSAL_COOLDOWN_S
