"""The keeper of service-level clocks is killed on its way: nobody is told twice, nobody is forgotten."""

import pytest

from bench.service_levels import check, promise, settle, work_off_and_kill
from bench.town import town


@pytest.mark.faults
async def test_a_keeper_killed_twice_tells_of_each_broken_promise_once() -> None:
    async with town("sqlite") as here:
        await promise(here)
        await settle(here, 3000)
        await work_off_and_kill(here, 3000, kills=2)
        await check(here, 3000)
