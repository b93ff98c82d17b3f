"""`bench routing`: how many decisions a second the router's memory makes. Pure computation, one core.

Twice: chats alone, and chats, mails and comments of different weight, some of which want a skill, some promised by a
time, some urgent. Some customers were served before, by an agent who may be free.
"""

import os
import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bench.report import Figure
from bench.statistics import median, percentile, spread
from hub.assembly import garbage
from hub.events import PresenceStatus
from hub.ids import AgentId, ConversationId, QueueId, new_id
from router.plan.common import WorkClass
from router.plan.work import WorkWords
from router.pool import Agent, Decision, Pool, Work
from router.room import Measure

QUEUES = 20
QUEUES_PER_AGENT = 2
CAPACITY = 5
SKILLS = ("warranty", "english", "orders")
RETURNING = 0.3  # part of the customers who were served before, by an agent who may be free
WISHING, PROMISED, URGENT = 0.2, 0.2, 0.05
CLASSES: tuple[WorkClass, ...] = ("chat",) * 7 + ("comment",) * 2 + ("email",)
ROUND = 1000
RUNS = 3
START = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


@dataclass(slots=True)
class Shop:
    """A pool that stays as full as it was: whoever is given work has just finished some, and new work arrives."""

    pool: Pool
    rng: random.Random
    queues: list[QueueId]
    agents: list[AgentId]
    mixed: bool
    now: datetime = START

    @classmethod
    def of(cls, agents: int, waiting: int, seed: int, *, mixed: bool) -> "Shop":
        rng = random.Random(seed)
        shop = cls(Pool(Measure.of(WorkWords())), rng, [QueueId(new_id()) for _ in range(QUEUES)], [], mixed)
        for number in range(agents):
            shop.pool.put_agent(shop.new_agent(number))
        shop.agents = list(shop.pool.agents)
        for _ in range(waiting):
            shop.pool.put_work(shop.new_work())
        return shop

    def new_agent(self, number: int) -> Agent:
        return Agent(
            id=AgentId(new_id()),
            name=f"agent {number}",
            status=PresenceStatus.AVAILABLE,
            capacity=CAPACITY,
            held={"chat": self.rng.randrange(CAPACITY - 1)},
            idle_since=self.now - timedelta(seconds=self.rng.random() * 600),
            queues=frozenset(self.rng.sample(self.queues, QUEUES_PER_AGENT)),
            skills={self.rng.choice(SKILLS): self.rng.randint(1, 5)},
        )

    def new_work(self) -> Work:
        work = Work(
            id=ConversationId(new_id()),
            queue_id=self.rng.choice(self.queues),
            queued_at=self.now - timedelta(seconds=self.rng.random() * 600),
            last_agent_id=self.rng.choice(self.agents) if self.rng.random() < RETURNING else None,
        )
        if self.mixed:
            work.work_class = self.rng.choice(CLASSES)
            work.priority = 2 if self.rng.random() < URGENT else 0
            if self.rng.random() < WISHING:
                work.wishes = ((self.rng.choice(SKILLS), self.rng.randint(1, 2)),)
            if self.rng.random() < PROMISED:
                work.due_at = self.now + timedelta(seconds=self.rng.random() * 600)
        return work

    def decide(self, took_s: list[float]) -> list[Decision]:
        """As many as fit, at most ROUND; `took_s` gets the time of each."""
        decisions = []
        before = time.perf_counter()
        for decision in self.pool.decide(self.now, limit=ROUND):
            after = time.perf_counter()
            took_s.append(after - before)
            decisions.append(decision)
            before = time.perf_counter()
        return decisions

    def go_on(self, decisions: list[Decision]) -> None:
        for decision in decisions:
            self.now += timedelta(microseconds=20)
            agent = decision.agent
            agent.held[decision.work.work_class] -= 1
            agent.idle_since = self.now
            self.pool.put_agent(agent)
            self.pool.put_work(self.new_work())


async def measure(*, count: int, agents: int = 10_000, waiting: int = 100_000, seed: int = 1) -> list[Figure]:
    note = f"{agents:,} agents, {waiting:,} waiting"
    plain = _run(count, agents, waiting, seed, mixed=False)
    mixed = _run(count, agents, waiting, seed, mixed=True)
    whole = "each decision with one agent who finished and one conversation that arrived"
    first = "agents and conversations with what the bench keeps of them, first run"
    return [
        Figure(name="routing decisions", value=median(plain.per_s), unit="/s", owed=50_000, note=plain.told(note)),
        Figure(name="one decision, p99", value=median(plain.p99_us), unit="us", note="the slowest of a hundred"),
        Figure(name="decisions, arrivals and departures", value=median(plain.rounds_per_s), unit="/s", note=whole),
        Figure(name="memory of the pool", value=plain.memory_mib[0], unit="MiB", note=first),
        Figure(name="decisions, mixed work", value=median(mixed.per_s), unit="/s", note=mixed.told("with skills, SLA")),
        Figure(name="one decision of mixed work, p99", value=median(mixed.p99_us), unit="us"),
    ]


@dataclass(slots=True)
class Measured:
    """Of each run."""

    per_s: list[float] = field(default_factory=list)
    rounds_per_s: list[float] = field(default_factory=list)
    p99_us: list[float] = field(default_factory=list)
    memory_mib: list[float] = field(default_factory=list)

    def told(self, note: str) -> str:
        return f"median of {len(self.per_s)} runs, which differ by {spread(self.per_s):.0%}; {note}"


def _run(count: int, agents: int, waiting: int, seed: int, *, mixed: bool) -> Measured:
    measured = Measured()
    for run in range(RUNS):
        before_mib = _resident_mib()
        shop = Shop.of(agents, waiting, seed + run, mixed=mixed)
        garbage.settle()  # as every hub does
        measured.memory_mib.append(_resident_mib() - before_mib)
        took_s: list[float] = []
        began = time.perf_counter()
        while len(took_s) < count:
            shop.go_on(shop.decide(took_s))
        measured.per_s.append(len(took_s) / sum(took_s))
        measured.rounds_per_s.append(len(took_s) / (time.perf_counter() - began))
        measured.p99_us.append(percentile(took_s, 99) * 1e6)
    return measured


def _resident_mib() -> float:
    """Of this process, as Linux tells."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
