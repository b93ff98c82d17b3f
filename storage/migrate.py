"""Brings a database to the schema of this release: at start when embedded, by `hub migrate` in a cluster.

One linear history for both databases (storage/migrations/versions). Several processes may start at once: PostgreSQL
lets one migrate and the others wait; SQLite has one process anyway.

Alembic is imported only when there is something to do: it would be a tenth of every start. Each migration's file name
begins with its revision, and the newest comes last.
"""

import logging
from pathlib import Path

import sqlalchemy as sa

from hub.log import get_logger
from storage.engine import Database
from storage.tables import metadata

log = get_logger(__name__)
logging.getLogger("alembic").setLevel(logging.WARNING)  # three lines a step; we say it in one

MIGRATIONS = Path(__file__).parent / "migrations"
_VERSION = sa.table("alembic_version", sa.column("version_num"))
_LOCK_KEY = 0x6F6E6574  # any number, the same in every process


async def upgrade(database: Database, revision: str = "head") -> None:
    """To `revision`, step by step, in one transaction. A no-op when it is there already."""
    if await current(database) == (head() if revision == "head" else revision):
        return
    async with database.engine.connect() as connection:
        await connection.run_sync(_upgrade, revision)
        await connection.commit()


async def current(database: Database) -> str | None:
    """The revision the database is at; None for an empty one."""
    async with database.reading() as connection:
        return await connection.run_sync(_current)


def head() -> str:
    """The revision this release works with."""
    found = max((file.name for file in (MIGRATIONS / "versions").glob("[0-9]*.py")), default=None)
    if found is None:
        raise RuntimeError("no migrations in this installation")
    return found.partition("_")[0]


async def differences(database: Database) -> list[object]:
    """What the database lacks or has in excess of storage.tables; empty when they agree."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    def compare(sync: sa.Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(sync, opts={"compare_type": True}), metadata))

    async with database.reading() as connection:
        return await connection.run_sync(compare)


def _current(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table(_VERSION.name):
        return None
    return connection.execute(sa.select(_VERSION.c.version_num)).scalar()


def _upgrade(connection: sa.Connection, revision: str) -> None:
    from alembic import command
    from alembic.config import Config

    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
    before = _current(connection)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
    after = _current(connection)
    if after != before:
        log.info("schema_upgraded", before=before, after=after)
