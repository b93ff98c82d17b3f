"""What rigs make of samples: no interpolation, no best case, no noise taken for a result."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import statistics

SAMPLES = st.lists(st.floats(0.001, 1e6), min_size=1, max_size=50)


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert statistics.percentile([10, 20, 30, 40], 50) == 20
    assert statistics.percentile([10, 20, 30, 40], 99) == 40
    assert statistics.percentile([10, 20, 30, 40], 0) == 10
    assert statistics.percentile([7], 99) == 7


@given(SAMPLES, st.integers(0, 100))
def test_at_most_the_rest_lies_above_a_percentile(samples: list[float], percent: int) -> None:
    value = statistics.percentile(samples, percent)
    assert value in samples
    assert sum(sample > value for sample in samples) <= len(samples) * (100 - percent) / 100


def test_nothing_measured_has_no_statistics() -> None:
    with pytest.raises(ValueError, match="no samples"):
        statistics.median([])
    with pytest.raises(ValueError, match="no samples"):
        statistics.percentile([], 50)
    with pytest.raises(ValueError, match="no samples"):
        statistics.spread([])
    with pytest.raises(ValueError, match="no percentage"):
        statistics.percentile([1], 101)


def test_the_spread_is_relative_to_the_median() -> None:
    assert statistics.spread([90, 100, 110]) == pytest.approx(0.2)
    assert statistics.spread([100]) == 0


def test_a_machine_that_gets_slower_favours_neither_side() -> None:
    """Both lose a tenth with each turn; ours is half as fast throughout."""
    speed = [0.9**turn for turn in range(7)]
    theirs, ours = [100 * s for s in speed[::2]], [50 * s for s in speed[1::2]]
    assert statistics.alternating(theirs, ours) == pytest.approx(0.5, rel=0.01)


def test_turns_that_do_not_alternate_are_refused() -> None:
    with pytest.raises(ValueError, match="do not lie between"):
        statistics.alternating([1, 2], [1, 2])
    with pytest.raises(ValueError, match="cannot be paired"):
        statistics.paired_ratio([1], [1, 2])
