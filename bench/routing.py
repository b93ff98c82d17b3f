"""`bench routing`: how many decisions a second the router's memory makes. Pure computation, one core.

A chain's pool: chats, mails and comments of different weight, some of which want a skill, some promised by a time, some
urgent, some of customers who were served before.
"""

import os
import random
import time
from dataclasses import dataclass
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
    now: datetime = START

    @classmethod
    def of(cls, agents: int, waiting: int, seed: int) -> "Shop":
        rng = random.Random(seed)
        shop = cls(Pool(Measure.of(WorkWords())), rng, [QueueId(new_id()) for _ in range(QUEUES)], [])
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
        return Work(
            id=ConversationId(new_id()),
            queue_id=self.rng.choice(self.queues),
            queued_at=self.now - timedelta(seconds=self.rng.random() * 600),
            work_class=self.rng.choice(CLASSES),
            wishes=((self.rng.choice(SKILLS), self.rng.randint(1, 2)),) if self.rng.random() < WISHING else (),
            due_at=self.now + timedelta(seconds=self.rng.random() * 600) if self.rng.random() < PROMISED else None,
            priority=2 if self.rng.random() < URGENT else 0,
            last_agent_id=self.rng.choice(self.agents) if self.rng.random() < RETURNING else None,
        )

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
    decisions, rounds, slowest, memory = [], [], [], []
    for run in range(RUNS):
        before_mib = _resident_mib()
        shop = Shop.of(agents, waiting, seed + run)
        garbage.settle()  # as every hub does
        memory.append(_resident_mib() - before_mib)
        took_s: list[float] = []
        began = time.perf_counter()
        while len(took_s) < count:
            shop.go_on(shop.decide(took_s))
        decisions.append(len(took_s) / sum(took_s))
        rounds.append(len(took_s) / (time.perf_counter() - began))
        slowest.append(percentile(took_s, 99) * 1e6)
    note = f"median of {RUNS} runs, which differ by {spread(decisions):.0%}; {agents:,} agents, {waiting:,} waiting"
    whole = "each decision with one agent who finished and one conversation that arrived"
    first = "of the first run, agents and conversations with what the bench keeps of them"
    return [
        Figure(name="routing decisions", value=median(decisions), unit="/s", owed=50_000, note=note),
        Figure(name="one decision, p99", value=median(slowest), unit="us", note="the slowest of a hundred"),
        Figure(name="decisions, arrivals and departures", value=median(rounds), unit="/s", note=whole),
        Figure(name="memory of the pool", value=memory[0], unit="MiB", note=first),
    ]


def _resident_mib() -> float:
    """Of this process, as Linux tells."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
