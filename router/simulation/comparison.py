"""The simulation beside the formula, on the case that the formula describes: whoever changes the decisions so that
they serve a plain queue worse, or the floor so that it counts wrongly, sees it here."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from router.simulation.day import HOUR, erlang_day
from router.simulation.erlang import ErlangC
from router.simulation.floor import Floor

HANDLE_S: Final = 180.0
WARM_UP_S: Final = 10 * HOUR  # the line begins empty, which the formula knows nothing of
BATCHES: Final = 20  # long enough each that they hardly know of one another


@dataclass(frozen=True, slots=True)
class Case:
    """`busy`: part of their time that the agents work."""

    agents: int
    busy: float

    @property
    def formula(self) -> ErlangC:
        return ErlangC(self.agents, self.agents * self.busy / HANDLE_S, HANDLE_S)


CASES: Final = (Case(2, 0.5), Case(5, 0.6), Case(10, 0.7))


def compare(case: Case, customers: int, seed: int) -> list[dict[str, Any]]:
    """One row for each figure: `simulated`, by the `formula`, the `difference` as a part of the latter, and as such a
    part, too, the standard error: how far chance alone moves it. Waits vary a lot: 2 % of the mean wait of ten agents
    who are busy 70 % of their time takes some millions of customers."""
    formula = case.formula
    hours = customers / formula.arrivals_per_s / HOUR
    day = erlang_day(case.agents, formula.arrivals_per_s * HOUR, HANDLE_S, hours=hours)
    outcome = Floor(day, seed, warm_up_s=WARM_UP_S).run()
    tally = next(iter(outcome.tallies.values()))
    waits, target_s = tally.waits, tally.flow.target_s
    served = f"served within {target_s:.0f} s"
    return [
        _row(case, "have to wait", [wait > 0 for wait in waits], formula.waits),
        _row(case, "mean wait, s", waits, formula.mean_wait_s),
        _row(case, served, [wait <= target_s for wait in waits], formula.served_within(target_s)),
        _row(case, "busy", [outcome.busy.occupied_s / outcome.busy.there_s], case.busy),
    ]


def _row(case: Case, figure: str, values: Sequence[float], formula: float) -> dict[str, Any]:
    simulated = statistics.fmean(values)
    return {
        "agents": case.agents,
        "busy": case.busy,
        "figure": figure,
        "simulated": round(simulated, 4),
        "formula": round(formula, 4),
        "difference": round(simulated / formula - 1, 4),
        "standard_error": _standard_error(values, formula),
    }


def _standard_error(values: Sequence[float], formula: float) -> float | None:
    """From the means of batches, since the wait of one customer tells much of the next one's."""
    size = len(values) // BATCHES
    if not size:
        return None
    means = [statistics.fmean(values[n * size : (n + 1) * size]) for n in range(BATCHES)]
    return round(statistics.stdev(means) / math.sqrt(BATCHES) / formula, 4)
