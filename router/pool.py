"""A routing pool in memory, and the decision: which waiting conversation is offered to which agent, and why. Pure.

Order of work, over all queues: SLA due time, priority, waiting time; what nobody promised a time for is due after
OVERDUE_S, so that it never starves. Order of agents: the one who served this customer last, then lowest load, then
longest idle. Nobody is offered more than they have room for; offers count as load. While a customer is patient, their
last agent alone is asked, if present. An agent who declined a conversation, or let it ring out, is not asked again for
it within REFUSAL_COOLDOWN_S while anybody else is free.

The heads of the lines (router.standing) are merged, so a decision touches a few heads of heaps, whatever the number of
agents and conversations.
"""

import heapq
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from hub.events import Explanation
from hub.ids import AgentId
from router.lines import Agent, Bench, Line, Place, Seat, Work
from router.room import CHAT
from router.standing import OVERDUE_S, REFUSAL_COOLDOWN_S, Standing

__all__ = ["OVERDUE_S", "REFUSAL_COOLDOWN_S", "Agent", "Decision", "Pool", "Work"]

Params = dict[str, str | int | float | bool | None]


class Decision(NamedTuple):
    """Offer `work` to `agent`. `code` and `params` name the comparison that decided."""

    work: Work
    agent: Agent
    code: str
    params: Params

    @property
    def why(self) -> Explanation:
        return Explanation(code=self.code, params=self.params)


class Pool(Standing):
    """Built from storage at start, kept up to date by events, asked by `decide`."""

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
