"""A hub that is killed under load loses nothing, doubles nothing, and every screen converges."""

import pytest

from bench.kill9 import survive


@pytest.mark.faults
@pytest.mark.timeout(180)
async def test_a_hub_killed_three_times_under_load_keeps_every_promise() -> None:
    outcome = await survive(kills=3, seed=20261122, customers=12)
    assert outcome.broken == []
    assert len(outcome.story.acknowledged) > 50, "there was a load"
    assert len(outcome.story.replies) > 5, "and there were answers"
