"""Erlang C: customers who come at random, wait in one line with endless patience, and are served by equal agents one
at a time, for a random time (exponential). What it says is exact for this case and no other."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ErlangC:
    """`arrivals_per_s` and `handle_s` are means. Raises ValueError when so few agents never get through the work."""

    agents: int
    arrivals_per_s: float
    handle_s: float

    def __post_init__(self) -> None:
        if self.arrivals_per_s <= 0 or self.handle_s <= 0 or self.agents < 1:
            raise ValueError("agents, arrivals and handling time are above zero")
        if self.erlangs >= self.agents:
            raise ValueError(f"{self.erlangs:.1f} agents' work for {self.agents} agents: the line grows for ever")

    @property
    def erlangs(self) -> float:
        """Work that comes in a second, in seconds."""
        return self.arrivals_per_s * self.handle_s

    @property
    def waits(self) -> float:
        """Probability that a customer has to wait at all. By way of Erlang B's recursion, which cannot overflow."""
        blocked = 1.0
        for agents in range(1, self.agents + 1):
            blocked = self.erlangs * blocked / (agents + self.erlangs * blocked)
        return self.agents * blocked / (self.agents - self.erlangs * (1 - blocked))

    @property
    def mean_wait_s(self) -> float:
        """Of all customers, those who need not wait included."""
        return self.waits * self.handle_s / (self.agents - self.erlangs)

    def served_within(self, seconds: float) -> float:
        """Part of the customers who wait at most so long."""
        return 1 - self.waits * math.exp(-(self.agents - self.erlangs) * seconds / self.handle_s)
