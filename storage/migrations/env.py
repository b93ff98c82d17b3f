"""Alembic's entry: runs over the connection that storage.migrate hands in, never opens one of its own."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context

from storage.column_types import Moment
from storage.tables import metadata


def _named(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Our column types by their names instead of what they are made of."""
    if kind != "type":
        return False
    if isinstance(item, Moment):
        return "Moment()"
    if isinstance(item, sa.JSON):
        return "Json"
    if isinstance(item, sa.BigInteger) and item._variant_mapping:
        return "Number"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite alters a table by building it anew
    render_item=_named,
    transactional_ddl=True,
)
context.run_migrations()
