"""SQLite's writing connection in the event loop's own thread; only the commit, which waits for the disk, has another.

aiosqlite hands every single step (cursor, execute, fetch, close) to a thread and back: measured, a statement through
SQLAlchemy took 0.33 to 0.5 ms instead of 0.12 to 0.2 ms, and a thread's answer waits while the loop is busy. What the
hub writes are short statements by key, so they may as well run where they are asked for. Long reads belong to
`Database.reading`, which keeps aiosqlite.

This is the part of aiosqlite's interface that SQLAlchemy's adapter uses, and `cursor_of` for statements that need no
adapter.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

BUSY_WAIT_S = 5.0  # for another process that writes
BUSY_LOOK_S = 0.01


class InlineConnection:
    """Never used by two tasks at once: SQLAlchemy's pool sees to that."""

    isolation_level = None  # who wants a transaction says BEGIN

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, cached_statements=512)
        self._commits = ThreadPoolExecutor(1, thread_name_prefix="sqlite commit")
        self.spare_cursor = self._connection.cursor()  # for statements whose rows are fetched at once

    def cursor(self) -> "InlineCursor":
        return InlineCursor(self._connection)

    async def commit(self) -> None:
        """On return it is on the disk."""
        await asyncio.get_running_loop().run_in_executor(self._commits, self._connection.commit)

    async def rollback(self) -> None:
        self._connection.rollback()

    async def close(self) -> None:
        self.stop()

    def stop(self) -> None:
        """Without commit; a commit that is under way is waited for by SQLite itself."""
        self._commits.shutdown(wait=False)
        self._connection.close()

    async def create_function(self, name: str, arguments: int, function: Callable[..., Any], **options: Any) -> None:
        self._connection.create_function(name, arguments, function, **options)


async def cursor_of(connection: AsyncConnection) -> sqlite3.Cursor | None:
    """A cursor of the driver itself, in the transaction of `connection`; None where there is none in this thread."""
    inside = connection.sync_connection
    raw = inside.connection.driver_connection if inside is not None else None
    if not isinstance(raw, InlineConnection):
        return None
    if not connection.in_transaction():
        await connection.begin()
    return raw.spare_cursor


class InlineCursor:
    """As sqlite3.Cursor, awaitable."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._cursor = connection.cursor()

    async def __aenter__(self) -> "InlineCursor":
        return self

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> "InlineCursor":
        if statement.startswith("BEGIN"):
            await self._begin(statement)
        else:
            self._cursor.execute(statement, parameters)
        return self

    async def executemany(self, statement: str, parameters: Sequence[Sequence[Any]]) -> "InlineCursor":
        self._cursor.executemany(statement, parameters)
        return self

    async def fetchall(self) -> list[Any]:
        return self._cursor.fetchall()

    async def close(self) -> None:
        self._cursor.close()

    @property
    def description(self) -> Any:
        return self._cursor.description

    @property
    def rowcount(self) -> int:
        return self._cursor.rowcount

    @property
    def lastrowid(self) -> int | None:
        return self._cursor.lastrowid

    async def _begin(self, statement: str) -> None:
        """SQLite's own waiting for a lock would stop the loop."""
        until = time.monotonic() + BUSY_WAIT_S
        while True:
            try:
                self._cursor.execute(statement)
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > until:
                    raise
            await asyncio.sleep(BUSY_LOOK_S)
