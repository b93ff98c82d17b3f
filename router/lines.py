"""Agents and waiting work as the pool knows them, and where they stand: work in lines, agents on benches. Pure.

Work that asks the same of agents (`Demand`) stands in one line. Lines that differ only in the class of work share a
bench, on which everybody sits whom they ask for, in order of load and idleness. Entries of heaps are not taken out when
something changes; they are dropped when they come up stale. They are plain tuples, compared in C: an ordered dataclass
made half the cost of a decision.
"""

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, NamedTuple

from hub.events import PresenceStatus
from hub.ids import AgentId, ConversationId, QueueId
from router.plan.common import WorkClass

Open = frozenset[WorkClass]  # classes of work there is room for; equal ones are one object

NEVER: Final = datetime.max.replace(tzinfo=UTC)
NOTHING: Final[Open] = frozenset()
WRITTEN: Final[Open] = frozenset({"chat", "email", "comment"})
ALL: Final[Open] = WRITTEN | {"voice"}
STALE_SPARE: Final = 64  # stale entries a heap may keep besides as many as it has true ones

Wishes = tuple[tuple[str, int], ...]  # skill, at least this level; in order of skill


@dataclass(slots=True)
class Agent:
    """`held`: owned and offered conversations by class. `free_from`: in wrap-up or on a call until then.
    `idle_since`: when work was last taken or given back."""

    id: AgentId
    name: str
    status: PresenceStatus
    capacity: int
    held: dict[WorkClass, int]
    idle_since: datetime
    queues: frozenset[QueueId]
    skills: Mapping[str, int] = field(default_factory=dict)
    limits: Mapping[WorkClass, int] = field(default_factory=dict)
    auto_accept: bool = False
    free_from: datetime | None = None
    # The pool's own:
    burden: int = 0  # in hundredths of a chat
    open: Open = frozenset()
    stamp: int = 0  # of its present state; 0: not in the pool
    number: int = 0  # the agent's in this pool: a key that is quicker than the id
    benches: "list[Bench]" = field(default_factory=list, repr=False, compare=False)  # on which they sit

    @property
    def load(self) -> int:
        return sum(self.held.values())

    def become(self, other: "Agent") -> None:
        """Everything that is known of another state of the same agent."""
        self.name, self.status, self.capacity, self.held = other.name, other.status, other.capacity, other.held
        self.idle_since, self.queues, self.skills, self.limits = (
            other.idle_since,
            other.queues,
            other.skills,
            other.limits,
        )
        self.auto_accept, self.free_from = other.auto_accept, other.free_from


@dataclass(slots=True)
class Work:
    """A conversation that waits. `queued_at` is its place and stays with it when an offer fails. `due_at`: the earliest
    of its promises. `patient_until`: so long its last agent is waited for. `rule`: by which it was placed."""

    id: ConversationId
    queue_id: QueueId
    queued_at: datetime
    last_agent_id: AgentId | None = None
    refusals: dict[AgentId, datetime] = field(default_factory=dict)
    work_class: WorkClass = "chat"
    wishes: Wishes = ()
    due_at: datetime | None = None
    priority: int = 0
    patient_until: datetime | None = None
    rule: str | None = None
    # The pool's own:
    stamp: int = 0  # of its valid place in line; 0: none
    line: "Line | None" = field(default=None, repr=False, compare=False)


class Demand(NamedTuple):
    """What work asks of agents, besides room for its class. `only`: nobody but this one."""

    queue_id: QueueId
    wishes: Wishes
    only: AgentId | None

    def asks_for(self, agent: Agent) -> bool:
        """Whether the agent could do it at all, full or not."""
        if self.queue_id not in agent.queues or (self.only is not None and self.only != agent.id):
            return False
        return not self.wishes or all(agent.skills.get(skill, 0) >= level for skill, level in self.wishes)


# First things first; ids make equal places come out in one order, stamps make all places different.
Place = tuple[datetime, int, datetime, int, int, Work]  # due, minus priority, queued_at, id, stamp
Seat = tuple[int, datetime, int, Agent]  # burden, idle_since, id


