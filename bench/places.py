"""Where a hub under test keeps its data: a folder, or PostgreSQL, Redis and Kafka. Gone afterwards."""

import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient

from bench.report import CannotMeasure
from hub.settings import Settings, load
from tools.services import addresses

PARTITIONS = 6


@dataclass(frozen=True, slots=True)
class Place:
    """`settings`: values of hub.settings.Settings, the same for the hub's process and for us."""

    folder: Path
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        return {f"HUB_{name.upper()}": str(value) for name, value in self.settings.items()}

    @property
    def is_cluster(self) -> bool:
        return "kafka_url" in self.settings

    def load(self, **more: Any) -> Settings:
        return load(**self.settings, **more)


@asynccontextmanager
async def place(*, cluster: bool = False) -> AsyncIterator[Place]:
    """Raises CannotMeasure when the services of a cluster are not up."""
    folder = Path(tempfile.mkdtemp(prefix="onethread-bench-"))
    try:
        if not cluster:
            yield Place(folder, {"data": folder, "log_level": "warning"})
            return
        async with _cluster() as settings:
            yield Place(folder, {"data": folder, "log_level": "warning", **settings})
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def _cluster() -> AsyncIterator[dict[str, Any]]:
    urls = _service_urls("DATABASE", "REDIS", "KAFKA")
    name = f"bench_{secrets.token_hex(6)}"
    server = urls["DATABASE"]
    await _execute(server, f'CREATE DATABASE "{name}"')
    try:
        yield {
            "database_url": urlunsplit(urlsplit(server)._replace(path=f"/{name}")),
            "redis_url": urls["REDIS"],
            "kafka_url": urls["KAFKA"],
            "secret_key": secrets.token_urlsafe(32),
            "topic_prefix": f"{name}.",
            "partitions": PARTITIONS,
            "migrate_at_start": True,
        }
    finally:
        await _execute(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await _drop_topics(urls["KAFKA"].removeprefix("kafka://"), f"{name}.")


@asynccontextmanager
async def empty_database(kind: str) -> AsyncIterator[str]:
    """`kind`: sqlite or postgres. The URL of a new one without tables. Raises CannotMeasure when none can be had."""
    name = f"bench_{secrets.token_hex(6)}"
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="onethread-bench-") as folder:
            yield f"sqlite+aiosqlite:///{folder}/hub.db"
        return
    server = _service_urls("DATABASE")["DATABASE"]
    await _execute(server, f'CREATE DATABASE "{name}"')
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        await _execute(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _service_urls(*keys: str) -> dict[str, str]:
    found = addresses()
    try:
        return {key: found[f"HUB_TEST_{key}_URL"] for key in keys}
    except KeyError as missing:
        raise CannotMeasure(f"{missing} is not known: `tools/services up` starts what a cluster needs") from missing


async def _execute(server: str, statement: str) -> None:
    try:
        connection = await asyncpg.connect(server.replace("+asyncpg", ""), timeout=5)
    except (OSError, TimeoutError) as error:
        raise CannotMeasure(f"PostgreSQL does not answer: {error}") from error
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _drop_topics(bootstrap: str, prefix: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        if topics := [topic for topic in await admin.list_topics() if topic.startswith(prefix)]:
            await admin.delete_topics(topics)
    finally:
        await admin.close()
