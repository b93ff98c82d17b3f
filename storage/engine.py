"""The database: SQLite in a folder, or PostgreSQL. Says once how each is opened safely.

SQLite: WAL, synchronous=FULL (NORMAL may lose the last commits at a power cut, and a webhook was already answered),
foreign keys on; ONE writing connection, taken in turns so that BEGIN IMMEDIATE never waits for ourselves, and run in
the loop's own thread (storage.sqlite_inline); a few read-only connections for everything else.
PostgreSQL: one pool, READ COMMITTED, row locks where rows are contended.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiosqlite
import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from hub.errors import StorageUnavailable
from storage.faults import storage_errors
from storage.sqlite_inline import InlineConnection
from storage.turns import Turns

Connection = AsyncConnection  # for packages that hand one on to stores and speak no SQL themselves

READER_BUSY_TIMEOUT_MS = 5000
READERS = 4
READER_CACHE_KIB, WRITER_CACHE_KIB = 4_000, 32_000  # of each connection; behind it is the system's own cache
POOL_SIZE = 12
PREPARED_MAX = 500  # of each connection; a hub has more statements than the 100 of SQLAlchemy, and parsed them anew
WRITE_WAIT_S = 15.0  # for our own writer before us; a unit of work takes milliseconds
THREAD_END_S = 5.0
STATEMENT_TIMEOUT_MS = 30_000
IDLE_IN_TRANSACTION_TIMEOUT_MS = 15_000  # a worker that froze inside a transaction gives its locks back


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


class Database:
    """Reading and writing connections. `is_sqlite` is for the few places where the two differ."""

    def __init__(self, url: str) -> None:
        self.url = sa.make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._turns = Turns()
        self._threaded: list[aiosqlite.Connection] = []  # all that may still have a thread
        self._writer = self._sqlite_engine(read_only=False) if self.is_sqlite else self._postgres_engine()
        self._reader = self._sqlite_engine(read_only=True) if self.is_sqlite else self._writer

    @property
    def engine(self) -> AsyncEngine:
        """The writing engine, for migrations and tests."""
        return self._writer

    @asynccontextmanager
    async def writing(self, *, urgent: bool = False) -> AsyncIterator[AsyncConnection]:
        """A transaction that may write. The caller commits; leaving without commit rolls back. `urgent`: somebody
        outside waits for an answer (it matters on SQLite only, where writers take turns).

        Raises StorageUnavailable for trouble that may pass.
        """
        with storage_errors():
            if not self.is_sqlite:
                async with self._writer.connect() as connection:
                    yield connection
                return
            async with self._turn(urgent), self._writer.connect() as connection:
                yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """One consistent look (SQLite: one snapshot; PostgreSQL: per statement). Never blocks a writer."""
        with storage_errors():
            async with self._reader.connect() as connection:
                yield connection

    @asynccontextmanager
    async def _turn(self, urgent: bool) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            try:
                await stack.enter_async_context(self._turns.take(urgent=urgent, within_s=WRITE_WAIT_S))
            except TimeoutError as error:
                raise StorageUnavailable(f"other writers kept the database for {WRITE_WAIT_S:g} s") from error
            yield

    async def dispose(self) -> None:
        """Afterwards no thread is left that would still report to this event loop, whatever was cancelled before."""
        await self._writer.dispose()
        await self._reader.dispose()
        for connection in self._threaded:
            connection.stop()  # a cancelled task may have left one behind; harmless for the others
        await asyncio.to_thread(_join, self._threaded)
        self._threaded.clear()

    async def ping(self) -> None:
        """Raises StorageUnavailable when the database does not answer within 2 s."""
        try:
            async with asyncio.timeout(2), self.reading() as connection:
                await connection.execute(sa.text("SELECT 1"))
        except TimeoutError as error:
            raise StorageUnavailable("the database did not answer within 2 s") from error

    def _postgres_engine(self) -> AsyncEngine:
        return create_async_engine(
            self.url,
            pool_size=POOL_SIZE,
            max_overflow=4,
            pool_timeout=5,
            pool_pre_ping=True,
            pool_use_lifo=True,  # few connections are in use most of the time: those that know our statements
            hide_parameters=True,  # values may be personal data, and errors get logged
            json_serializer=_dumps,
            json_deserializer=orjson.loads,
            connect_args={
                "timeout": 5,
                "command_timeout": STATEMENT_TIMEOUT_MS / 1000 + 5,
                "prepared_statement_cache_size": PREPARED_MAX,
                "server_settings": {
                    "application_name": "onethread",
                    "jit": "off",
                    "statement_timeout": str(STATEMENT_TIMEOUT_MS),
                    "idle_in_transaction_session_timeout": str(IDLE_IN_TRANSACTION_TIMEOUT_MS),
                },
            },
        )

    def _sqlite_engine(self, *, read_only: bool) -> AsyncEngine:
        path = self.url.database
        if not path or path == ":memory:":
            raise ValueError("SQLite needs a file: an in-memory database shares one transaction between coroutines")
        Path(path).parent.mkdir(parents=True, exist_ok=True)

        async def inline() -> InlineConnection:
            return InlineConnection(path)

        async def threaded() -> aiosqlite.Connection:
            connection = aiosqlite.connect(
                path, isolation_level=None
            )  # the driver's BEGIN comes too late, see `_begin`
            connection._thread.daemon = True
            self._threaded = [c for c in self._threaded if c._thread.is_alive()]
            self._threaded.append(connection)
            return await connection

        engine = create_async_engine(
            self.url,
            poolclass=AsyncAdaptedQueuePool,
            pool_size=READERS if read_only else 1,
            max_overflow=0,
            pool_timeout=30,
            hide_parameters=True,
            json_serializer=_dumps,
            json_deserializer=orjson.loads,
            async_creator=threaded if read_only else inline,
        )
        begin = "BEGIN" if read_only else "BEGIN IMMEDIATE"

        @sa.event.listens_for(engine.sync_engine, "connect")
        def _open(dbapi_connection: Any, _record: Any) -> None:
            cursor = dbapi_connection.cursor()
            cursor.execute(f"PRAGMA busy_timeout={READER_BUSY_TIMEOUT_MS}")
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA synchronous=FULL")
            cursor.execute("PRAGMA foreign_keys=ON")
            cursor.execute("PRAGMA temp_store=MEMORY")
            cursor.execute(f"PRAGMA cache_size=-{READER_CACHE_KIB if read_only else WRITER_CACHE_KIB}")
            # The writer waits for other processes by itself, without stopping the loop.
            cursor.execute("PRAGMA query_only=ON" if read_only else "PRAGMA busy_timeout=0")
            cursor.close()

        @sa.event.listens_for(engine.sync_engine, "begin")
        def _begin(connection: sa.Connection) -> None:
            connection.exec_driver_sql(begin)

        return engine


def _join(connections: Sequence[aiosqlite.Connection]) -> None:
    for connection in connections:
        connection._thread.join(THREAD_END_S)
