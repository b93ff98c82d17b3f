"""A house per test; start-up is about a tenth of a second."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.connectors.webchat.house import House, open_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path, new_visitors_per_hour=1000) as opened:
        yield opened
