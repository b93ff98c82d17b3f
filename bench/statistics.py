"""What rigs make of their samples. Pure."""

import itertools
import math
import statistics
from collections.abc import Sequence


def median(samples: Sequence[float]) -> float:
    """Raises ValueError for no samples."""
    if not samples:
        raise ValueError("no samples")
    return statistics.median(samples)


def percentile(samples: Sequence[float], percent: float) -> float:
    """Nearest rank: a value that was really measured, at or above which lie at most 100 - `percent` % of all.

    Raises ValueError for no samples or a `percent` outside 0..100.
    """
    if not samples:
        raise ValueError("no samples")
    if not 0 <= percent <= 100:
        raise ValueError(f"{percent} is no percentage")
    rank = max(1, math.ceil(len(samples) * percent / 100))
    return sorted(samples)[rank - 1]


def spread(samples: Sequence[float]) -> float:
    """(largest - smallest) / median: how much the runs of one figure differ. 0 for a single run."""
    middle = median(samples)
    return (max(samples) - min(samples)) / middle if middle else 0.0


def paired_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the ratios of runs that stood side by side: what slows the machine for both does not count.

    Raises ValueError when the runs cannot be paired.
    """
    if len(ours) != len(theirs):
        raise ValueError(f"{len(ours)} runs cannot be paired with {len(theirs)}")
    return median([a / b for a, b in zip(ours, theirs, strict=True)])


def alternating(first: Sequence[float], between: Sequence[float]) -> float:
    """The ratio of `between` to what stood around it: A B A B A, where `first` are the As and there is one more.

    Each B is held against the mean of its two neighbours, so that a machine that gets steadily slower favours neither.
    """
    if len(first) != len(between) + 1:
        raise ValueError(f"{len(between)} runs do not lie between {len(first)}")
    around = [(a + b) / 2 for a, b in itertools.pairwise(first)]
    return paired_ratio(between, around)
