"""A routing pool in memory, and the decision: which waiting conversation is offered to which agent, and why. Pure.

Order of work: longest in the queue first. Order of agents: the one who served this customer last, then lowest load,
then longest idle. Nobody is offered more than they have room for; offers count as load. An agent who declined a
conversation, or let it ring out, is not asked again for it within REFUSAL_COOLDOWN_S while anybody else is free.

Cost: a decision touches the heads of two heaps, whatever the number of agents and conversations. Heap entries are not
removed when an agent or conversation changes; they carry a stamp and are dropped when they come up stale.
"""

import heapq
import itertools
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

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
    stamp: int = 0

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


@dataclass(frozen=True, slots=True)
class Decision:
    """Offer `work` to `agent`."""

    work: Work
    agent: Agent
    why: Explanation


@dataclass(order=True, frozen=True, slots=True)
class _Seat:
    """An agent's place in a queue's line of free agents, valid while `stamp` is the agent's."""

    load: int
    idle_since: datetime
    agent_id: AgentId
    stamp: int


class Pool:
    """Built from storage at start, kept up to date by events, asked by `decide`."""

    def __init__(self) -> None:
        self.agents: dict[AgentId, Agent] = {}
        self.waiting: dict[ConversationId, Work] = {}
        self._line: dict[QueueId, list[tuple[datetime, ConversationId]]] = defaultdict(list)
        self._free: dict[QueueId, list[_Seat]] = defaultdict(list)
        self._stamps = itertools.count(1)

    def put_agent(self, agent: Agent) -> None:
        """Adds or replaces. Call it after any change of an agent."""
        agent.stamp = next(self._stamps)
        self.agents[agent.id] = agent
        if agent.room > 0:
            for queue in agent.queues:
                heapq.heappush(self._free[queue], _Seat(agent.load, agent.idle_since, agent.id, agent.stamp))

    def drop_agent(self, agent_id: AgentId) -> None:
        self.agents.pop(agent_id, None)

    def put_work(self, work: Work) -> None:
        """Adds or replaces; refusals of the replaced one are kept."""
        known = self.waiting.get(work.id)
        if known is not None:
            work.refusals = known.refusals | work.refusals
        self.waiting[work.id] = work
        heapq.heappush(self._line[work.queue_id], (work.queued_at, work.id))

    def drop_work(self, conversation_id: ConversationId) -> Work | None:
        return self.waiting.pop(conversation_id, None)

    def decide(self, now: datetime, *, limit: int = 1000) -> Iterator[Decision]:
        """At most `limit` decisions. Each is already applied here: the work is gone from the line, the agent fuller.

        When a decision cannot be committed, put the agent and the work back.
        """
        made = 0
        for queue in list(self._line):
            while made < limit and (decision := self._next(queue, now)) is not None:
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

    def _next(self, queue: QueueId, now: datetime) -> Decision | None:
        """The first work of the line that somebody can take. Work that all free agents refused is passed over."""
        passed: list[tuple[datetime, ConversationId]] = []
        try:
            while (work := self._first_work(queue)) is not None:
                if self._best_seat(queue) is None:
                    return None
                decision = self._match(work, queue, now)
                heapq.heappop(self._line[queue])
                if decision is not None:
                    self._apply(decision)
                    return decision
                passed.append((work.queued_at, work.id))
            return None
        finally:
            for entry in passed:
                heapq.heappush(self._line[queue], entry)

    def _match(self, work: Work, queue: QueueId, now: datetime) -> Decision | None:
        last = self.agents.get(work.last_agent_id) if work.last_agent_id else None
        if last is not None and last.room > 0 and queue in last.queues and not _refused(work, last, now):
            return Decision(work, last, Explanation(code="route.last_agent", params={"agent": last.name}))
        aside: list[_Seat] = []
        try:
            while (seat := self._best_seat(queue)) is not None:
                agent = self.agents[seat.agent_id]
                if not _refused(work, agent, now):
                    return Decision(work, agent, self._why(queue, seat, agent, now))
                aside.append(heapq.heappop(self._free[queue]))
            return None
        finally:
            for seat in aside:
                heapq.heappush(self._free[queue], seat)

    def _why(self, queue: QueueId, seat: _Seat, agent: Agent, now: datetime) -> Explanation:
        """Names the comparison that decided: against the runner-up in line, if there is one."""
        heapq.heappop(self._free[queue])
        runner_up = self._best_seat(queue)
        heapq.heappush(self._free[queue], seat)
        params: dict[str, str | int | float | bool | None] = {
            "agent": agent.name,
            "load": agent.load,
            "capacity": agent.capacity,
        }
        if runner_up is None:
            return Explanation(code="route.only_free", params=params)
        params["other"] = self.agents[runner_up.agent_id].name
        if runner_up.load > seat.load:
            return Explanation(code="route.lowest_load", params=params | {"other_load": runner_up.load})
        idle_s = int((now - agent.idle_since).total_seconds())
        return Explanation(code="route.longest_idle", params=params | {"idle_s": idle_s})

    def _apply(self, decision: Decision) -> None:
        del self.waiting[decision.work.id]
        decision.agent.load += 1
        self.put_agent(decision.agent)

    def _first_work(self, queue: QueueId) -> Work | None:
        line = self._line[queue]
        while line:
            queued_at, conversation_id = line[0]
            work = self.waiting.get(conversation_id)
            if work is not None and work.queued_at == queued_at and work.queue_id == queue:
                return work
            heapq.heappop(line)
        return None

    def _best_seat(self, queue: QueueId) -> _Seat | None:
        free = self._free[queue]
        while free:
            agent = self.agents.get(free[0].agent_id)
            if agent is not None and agent.stamp == free[0].stamp and agent.room > 0 and queue in agent.queues:
                return free[0]
            heapq.heappop(free)
        return None


def _refused(work: Work, agent: Agent, now: datetime) -> bool:
    at = work.refusals.get(agent.id)
    return at is not None and (now - at).total_seconds() < REFUSAL_COOLDOWN_S
