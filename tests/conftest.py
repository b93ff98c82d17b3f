"""Fixtures for what every test may need, and the rules that every run keeps."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import hypothesis
import pytest
import uvloop
from aiokafka.admin import AIOKafkaAdminClient

from hub.clock import ManualClock
from storage.unit_of_work import Units
from tests import databases, services

S = TypeVar("S", bound=services.Server)


@pytest.fixture(scope="session")
def fresh_postgres_database() -> Iterator[services.PostgresDatabases]:
    """Call it for the URL of a new database, `template=url` for a copy of another. Who does not drop it leaves that to
    the end."""
    databases = services.PostgresDatabases(services.service_url("PostgreSQL", "DATABASE"))
    yield databases
    databases.drop_all()


@pytest.fixture(scope="session")
def postgres_url(fresh_postgres_database: services.PostgresDatabases) -> str:
    """A database shared by the tests of this worker, empty at first."""
    return fresh_postgres_database()


@pytest.fixture(scope="session")
def schema_template(fresh_postgres_database: services.PostgresDatabases) -> str:
    """A PostgreSQL database with the schema and no rows, to copy."""
    url = fresh_postgres_database()
    asyncio.run(databases.create_schema(url))
    return url


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A new database with the schema, once of each kind."""
    if request.param == "sqlite":
        yield databases.sqlite_url(tmp_path)
        return
    make = request.getfixturevalue("fresh_postgres_database")
    url: str = make(template=request.getfixturevalue("schema_template"))
    yield url
    make.drop(url)


@pytest.fixture
def clock() -> ManualClock:
    """Stands still until told."""
    return ManualClock()


@pytest.fixture
async def units(database_url: str, clock: ManualClock) -> AsyncIterator[Units]:
    """Units of work over `database_url`, with `clock`."""
    async with databases.opened(database_url, clock) as opened:
        yield opened


@pytest.fixture(scope="session")
def redis_url() -> str:
    """A Redis database of this worker alone, empty at first. Name pub/sub channels with `unique_name`."""
    return services.own_redis_database(services.service_url("Redis", "REDIS"))


@pytest.fixture(scope="session")
def kafka_url() -> str:
    """`kafka://host:port`, as the hub's settings want it. Begin the names of topics and groups with `topic_prefix`."""
    return services.service_url("Kafka", "KAFKA")


@pytest.fixture(scope="session")
def kafka_bootstrap(kafka_url: str) -> str:
    """`host:port`, as aiokafka wants it."""
    return kafka_url.removeprefix("kafka://")


@pytest.fixture
async def topic_prefix(kafka_bootstrap: str, unique_name: Callable[[str], str]) -> AsyncIterator[str]:
    """Topics whose names begin with it are deleted after the test."""
    prefix = unique_name("t") + "."
    yield prefix
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    try:
        if topics := [topic for topic in await admin.list_topics() if topic.startswith(prefix)]:
            await admin.delete_topics(topics)
    finally:
        await admin.close()


@pytest.fixture(scope="session")
def unique_name() -> Callable[[str], str]:
    """`unique_name("t")` -> a name that no other test, worker or run uses."""
    return lambda stem: f"{stem}-{uuid.uuid4().hex[:12]}"


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """Start it with --no-sandbox --disable-gpu and without background networking."""
    return services.chromium()


@pytest.fixture
async def own_kafka(tmp_path: Path) -> AsyncIterator[services.KafkaBroker]:
    """A broker for this test alone: kill9(), start() and restart() it at will. About 3 s."""
    async for server in _own(services.KafkaBroker(tmp_path / "kafka")):
        yield server


@pytest.fixture
async def own_postgres(tmp_path: Path) -> AsyncIterator[services.PostgresServer]:
    """A PostgreSQL for this test alone. About 1 s."""
    async for server in _own(services.PostgresServer(tmp_path / "postgres")):
        yield server


@pytest.fixture
async def own_redis(tmp_path: Path) -> AsyncIterator[services.RedisServer]:
    """A Redis for this test alone; it keeps nothing over kill9()."""
    async for server in _own(services.RedisServer(tmp_path / "redis")):
        yield server


async def _own(server: S) -> AsyncIterator[S]:
    try:
        await server.start()
    except services.ServiceUnavailable as reason:
        services.unavailable(str(reason))
    try:
        yield server
    finally:
        await server.remove()


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The hub runs on uvloop, so its tests do."""
    return {"uvloop": uvloop.new_event_loop}


class FailuresAtOnce:
    """Names each failed test when it fails: a run that is cut off has said what it knew."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if report.failed and reporter is not None:
            reporter.ensure_newline()
            reporter.write_line(f"FAILED {report.nodeid} ({report.when})", red=True)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(FailuresAtOnce(config))
    # No deadline: two cores that also run Kafka are no stopwatch. In CI the same examples each time, for a failure
    # that a change did not cause helps nobody; at home new ones, to find what CI does not know yet.
    hypothesis.settings.register_profile("hub", deadline=None, derandomize=services.IN_CI, print_blob=True)
    hypothesis.settings.load_profile("hub")
    # 50 lines a second while a broker is down would bury what a failed test has to say.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A skipped test proves nothing: with CI=true one is enough to fail the run."""
    if services.IN_CI and session.exitstatus == pytest.ExitCode.OK and _skipped(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if services.IN_CI and (skipped := _skipped(config)):
        terminalreporter.section("CI=true", red=True)
        terminalreporter.line(f"{skipped} skipped: this run has failed, for a skipped test proves nothing")


def _skipped(config: pytest.Config) -> int:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return len(reporter.stats.get("skipped", [])) if reporter is not None else 0
