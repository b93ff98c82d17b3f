"""Where the tests find PostgreSQL, Redis, Kafka and Chromium, and servers of their own to kill.

The shared ones are those of `tools/services up`, or whatever the HUB_TEST_... variables name. Use the fixtures of
tests/conftest.py; this file is what stands behind them.
"""

from __future__ import annotations

import asyncio
import socket
import uuid
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn, TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
import redis

from tools.servers import KafkaBroker, PostgresServer, RedisServer, Server, ServiceUnavailable, free_port
from tools.services import IN_CI, addresses, find_chromium

Result = TypeVar("Result")

__all__ = [
    "IN_CI",
    "KafkaBroker",
    "PostgresDatabases",
    "PostgresServer",
    "RedisServer",
    "Server",
    "ServiceUnavailable",
    "chromium",
    "free_port",
    "own_redis_database",
    "run_apart",
    "service_url",
    "unavailable",
]


def service_url(name: str, key: str) -> str:
    """Skips the test when the service is not there; in CI that is a failure."""
    url = addresses().get(f"HUB_TEST_{key}_URL")
    if url is None:
        unavailable(f"{name} is not up; `tools/services up` starts it or says why not")
    if not _listens(url):
        unavailable(f"{name} does not answer at {url}; `tools/services up` starts it again")
    return url


def chromium() -> Path:
    try:
        return find_chromium()
    except ServiceUnavailable as reason:
        unavailable(str(reason))


def unavailable(reason: str) -> NoReturn:
    if IN_CI:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


class PostgresDatabases:
    """Databases made on demand. A call blocks for some 30 ms; async tests may make it too."""

    def __init__(self, server_url: str) -> None:
        self._server_url = server_url
        self._made: list[str] = []

    def __call__(self, *, template: str | None = None) -> str:
        """The URL of a new database: empty, or a copy of that at the URL `template`, to which none may be connected."""
        name = f"t_{uuid.uuid4().hex[:20]}"
        copied = f' TEMPLATE "{_database_of(template)}"' if template else ""
        self._execute(f'CREATE DATABASE "{name}"{copied}')
        self._made.append(name)
        return urlunsplit(urlsplit(self._server_url)._replace(path=f"/{name}"))

    def drop(self, url: str) -> None:
        """Not in CI, where the server goes with all that is in it: dropping waits for a checkpoint each time, and for
        a thousand databases that is minutes."""
        if not IN_CI:
            name = _database_of(url)
            self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            self._made.remove(name)

    def drop_all(self) -> None:
        for name in list(self._made):
            self.drop(f"/{name}")

    def _execute(self, statement: str) -> None:
        async def run() -> None:
            connection = await asyncpg.connect(self._server_url.replace("+asyncpg", ""))
            try:
                await connection.execute(statement)
            finally:
                await connection.close()

        run_apart(run)


def own_redis_database(server_url: str) -> str:
    """A number nobody else uses: database 0 counts who came before. Pub/sub channels are not divided by number."""
    with redis.Redis.from_url(server_url) as server:
        number = 1 + int(server.incr("databases_given")) % 1000
    url = urlunsplit(urlsplit(server_url)._replace(path=f"/{number}"))
    with redis.Redis.from_url(url) as database:
        database.flushdb()
    return url


def run_apart(work: Callable[[], Coroutine[None, None, Result]]) -> Result:
    """Runs it to its end on a loop and thread of its own, so that it may be called where a loop already runs."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(work())).result()


def _listens(url: str) -> bool:
    where = urlsplit(url)
    try:
        socket.create_connection((where.hostname, where.port), timeout=2).close()
    except OSError:
        return False
    return True


def _database_of(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")
