"""`bench adversary`: very many scenarios of attackers, by the default policy, and by one whose claims only suggest.

By the default policy nobody may be joined wrongly but for the one risk that it accepts (see attacks); how often that
came true is told. Where claims only suggest, nobody at all may be joined with another person. The same seed is the same
scenarios; `--scenario N` runs one of them and tells all.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from bench.adversary.attacks import LASTING, Scenario, scenarios
from bench.adversary.crowd import Crowd
from bench.adversary.judge import reached, wrong_joins
from bench.report import Figure, tell
from identity.settings import PolicySettings

CHUNK = 2_500
SHOWN_MAX = 20
POLICIES: Mapping[str, PolicySettings] = {
    "default policy": PolicySettings(),
    "claims only suggest": PolicySettings(claims=dict.fromkeys(LASTING, "suggest")),
}


@dataclass
class Tally:
    """`wrong`: a sentence for each wrong join. `reached`: claimants whom the accepted risk let pass, by kind."""

    scenarios: int = 0
    joins: int = 0
    suggested: int = 0
    wrong: list[str] = field(default_factory=list)
    reached: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        self.scenarios += other.scenarios
        self.joins += other.joins
        self.suggested += other.suggested
        self.wrong += other.wrong
        self.reached += other.reached


async def measure(*, count: int, seed: int, scenario: int | None = None) -> list[Figure]:
    if scenario is not None:
        for name in POLICIES:
            tell(f"{name}: {try_out(name, seed, range(scenario, scenario + 1))}")
    numbers = range(scenario, scenario + 1) if scenario is not None else range(count)
    chunks = [numbers[first : first + CHUNK] for first in range(0, len(numbers), CHUNK)]
    figures: list[Figure] = []
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for name in POLICIES:
            tally = Tally()
            for part in await asyncio.gather(*(loop.run_in_executor(pool, try_out, name, seed, c) for c in chunks)):
                tally.add(part)
            for sentence in tally.wrong[:SHOWN_MAX]:
                tell(sentence)
            figures += _figures(name, tally, seed)
    return figures


def _figures(name: str, tally: Tally, seed: int) -> Sequence[Figure]:
    note = f"seed {seed}; {tally.scenarios:,} scenarios, {tally.joins:,} joins, {tally.suggested:,} suggestions"
    wrong = Figure(name=f"{name}: wrong joins", value=len(tally.wrong), owed=0, at_most=True, note=note)
    passed = sum(tally.reached.values())
    by_kind = ", ".join(f"{kind} {count:,}" for kind, count in tally.reached.most_common())
    return wrong, Figure(name=f"{name}: claimants joined as accepted", value=passed, note=by_kind)


def try_out(policy: str, seed: int, numbers: range) -> Tally:
    tally = Tally()
    for number, scenario in scenarios(seed, numbers):
        crowd = played(scenario, POLICIES[policy])
        groups = crowd.groups()
        tally.scenarios += 1
        tally.joins += len(crowd.joins)
        tally.suggested += crowd.suggested
        for sentence in wrong_joins(scenario, groups, crowd.joins):
            tally.wrong.append(f"{policy}, scenario {number} ({scenario.kind}): {sentence}")
        if count := reached(scenario, groups):
            tally.reached[scenario.kind] += count
            if policy != "default policy":
                tally.wrong.append(f"{policy}, scenario {number} ({scenario.kind}): {count} claimants joined")
    return tally


def played(scenario: Scenario, settings: PolicySettings) -> Crowd:
    crowd = Crowd(settings)
    for act in scenario.acts:
        act(crowd)
    return crowd
