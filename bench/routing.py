"""`bench routing`: how many decisions a second the router's memory makes. Pure computation, one core."""

import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bench.report import Figure
from bench.statistics import median, spread
from hub.assembly import garbage
from hub.events import PresenceStatus
from hub.ids import AgentId, ConversationId, QueueId, new_id
from router.pool import Agent, Decision, Pool, Work

QUEUES = 20
QUEUES_PER_AGENT = 2
CAPACITY = 5
RETURNING = 0.3  # part of the customers who were served before, by an agent who may be free
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
        shop = cls(Pool(), rng, [QueueId(new_id()) for _ in range(QUEUES)], [])
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
            load=self.rng.randrange(CAPACITY - 1),
            idle_since=self.now - timedelta(seconds=self.rng.random() * 600),
            queues=frozenset(self.rng.sample(self.queues, QUEUES_PER_AGENT)),
        )

    def new_work(self) -> Work:
        return Work(
            id=ConversationId(new_id()),
            queue_id=self.rng.choice(self.queues),
            queued_at=self.now - timedelta(seconds=self.rng.random() * 600),
            last_agent_id=self.rng.choice(self.agents) if self.rng.random() < RETURNING else None,
        )

    def decide(self) -> list[Decision]:
        return list(self.pool.decide(self.now, limit=ROUND))

    def go_on(self, decisions: list[Decision]) -> None:
        for decision in decisions:
            self.now += timedelta(microseconds=20)
            agent = decision.agent
            agent.load -= 1
            agent.idle_since = self.now
            self.pool.put_agent(agent)
            self.pool.put_work(self.new_work())


async def measure(*, count: int, agents: int = 10_000, waiting: int = 100_000, seed: int = 1) -> list[Figure]:
    decisions, rounds = [], []
    for run in range(RUNS):
        shop = Shop.of(agents, waiting, seed + run)
        garbage.settle()  # as every hub does
        made, deciding_s, began = 0, 0.0, time.perf_counter()
        while made < count:
            before = time.perf_counter()
            batch = shop.decide()
            deciding_s += time.perf_counter() - before
            made += len(batch)
            shop.go_on(batch)
        decisions.append(made / deciding_s)
        rounds.append(made / (time.perf_counter() - began))
    note = f"median of {RUNS} runs, which differ by {spread(decisions):.0%}; {agents:,} agents, {waiting:,} waiting"
    whole = "each decision with one agent who finished and one conversation that arrived"
    return [
        Figure(name="routing decisions", value=median(decisions), unit="/s", owed=50_000, note=note),
        Figure(name="decisions, arrivals and departures", value=median(rounds), unit="/s", note=whole),
    ]
