"""`scene`: each test of the log runs over both logs."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.scene import Scene, kafka_scene, sqlite_scene


@pytest.fixture
async def over_sqlite(tmp_path: Path) -> AsyncIterator[Scene]:
    async with sqlite_scene(tmp_path) as made:
        yield made


@pytest.fixture
async def over_kafka(tmp_path: Path, kafka_bootstrap: str, topic_prefix: str) -> AsyncIterator[Scene]:
    async with kafka_scene(tmp_path, kafka_bootstrap, topic_prefix) as made:
        yield made


@pytest.fixture(params=["over_sqlite", pytest.param("over_kafka", marks=pytest.mark.services)])
def scene(request: pytest.FixtureRequest) -> Scene:
    made: Scene = request.getfixturevalue(request.param)
    return made
