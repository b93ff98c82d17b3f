"""Writes the next migration from the difference between storage.tables and the migrations so far.

    python -m tools.migration "what changes"

Read the result before committing it: autogeneration sees columns and indexes, not meaning. It is generated against
SQLite and must work on PostgreSQL, too; tests/storage/test_migrations.py runs it on both.
"""

import sys
import tempfile
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

import storage  # noqa: F401 - a safe SQLite first
from storage.migrate import MIGRATIONS


def main() -> int:
    if len(sys.argv) != 2:
        sys.stderr.write(__doc__ or "")
        return 2
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    number = len(list((MIGRATIONS / "versions").glob("[0-9]*.py"))) + 1
    with tempfile.TemporaryDirectory() as folder:
        engine = sa.create_engine(f"sqlite:///{Path(folder) / 'now.db'}")
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
            command.revision(config, message=sys.argv[1], autogenerate=True, rev_id=f"{number:04d}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
