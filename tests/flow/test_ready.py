"""/readyz says whether a process can do its work and why not, and that it can again once what was away is back."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bench.processes import Program
from tests.flow import commands
from tests.services import KafkaBroker, PostgresServer, RedisServer, Server, free_port

pytestmark = [pytest.mark.services, pytest.mark.faults, pytest.mark.timeout(300)]
TOLD_S = 15.0
BACK_S = 30.0  # DESIGN: a broker or database back means the hub is back in 30 s
SECRET_KEY = "Vn8dqJ2rWmX4yKc6ZtLp1sHg9uBf3eRa"


@pytest.fixture
async def hub(
    own_postgres: PostgresServer, own_kafka: KafkaBroker, own_redis: RedisServer, tmp_path: Path
) -> AsyncIterator[Program]:
    """All roles in one process, over services of this test alone."""
    port = free_port()
    environment = {
        "HUB_DATABASE_URL": own_postgres.url,
        "HUB_KAFKA_URL": own_kafka.url,
        "HUB_REDIS_URL": own_redis.url,
        "HUB_SECRET_KEY": SECRET_KEY,
        "HUB_DATA": str(tmp_path / "data"),
        "HUB_PORT": str(port),
    }
    await commands.run([commands.migrate()], environment)
    program = Program(["hub", "run"], port, tmp_path / "hub.log", environment, ready_s=90.0)
    await program.start()
    yield program
    await program.stop()


async def test_a_service_that_is_away_is_named_and_the_hub_is_ready_again_after_it(
    hub: Program, own_postgres: PostgresServer, own_kafka: KafkaBroker, own_redis: RedisServer
) -> None:
    """PostgreSQL and Kafka are needed for every promise. Redis only makes things faster: without it work goes on."""
    await away_and_back(hub, own_postgres, named="database")
    await away_and_back(hub, own_kafka, named="log")
    own_redis.kill9()
    await asyncio.sleep(2.0)
    assert await until_status(hub, 200, within_s=BACK_S) == []  # with Redis still away
    await own_redis.start()
    assert hub.alive, hub.log_end()


async def away_and_back(hub: Program, server: Server, *, named: str) -> None:
    server.kill9()
    reasons = await until_status(hub, 503, within_s=TOLD_S)
    assert any(reason.startswith(f"{named}:") for reason in reasons), reasons
    assert (await ask(hub, "/healthz"))[0] == 200
    await server.start()
    assert await until_status(hub, 200, within_s=BACK_S) == []


async def until_status(hub: Program, wanted: int, *, within_s: float) -> list[str]:
    """The reasons that stand beside the status."""
    told: tuple[int, list[str]] = (0, [])
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            while told[0] != wanted:
                told = await readiness(hub)
                await asyncio.sleep(0.1)
    assert told[0] == wanted, f"/readyz says {told} after {within_s:g} s\n{hub.log_end()}"
    return told[1]


async def readiness(hub: Program) -> tuple[int, list[str]]:
    status, body = await ask(hub, "/readyz")
    assert body["ready"] == (status == 200)
    return status, body["reasons"]


async def ask(hub: Program, path: str) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{hub.port}{path}") as answer:
        is_json = answer.content_type == "application/json"
        return answer.status, await answer.json() if is_json else await answer.text()