class Line:
    """The work of one demand and class, in order."""

    __slots__ = ("bench", "places", "size", "work_class")

    def __init__(self, bench: "Bench", work_class: WorkClass) -> None:
        self.bench = bench
        self.work_class = work_class
        self.places: list[Place] = []
        self.size = 0

    def __lt__(self, other: "Line") -> bool:
        """Never decides anything: no two places are equal."""
        return id(self) < id(other)

    def put(self, work: Work) -> None:
        work.line = self
        due = NEVER if work.due_at is None else work.due_at
        heapq.heappush(self.places, (due, -work.priority, work.queued_at, work.id.int, work.stamp, work))
        self.size += 1

    def drop(self, work: Work) -> None:
        work.line, work.stamp = None, 0
        self.size -= 1
        if len(self.places) > 2 * self.size + STALE_SPARE:
            self.places = [place for place in self.places if place[-1].stamp == place[-2]]
            heapq.heapify(self.places)

    def works(self) -> list[Work]:
        return [place[-1] for place in self.places if place[-1].stamp == place[-2]]

    def first(self) -> Place | None:
        while self.places:
            place = self.places[0]
            if place[-1].stamp == place[-2]:
                return place
            heapq.heappop(self.places)
        return None


class Bench:
    """Whom a demand asks for. One heap for each set of classes there is room for, so that nobody who is full for chats
    stands in the way of those who are not.

    A seat may stand too far ahead, or in a heap of more room, until it comes up: most changes of an agent cost nothing
    here. What may move an agent forward has to be told by `seat`.
    """

    __slots__ = ("demand", "free", "heaps", "lines", "order", "seats")

    def __init__(self, demand: Demand) -> None:
        self.demand = demand
        self.lines: dict[WorkClass, Line] = {}
        self.seats: dict[int, tuple[Seat, Open]] = {}  # by Agent.number: their seat that counts, in which heap
        self.heaps: dict[Open, list[Seat]] = {}
        self.order: list[Open] = []  # of the heaps, those of more room first
        self.free: dict[WorkClass, int] = dict.fromkeys(ALL, 0)  # how many have room for it, now

    def count(self, work_class: WorkClass) -> int:
        """How many are free for it."""
        return self.free[work_class]

    def seat(self, agent: Agent) -> None:
        """As the agent is now. The demand must be one that asks for them."""
        if not agent.open:
            self.seats.pop(agent.number, None)
            return
        known = self.seats.get(agent.number)
        if known is not None and known[1] is agent.open:
            seat = known[0]
            if (seat[0], seat[1]) <= (agent.burden, agent.idle_since):
                return
        self._sit(agent)

    def leave(self, agent: Agent) -> None:
        self.seats.pop(agent.number, None)

    def recount(self, before: Open, after: Open) -> None:
        """Of an agent who sits here, came or went: what there was room for, and is."""
        for work_class in before - after:
            self.free[work_class] -= 1
        for work_class in after - before:
            self.free[work_class] += 1

    def free_agents(self, work_class: WorkClass) -> list[Agent]:
        """In no order."""
        return [seat[-1] for seat, _ in self.seats.values() if work_class in seat[-1].open]

    def first(self, work_class: WorkClass) -> Seat | None:
        """Of those who are free for it the one who is to be asked first."""
        best: Seat | None = None
        for room in self.order:  # one that is added meanwhile is of less room, and comes later
            if work_class in room and (seat := self._first_of(room)) is not None and (best is None or seat < best):
                best = seat
        return best

    def take(self, seat: Seat) -> None:
        """Takes the first of its heap off it, until it is put back."""
        heapq.heappop(self.heaps[seat[-1].open])

    def put_back(self, seat: Seat) -> None:
        heapq.heappush(self.heaps[seat[-1].open], seat)

    def _first_of(self, room: Open) -> Seat | None:
        heap = self.heaps[room]
        while heap:
            seat = heap[0]
            agent = seat[-1]
            known = self.seats.get(agent.number)
            if known is None or known[0] is not seat:
                heapq.heappop(heap)
            elif agent.open is not room:
                heapq.heappop(heap)
                del self.seats[agent.number]
                if agent.open:
                    self._sit(agent)
            elif seat[0] != agent.burden or seat[1] != agent.idle_since:
                seat = (agent.burden, agent.idle_since, seat[2], agent)
                self.seats[agent.number] = (seat, room)
                heapq.heapreplace(heap, seat)
            else:
                return seat
        return None

    def _sit(self, agent: Agent) -> None:
        room = agent.open
        seat = (agent.burden, agent.idle_since, agent.id.int, agent)
        self.seats[agent.number] = (seat, room)
        if room not in self.heaps:
            self.heaps[room] = []
            self.order.append(room)
            self.order.sort(key=len, reverse=True)
        heap = self.heaps[room]
        heapq.heappush(heap, seat)
        if len(heap) > 2 * len(self.seats) + STALE_SPARE:
            heap[:] = [one for one, where in self.seats.values() if where is room]
            heapq.heapify(heap)
