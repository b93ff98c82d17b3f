"""What the migrations build is what storage.tables says, on both databases, and going up twice is harmless."""

from pathlib import Path

from alembic.script import ScriptDirectory

from storage import migrate
from storage.engine import Database
from tests import databases, services


async def _built_by_migrations(url: str) -> list[object]:
    database = Database(url)
    try:
        assert await migrate.current(database) is None
        await migrate.upgrade(database)
        await migrate.upgrade(database)
        assert await migrate.current(database) == migrate.head()
        return await migrate.differences(database)
    finally:
        await database.dispose()


async def test_sqlite_has_after_the_migrations_what_the_tables_say(tmp_path: Path) -> None:
    assert await _built_by_migrations(f"sqlite+aiosqlite:///{tmp_path}/new.db") == []


async def test_postgresql_has_after_the_migrations_what_the_tables_say(
    fresh_postgres_database: services.PostgresDatabases,
) -> None:
    assert await _built_by_migrations(fresh_postgres_database()) == []


def test_the_name_of_the_newest_file_tells_the_head() -> None:
    script = ScriptDirectory(str(migrate.MIGRATIONS))
    assert script.get_current_head() == migrate.head()
    for revision in script.walk_revisions():
        assert Path(revision.path).name.startswith(f"{revision.revision}_")


async def test_a_migrated_database_takes_the_hubs_rows(database_url: str) -> None:
    async with databases.opened(database_url) as units:
        assert await migrate.differences(units.database) == []
