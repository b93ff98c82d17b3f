"""Which SQLite we run on. Import this before anything that imports sqlite3 or aiosqlite.

SQLite 3.7.0 to 3.51.2 can corrupt a WAL database when one connection resets the log while another reads it (fixed in
3.51.3, 3.50.7 and 3.44.6). Debian 12 ships 3.40.1. The wheel `pysqlite3` carries a fixed one, so it takes the place
of the standard module for this process; without it, and with an affected library, we refuse to start.
"""

import importlib
import sqlite3
import sys

FIXED = ((3, 51, 3), (3, 50, 7), (3, 44, 6))


class UnsafeSqlite(RuntimeError):
    """The SQLite library at hand may corrupt the database."""


def is_safe(version: tuple[int, int, int]) -> bool:
    """True for fixed releases and the two maintained branches that got the fix."""
    if version >= FIXED[0]:
        return True
    return any(version[:2] == fixed[:2] and version >= fixed for fixed in FIXED[1:])


def use_safe_sqlite() -> tuple[int, int, int]:
    """Makes `import sqlite3` mean a safe library, and returns its version. Raises UnsafeSqlite when there is none."""
    if not is_safe(sqlite3.sqlite_version_info):
        try:
            bundled = importlib.import_module("pysqlite3")
        except ImportError:
            bundled = None
        if bundled is None or not is_safe(bundled.sqlite_version_info):
            raise UnsafeSqlite(
                f"SQLite {sqlite3.sqlite_version} can corrupt a WAL database. Install the wheel 'pysqlite3', "
                "or use PostgreSQL (HUB_DATABASE_URL)."
            )
        sys.modules["sqlite3"] = bundled
        sys.modules["sqlite3.dbapi2"] = importlib.import_module("pysqlite3.dbapi2")
    version: tuple[int, int, int] = sys.modules["sqlite3"].sqlite_version_info
    return version
