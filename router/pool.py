"""A routing pool in memory, and the decision: which waiting conversation is offered to which agent, and why. Pure.

Order of work: longest in the queue first. Order of agents: the one who served this customer last, then lowest load,
then longest idle. Nobody is offered more than they have room for; offers count as load. An agent who declined a
conversation, or let it ring out, is not asked again for it within REFUSAL_COOLDOWN_S while anybody else is free.

Cost: a decision touches the heads of two heaps, whatever the number of agents and conversations. Heap entries are not
removed when an agent or conversation changes; they carry a stamp and are dropped when they come up stale. Entries are
plain tuples, compared in C: an ordered dataclass made half the cost of a decision.
"""

import heapq
import itertools
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from hub.events import Explanation, PresenceStatus
from hub.ids import AgentId, ConversationId, QueueId

REFUSAL_COOLDOWN_S = 30.0


@dataclass(slots=True)
class Agent:
    """`load` counts conversations owned and offered. `idle_since`: when work was last taken or given back."""

    id: AgentId
    name: str
    status: PresenceStatus
    capacity: int
    load: int
    idle_since: datetime
    queues: frozenset[QueueId]
    stamp: int = 0  # of its valid places in line; 0: none

    @property
    def room(self) -> int:
        return self.capacity - self.load if self.status is PresenceStatus.AVAILABLE else 0


@dataclass(slots=True)
class Work:
    """A conversation that waits. `queued_at` is its place and stays with it when an offer fails."""

    id: ConversationId
    queue_id: QueueId
    queued_at: datetime
    last_agent_id: AgentId | None = None
    refusals: dict[AgentId, datetime] = field(default_factory=dict)
    stamp: int = 0  # of its valid place in line; 0: none


@dataclass(frozen=True, slots=True)
class Decision:
    """Offer `work` to `agent`."""

    work: Work
    agent: Agent
    why: Explanation


# Places in line, first things first; ids make equal places come out in one order, stamps make all places different.
_Place = tuple[datetime, int, int, Work]  # queued_at, id, stamp
_Seat = tuple[int, datetime, int, int, Agent]  # load, idle_since, id, stamp


@dataclass(slots=True)
class _Desk:
    """A queue: who waits, and who is free for it."""

    line: list[_Place] = field(default_factory=list)
    free: list[_Seat] = field(default_factory=list)


class Pool:
    """Built from storage at start, kept up to date by events, asked by `decide`."""

    def __init__(self) -> None:
        self.agents: dict[AgentId, Agent] = {}
        self.waiting: dict[ConversationId, Work] = {}
        self._desks: dict[QueueId, _Desk] = defaultdict(_Desk)
        self._stamps = itertools.count(1)

    def put_agent(self, agent: Agent) -> None:
        """Adds or replaces. Call it after any change of an agent."""
        self.drop_agent(agent.id)
        agent.stamp = next(self._stamps)
        self.agents[agent.id] = agent
        if agent.room > 0:
            seat = (agent.load, agent.idle_since, agent.id.int, agent.stamp, agent)
            for queue in agent.queues:
                heapq.heappush(self._desks[queue].free, seat)

    def drop_agent(self, agent_id: AgentId) -> None:
        known = self.agents.pop(agent_id, None)
        if known is not None:
            known.stamp = 0

    def put_work(self, work: Work) -> None:
        """Adds or replaces; refusals of the replaced one are kept."""
        known = self.drop_work(work.id)
        if known is not None:
            work.refusals = known.refusals | work.refusals
        work.stamp = next(self._stamps)
        self.waiting[work.id] = work
        heapq.heappush(self._desks[work.queue_id].line, (work.queued_at, work.id.int, work.stamp, work))

    def drop_work(self, conversation_id: ConversationId) -> Work | None:
        known = self.waiting.pop(conversation_id, None)
        if known is not None:
            known.stamp = 0
        return known

    def decide(self, now: datetime, *, limit: int = 1000) -> Iterator[Decision]:
        """At most `limit` decisions. Each is already applied here: the work is gone from the line, the agent fuller.

        When a decision cannot be committed, put the agent and the work back.
        """
        made = 0
        for queue, desk in list(self._desks.items()):
            while made < limit and (decision := self._next(queue, desk, now)) is not None:
                made += 1
                yield decision

    def next_retry_s(self, now: datetime) -> float | None:
        """Seconds until a refusal cools down that may free a decision; None when no waiting work was refused."""
        ends = [
            (at + timedelta(seconds=REFUSAL_COOLDOWN_S) - now).total_seconds()
            for work in itertools.islice(self.waiting.values(), 1000)
            for at in work.refusals.values()
        ]
        future = [end for end in ends if end > 0]
        return min(future) if future else None

    def _next(self, queue: QueueId, desk: _Desk, now: datetime) -> Decision | None:
        """The first work of the line that somebody can take. Work that all free agents refused is passed over."""
        passed: list[_Place] = []
        try:
            while (place := _head(desk.line)) is not None:
                if _head(desk.free) is None:
                    return None
                heapq.heappop(desk.line)
                decision = self._match(place[-1], queue, desk, now)
                if decision is not None:
                    self._apply(decision)
                    return decision
                passed.append(place)
            return None
        finally:
            for place in passed:
                heapq.heappush(desk.line, place)

    def _match(self, work: Work, queue: QueueId, desk: _Desk, now: datetime) -> Decision | None:
        last = self.agents.get(work.last_agent_id) if work.last_agent_id else None
        if last is not None and last.room > 0 and queue in last.queues and not _refused(work, last, now):
            return Decision(work, last, Explanation(code="route.last_agent", params={"agent": last.name}))
        aside: list[_Seat] = []
        try:
            while (seat := _head(desk.free)) is not None:
                heapq.heappop(desk.free)
                if not _refused(work, seat[-1], now):  # whose seat is gone for good: the decision gives a new one
                    return Decision(work, seat[-1], _why(seat[-1], _head(desk.free), now))
                aside.append(seat)
            return None
        finally:
            for seat in aside:
                heapq.heappush(desk.free, seat)

    def _apply(self, decision: Decision) -> None:
        self.drop_work(decision.work.id)
        decision.agent.load += 1
        self.put_agent(decision.agent)


Entry = TypeVar("Entry", _Place, _Seat)


def _head(heap: list[Entry]) -> Entry | None:
    """The first entry that is still true; those before it are dropped."""
    while heap:
        if heap[0][-1].stamp == heap[0][-2]:
            return heap[0]
        heapq.heappop(heap)
    return None


def _why(agent: Agent, runner_up: _Seat | None, now: datetime) -> Explanation:
    """Names the comparison that decided: against the runner-up in line, if there is one."""
    params: dict[str, str | int | float | bool | None] = {
        "agent": agent.name,
        "load": agent.load,
        "capacity": agent.capacity,
    }
    if runner_up is None:
        return Explanation(code="route.only_free", params=params)
    other = runner_up[-1]
    params["other"] = other.name
    if other.load > agent.load:
        return Explanation(code="route.lowest_load", params=params | {"other_load": other.load})
    idle_s = int((now - agent.idle_since).total_seconds())
    return Explanation(code="route.longest_idle", params=params | {"idle_s": idle_s})


def _refused(work: Work, agent: Agent, now: datetime) -> bool:
    at = work.refusals.get(agent.id)
    return at is not None and (now - at).total_seconds() < REFUSAL_COOLDOWN_S
