"""Rows as the rest of the program sees them: read-only mappings from column names, with nothing of SQLAlchemy about them."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import ARRAY, Result, Table, bindparam, func, insert, select
from sqlalchemy.engine import Connection

Row = Mapping[str, Any]


def first(result: Result[Any]) -> Row | None:
    """The only row of a result, or None if it is empty."""
    return cast("Row | None", result.mappings().one_or_none())


def every(result: Result[Any]) -> list[Row]:
    """All rows of a result."""
    return cast("list[Row]", list(result.mappings()))


def stream(result: Result[Any]) -> Iterator[Row]:
    """The rows of a result one by one."""
    yield from cast("Iterator[Row]", result.mappings())


def number(result: Result[Any]) -> int:
    """The only value of a result, a whole number."""
    return int(result.scalar_one())


class InsertMany:
    """An insert of any number of rows whose text never changes, so that it is compiled and prepared once.

    ``insert().values([…])`` is compiled anew each time. This one takes an array for each column.

    Args:
        table: to insert into.
        counted: columns that the database fills by itself.
    """

    def __init__(self, table: Table, counted: Container[str] = ()) -> None:
        columns = [column for column in table.c if column.name not in counted]
        self._names = [column.name for column in columns]
        unnested = (func.unnest(bindparam(column.name, type_=ARRAY(column.type))) for column in columns)
        self._statement = insert(table).from_select(self._names, select(*unnested), include_defaults=False)

    def execute(self, conn: Connection, rows: Sequence[Row]) -> None:
        """Insert the rows in one statement; a column that a row does not name is null."""
        conn.execute(self._statement, {name: [row.get(name) for row in rows] for name in self._names})
