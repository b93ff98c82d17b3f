"""Every line of SQL: tables, migrations, unit of work, the embedded log, and one store per noun."""

from storage.sqlite_library import use_safe_sqlite

use_safe_sqlite()  # before anything imports aiosqlite
