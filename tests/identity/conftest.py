"""Fixtures of the resolver's tests: the same shop on both databases."""

import pytest

from storage.unit_of_work import Units
from tests.identity.world import World, build_world


@pytest.fixture
async def world(units: Units) -> World:
    """A shop with two Facebook pages, Zalo, two hotlines and web chat."""
    return await build_world(units)
