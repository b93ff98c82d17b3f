"""One hub of each kind for all flow tests of a worker; each test finds it tidy."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiokafka.admin import AIOKafkaAdminClient

from tests.flow.shop import Shop, Way
from tests.flow.town import Town

SHOPS: list[Shop] = []  # those that are open in this process, for the report of a failed test


@pytest_asyncio.fixture(
    scope="session", loop_scope="session", params=["embedded", pytest.param("cluster", marks=pytest.mark.services)]
)
async def open_shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, unique_name: Callable[[str], str]
) -> AsyncIterator[Shop]:
    way: Way = request.param
    cluster = way == "cluster"
    environment = _cluster_settings(request, unique_name("flow")) if cluster else {}
    async with Town() as town:
        shop = Shop(way, _folder(tmp_path_factory, way), town, environment)
        SHOPS.append(shop)
        try:
            await shop.open()
            yield shop
        finally:
            await shop.close()
            SHOPS.remove(shop)
            if cluster:
                await remove_topics(environment)


@pytest_asyncio.fixture(loop_scope="session")
async def shop(open_shop: Shop) -> AsyncIterator[Shop]:
    """Everything runs, nobody is available, nothing is open."""
    yield open_shop
    await open_shop.tidy()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """A test that failed shows what the processes said last."""
    report: pytest.TestReport = yield  # type: ignore[assignment]  # pluggy's wrappers are generators of their result
    if report.failed:
        for shop in SHOPS:
            report.sections += [(f"log of {name} ({shop.way})", text) for name, text in shop.logs()]
    return report  # type: ignore[return-value]  # as above


async def remove_topics(environment: dict[str, str]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=environment["HUB_KAFKA_URL"].removeprefix("kafka://"))
    await admin.start()
    try:
        if topics := [name for name in await admin.list_topics() if name.startswith(environment["HUB_TOPIC_PREFIX"])]:
            await admin.delete_topics(topics)
    finally:
        await admin.close()


def _cluster_settings(request: pytest.FixtureRequest, name: str) -> dict[str, str]:
    return {
        "HUB_DATABASE_URL": request.getfixturevalue("fresh_postgres_database")(),
        "HUB_KAFKA_URL": request.getfixturevalue("kafka_url"),
        "HUB_REDIS_URL": request.getfixturevalue("redis_url"),
        "HUB_TOPIC_PREFIX": f"{name}.",
    }


def _folder(factory: pytest.TempPathFactory, way: str) -> Path:
    return factory.mktemp(f"shop-{way}")
