"""The few statements that SQLAlchemy spells differently for the two databases."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def upsert(table: sa.Table, *, is_sqlite: bool) -> Any:
    """An insert that knows ON CONFLICT: `.on_conflict_do_nothing(…)`, `.on_conflict_do_update(…)`."""
    return sqlite.insert(table) if is_sqlite else postgresql.insert(table)
