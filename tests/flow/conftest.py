"""One hub of each kind for all flow tests of a worker; each test finds it tidy."""

from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import pytest_asyncio
from aiokafka.admin import AIOKafkaAdminClient

from tests.flow.opening import opened, said_last
from tests.flow.shop import Shop, Way


@pytest_asyncio.fixture(
    scope="session", loop_scope="session", params=["embedded", pytest.param("cluster", marks=pytest.mark.services)]
)
async def open_shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, unique_name: Callable[[str], str]
) -> AsyncIterator[Shop]:
    way: Way = request.param
    cluster = way == "cluster"
    environment = _cluster_settings(request, unique_name("flow")) if cluster else {}
    try:
        async with opened(way, tmp_path_factory.mktemp(f"shop-{way}"), environment) as shop:
            yield shop
    finally:
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
        report.sections += said_last()
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
