"""`bench races`: workers and agents in processes of their own, each with its own connections, at one customer at once.

Plans come from `seed`; the same seed and scenario are the same plan, though not the same interleaving: `--scenario N
--rounds 100` tries one plan a hundred times. After each plan the database is checked; a fault is told with its number.
"""

import asyncio
import contextlib
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import orjson

from bench.races.check import faults
from bench.races.hands import Hand, NeverPassed
from bench.races.plans import Plan, Step, plan
from bench.report import CannotMeasure, Figure, tell
from bench.statistics import percentile
from bench.town import Town, town
from hub.ids import AgentId
from tools.servers import REPOSITORY

WORKERS = 3
HEAD_START_S = 0.01  # so that all have read their steps before the first begins
LONGEST_S = 30.0  # of one plan; none takes a second
SHOWN_MAX = 20
KINDS = ("sqlite", "postgres")


@dataclass
class Outcome:
    plans: Counter[str] = field(default_factory=Counter)
    again: int = 0
    moot: int = 0
    took_ms: list[float] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


async def measure(*, rounds: int, seed: int, scenario: int | None, databases: Sequence[str] = KINDS) -> list[Figure]:
    figures = []
    for kind in databases:
        outcome = await race(kind, rounds=rounds, seed=seed, scenario=scenario)
        for sentence in outcome.broken[:SHOWN_MAX]:
            tell(sentence)
        note = f"seed {seed}; {rounds:,} plans, {WORKERS} processes, {outcome.again} tried again, {outcome.moot} moot"
        figures += [
            Figure(name=f"{kind}: faults", value=len(outcome.broken), owed=0, at_most=True, note=note),
            Figure(name=f"{kind}: slowest in a hundred plans", value=percentile(outcome.took_ms, 99), unit="ms"),
        ]
    return figures


async def race(kind: str, *, rounds: int, seed: int, scenario: int | None = None) -> Outcome:
    outcome = Outcome()
    async with town(kind, agents=WORKERS) as here, _workers(here) as workers:
        alone = Hand(here.units, here.agents[0])
        for number in range(rounds):
            this = plan(seed, number, workers=WORKERS)
            if scenario is not None:
                this = _again(plan(seed, scenario, workers=WORKERS), number)
            await alone.does(this.before)
            await _run(this, workers, outcome)
            outcome.plans[this.kind] += 1
            named = f"{kind}, scenario {scenario if scenario is not None else number} ({this.kind})"
            outcome.broken += [f"{named}: {sentence}" for sentence in await faults(here.units, this)]
    return outcome


def _again(this: Plan, number: int) -> Plan:
    """The same plan with people of its own."""
    text = this.model_dump_json().replace(f"r{this.number}-", f"r{this.number}.{number}-")
    text = text.replace(f"+8490{this.number % 10_000:04d}", f"+8493{number % 10_000:04d}")
    return Plan.model_validate_json(text)


async def _run(this: Plan, workers: Sequence["Worker"], outcome: Outcome) -> None:
    begins = time.time() + HEAD_START_S
    try:
        async with asyncio.timeout(LONGEST_S):
            told = await asyncio.gather(*(w.does(begins, s) for w, s in zip(workers, this.actors, strict=False)))
    except TimeoutError as error:
        raise CannotMeasure(f"plan {this.number} ({this.kind}) did not come to an end in {LONGEST_S:g} s") from error
    outcome.took_ms.append((time.time() - begins) * 1000)
    outcome.again += sum(again for again, _ in told)
    outcome.moot += sum(moot for _, moot in told)


class Worker:
    """One process, spoken to line by line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def does(self, at: float, steps: tuple[Step, ...]) -> tuple[int, int]:
        assert self.process.stdin is not None
        given = {"at": at, "steps": [step.model_dump(mode="json") for step in steps]}
        self.process.stdin.write(orjson.dumps(given) + b"\n")
        answer = await self.answer()
        return answer["again"], answer["moot"]

    async def answer(self) -> dict[str, int]:
        assert self.process.stdout is not None
        line = await self.process.stdout.readline()
        if not line:
            raise NeverPassed("a worker ended; what it said stands above")
        found: dict[str, int] = orjson.loads(line)
        return found


@asynccontextmanager
async def _workers(here: Town) -> AsyncIterator[list[Worker]]:
    workers = [Worker(await _spawn(here.url, agent_id, seed)) for seed, agent_id in enumerate(here.agents)]
    try:
        async with asyncio.timeout(LONGEST_S):
            for worker in workers:
                await worker.answer()
        yield workers
    finally:
        for worker in workers:
            with contextlib.suppress(ProcessLookupError):
                worker.process.kill()
            await worker.process.wait()


async def _spawn(url: str, agent_id: AgentId, seed: int) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.races.worker", url, str(agent_id), str(seed),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=REPOSITORY,
    )  # fmt: skip
