"""What a simulated day comes to, as figures: by channel, and of all."""

import math
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from router.simulation.day import Day, Flow


@dataclass(slots=True)
class Tally:
    """Of one flow. `waits`: seconds until an agent had it, of those who were served."""

    flow: Flow
    arrived: int = 0
    given_up: int = 0
    declined: int = 0
    waits: "array[float]" = field(default_factory=lambda: array("d"))

    @property
    def served(self) -> int:
        return len(self.waits)

    @property
    def good(self) -> int:
        return sum(wait <= self.flow.target_s for wait in self.waits)


@dataclass(slots=True)
class Busy:
    """Seconds of all agents together: there, with something in hand, and the room that was used and was there."""

    there_s: float = 0.0
    occupied_s: float = 0.0
    used: float = 0.0
    room: float = 0.0

    def add(self, seconds: float, load: float, capacity: float) -> None:
        self.there_s += seconds
        self.occupied_s += seconds if load else 0.0
        self.used += seconds * load
        self.room += seconds * capacity


@dataclass(slots=True)
class Outcome:
    """`left`: still waiting when the day was over. `longest_line`: most conversations that waited at once."""

    day: Day
    seed: int
    tallies: dict[str, Tally]
    busy: Busy = field(default_factory=Busy)
    left: int = 0
    longest_line: int = 0
    decisions: int = 0

    def figures(self) -> dict[str, Any]:
        """JSON-ready. Times in seconds, parts from 0 to 1; None where nobody came."""
        everybody = Tally(self.day.flows[0])
        for tally in self.tallies.values():
            everybody.arrived += tally.arrived
            everybody.given_up += tally.given_up
            everybody.declined += tally.declined
            everybody.waits.extend(tally.waits)
        good = sum(tally.good for tally in self.tallies.values())
        return {
            "day": self.day.name,
            "seed": self.seed,
            "agents": self.day.agents,
            "channels": [{"name": t.flow.name, **_of(t, t.good)} for t in self.tallies.values()],
            "all": _of(everybody, good),
            "occupancy": _part(self.busy.occupied_s, self.busy.there_s),
            "room_used": _part(self.busy.used, self.busy.room),
            "longest_line": self.longest_line,
            "left_waiting": self.left,
            "decisions": self.decisions,
        }


def quantile(values: Iterable[float], part: float) -> float | None:
    """The smallest value that `part` of them do not exceed; None of none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)] if ordered else None


def _of(tally: Tally, good: int) -> dict[str, Any]:
    return {
        "arrived": tally.arrived,
        "served": tally.served,
        "given_up": tally.given_up,
        "offers_declined": tally.declined,
        "service_level": _part(good, tally.arrived),
        "wait_mean_s": _part(sum(tally.waits), tally.served),
        "wait_p50_s": _rounded(quantile(tally.waits, 0.5)),
        "wait_p90_s": _rounded(quantile(tally.waits, 0.9)),
        "wait_max_s": _rounded(max(tally.waits, default=None)),
    }


def _part(of: float, whole: float) -> float | None:
    return _rounded(of / whole) if whole else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
