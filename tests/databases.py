"""Databases with the schema in them, one per test: SQLite in a file, PostgreSQL copied from a template."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from hub.clock import Clock, ManualClock
from storage.engine import Database
from storage.tables import metadata
from storage.unit_of_work import Units

PARTITIONS = 6


@asynccontextmanager
async def opened(url: str, clock: Clock | None = None) -> AsyncIterator[Units]:
    """Units of work over the database at `url`, which gets the schema first if it has none."""
    database = Database(url)
    try:
        async with database.engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
        yield Units(database, clock or ManualClock(), partitions=PARTITIONS)
    finally:
        await database.dispose()


async def create_schema(url: str) -> None:
    """Into an empty database."""
    async with opened(url):
        pass


def sqlite_url(folder: Path) -> str:
    return f"sqlite+aiosqlite:///{folder}/hub.db"
