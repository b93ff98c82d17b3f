"""Brings a database to the schema of this release: at start when embedded, by `hub migrate` in a cluster.

One linear history for both databases (storage/migrations/versions). Several processes may start at once: PostgreSQL
lets one migrate and the others wait; SQLite has one process anyway.
"""

import logging
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from hub.log import get_logger
from storage.engine import Database
from storage.tables import metadata

log = get_logger(__name__)
logging.getLogger("alembic").setLevel(logging.WARNING)  # three lines a step; we say it in one

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK_KEY = 0x6F6E6574  # any number, the same in every process


async def upgrade(database: Database, revision: str = "head") -> None:
    """To `revision`, step by step, in one transaction. A no-op when it is there already."""
    async with database.engine.connect() as connection:
        await connection.run_sync(_upgrade, revision)
        await connection.commit()


async def current(database: Database) -> str | None:
    """The revision the database is at; None for an empty one."""
    async with database.reading() as connection:
        return await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())


def head() -> str:
    """The revision this release works with."""
    found = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    if found is None:
        raise RuntimeError("no migrations in this installation")
    return found


async def differences(database: Database) -> list[object]:
    """What the database lacks or has in excess of storage.tables; empty when they agree."""

    def compare(sync: sa.Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(sync, opts={"compare_type": True}), metadata))

    async with database.reading() as connection:
        return await connection.run_sync(compare)


def _upgrade(connection: sa.Connection, revision: str) -> None:
    before = MigrationContext.configure(connection).get_current_revision()
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
    after = MigrationContext.configure(connection).get_current_revision()
    if after != before:
        log.info("schema_upgraded", before=before, after=after)
