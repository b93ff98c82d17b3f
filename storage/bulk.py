"""The same statement for many rows, without what SQLAlchemy does anew for each: measured, binding a row of 30 columns
takes a quarter of the time. For the few statements that every message passes through.

    INSERT_TOUCHPOINTS = Bulk.insert(touchpoints)
    await INSERT_TOUCHPOINTS.execute(connection, rows)
"""

import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.query import translated
from storage.sqlite_inline import cursor_of

Converter = Callable[[Any], Any]
_NEW = "v_"  # an update's and a delete's parameters may not be called as the columns are


class Bulk:
    """Compiled once per kind of database. Rows are mappings with every column concerned; nothing is returned."""

    def __init__(
        self, statement: sa.Insert | sa.Update | sa.Delete, types: Mapping[str, sa.types.TypeEngine[Any]]
    ) -> None:
        self._statement = statement
        self._types = types
        self._prepared: dict[str, tuple[str, list[tuple[str, Converter | None]]]] = {}

    @classmethod
    def insert(cls, table: sa.Table, *, without: Collection[str] = ()) -> "Bulk":
        """All columns but those of `without`, which the database fills."""
        return cls(sa.insert(table), {c.name: c.type for c in table.columns if c.name not in without})

    @classmethod
    def update(cls, table: sa.Table, key: str, *, without: Collection[str] = ()) -> "Bulk":
        """By the column `key`; columns of `without` never change."""
        changed = [c for c in table.columns if c.name != key and c.name not in without]
        statement = (
            sa.update(table)
            .where(table.c[key] == sa.bindparam(f"{_NEW}{key}"))
            .values({c.name: sa.bindparam(f"{_NEW}{c.name}") for c in changed})
        )
        return cls(statement, {c.name: c.type for c in [*changed, table.c[key]]})

    @classmethod
    def delete(cls, table: sa.Table, *keys: str) -> "Bulk":
        """Those rows that have these values in the columns `keys`."""
        statement = sa.delete(table).where(*(table.c[key] == sa.bindparam(f"{_NEW}{key}") for key in keys))
        return cls(statement, {key: table.c[key].type for key in keys})

    async def execute(self, connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
        """In order. No rows are a no-op."""
        if not rows:
            return
        text, parameters = self._for(connection.dialect)
        values = [tuple([convert(row[n]) if convert else row[n] for n, convert in parameters]) for row in rows]
        cursor = await cursor_of(connection)
        if cursor is None:
            await connection.exec_driver_sql(text, values)
            return
        try:
            cursor.executemany(text, values)
        except sqlite3.Error as error:
            raise translated(error, text, connection.dialect) from error

    def _for(self, dialect: Dialect) -> tuple[str, list[tuple[str, Converter | None]]]:
        prepared = self._prepared.get(dialect.name)
        if prepared is None:
            keys = list(self._types) if self._statement.is_insert else None
            compiled = self._statement.compile(dialect=dialect, column_keys=keys)
            names = [name.removeprefix(_NEW) for name in compiled.positiontup or ()]
            converters = [self._types[name].dialect_impl(dialect).bind_processor(dialect) for name in names]
            prepared = self._prepared[dialect.name] = (str(compiled), list(zip(names, converters, strict=True)))
        return prepared
