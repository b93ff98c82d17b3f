"""Statements that every message passes through, prepared once: what they return, row by row.

    _FIND = Query(sa.select(*COLUMNS).where(table.c.id.in_(sa.bindparam("ids", expanding=True))))
    rows = await _FIND.all(connection, ids=ids)

Measured on SQLite, where a statement by key takes 10 to 30 us: to build it with SQLAlchemy, find it in its cache, run
it and wrap what comes back costs another 250 to 350 us. So on the writing connection of SQLite, whose statements run in
the loop's own thread, the prepared text goes to the driver itself; everywhere else SQLAlchemy runs it.
"""

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.sqlite_inline import cursor_of

Converter = Callable[[Any], Any]
TEXTS_MAX = 500  # of one statement, by the lengths of its lists


class Query:
    """A SELECT, or a change with RETURNING. Its parameters are named; those of `IN` are expanding bindparams, given as
    lists. Rows have the columns as attributes, in the order selected."""

    def __init__(self, statement: sa.Select[Any] | sa.Insert | sa.Update | sa.Delete) -> None:
        self._statement = statement
        self._prepared: _Prepared | None = None

    async def all(self, connection: AsyncConnection, **parameters: Any) -> Sequence[Any]:
        cursor = await cursor_of(connection)
        if cursor is None:
            return (await connection.execute(self._statement, parameters)).all()
        return self._for(connection.dialect).run(cursor, parameters)

    async def each(self, connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        """An insert with RETURNING, for each of `rows` in order: everything that comes back."""
        cursor = await cursor_of(connection)
        if cursor is None:
            return list(await connection.execute(self._statement, rows))
        prepared = self._for(connection.dialect, rows[0].keys() if rows else ())
        return [row for parameters in rows for row in prepared.run(cursor, parameters)]

    async def count(self, connection: AsyncConnection, **parameters: Any) -> int:
        """Of an UPDATE or DELETE without RETURNING: how many rows it concerned."""
        cursor = await cursor_of(connection)
        if cursor is None:
            return (await connection.execute(self._statement, parameters)).rowcount
        self._for(connection.dialect).run(cursor, parameters)
        return cursor.rowcount

    def _for(self, dialect: Dialect, insert_keys: Iterable[str] = ()) -> "_Prepared":
        if self._prepared is None:
            self._prepared = _Prepared(self._statement, dialect, list(insert_keys) or None)
        return self._prepared


class InsertNew:
    """Whole rows of a table, each unless there is one by any of its keys."""

    def __init__(self, table: sa.Table) -> None:
        self._sqlite = Query(sqlite.insert(table).on_conflict_do_nothing())
        self._postgres = Query(postgresql.insert(table).on_conflict_do_nothing())

    async def one(self, connection: AsyncConnection, row: Mapping[str, Any]) -> bool:
        """False: there was one."""
        query = self._sqlite if connection.dialect.name == "sqlite" else self._postgres
        return await query.count(connection, **row) == 1


class _Prepared:
    """For one SQLite dialect; several databases of a process have equal ones."""

    def __init__(self, statement: sa.ClauseElement, dialect: Dialect, insert_keys: list[str] | None) -> None:
        compiled: Any = statement.compile(dialect=dialect, column_keys=insert_keys)
        self._dialect = dialect
        self._text = str(compiled)
        self._texts: dict[tuple[int, ...], str] = {}  # by the lengths of the lists
        binds = [(name, compiled.binds[name]) for name in compiled.positiontup or ()]
        self._lists = [name for name, bind in binds if bind.expanding]
        self._binds = [(name, bind.expanding, _bind_converter(bind.type, dialect)) for name, bind in binds]
        self._given = {name: bind.value for name, bind in binds if bind.value is not None}
        columns = compiled._result_columns
        self._row: Any = namedtuple("Row", [c.keyname for c in columns], rename=True)  # type: ignore[misc]  # at run time
        converters = [c.type.dialect_impl(dialect).result_processor(dialect, None) for c in columns]
        self._converters = [(index, convert) for index, convert in enumerate(converters) if convert is not None]

    def run(self, cursor: sqlite3.Cursor, parameters: Mapping[str, Any]) -> list[Any]:
        values: list[Any] = []
        for name, is_list, convert in self._binds:
            value = parameters[name] if name in parameters else self._given[name]
            if is_list:
                values += value if convert is None else map(convert, value)
            else:
                values.append(value if convert is None else convert(value))
        text = self._expanded(tuple([len(parameters[name]) for name in self._lists])) if self._lists else self._text
        try:
            cursor.execute(text, values)
            rows = cursor.fetchall()
        except sqlite3.Error as error:
            raise translated(error, text, self._dialect) from error
        return [self._made(row) for row in rows]

    def _made(self, row: tuple[Any, ...]) -> Any:
        values = list(row)
        for index, convert in self._converters:
            if values[index] is not None:
                values[index] = convert(values[index])
        return self._row._make(values)

    def _expanded(self, lengths: tuple[int, ...]) -> str:
        text = self._texts.get(lengths)
        if text is None:
            text = self._text
            for name, length in zip(self._lists, lengths, strict=True):
                # An empty list finds nothing, as SQLAlchemy has it.
                marks = ", ".join("?" * length) or "SELECT 1 WHERE 0"
                text = text.replace(f"(__[POSTCOMPILE_{name}])", f"({marks})")
            if len(self._texts) >= TEXTS_MAX:
                self._texts.clear()
            self._texts[lengths] = text
        return text


def translated(error: sqlite3.Error, text: str, dialect: Dialect) -> BaseException:
    """As SQLAlchemy raises it: that is what storage.faults and whoever relies on a constraint look for."""
    return sa.exc.DBAPIError.instance(text, None, error, sqlite3.Error, hide_parameters=True, dialect=dialect)


def _bind_converter(type_: sa.types.TypeEngine[Any], dialect: Dialect) -> Converter | None:
    return type_.dialect_impl(dialect).bind_processor(dialect)
