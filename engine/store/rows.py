"""Rows as the rest of the program sees them: read-only mappings from column names, with nothing of SQLAlchemy about them."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import ARRAY, Result, Table, Update, bindparam, func, insert, select, update
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

    ``insert().values([…])`` is compiled anew each time. This one takes an array for each column; a single row goes
    without arrays, which is quicker.

    Args:
        table: to insert into.
        counted: columns that the database fills by itself.
    """

    def __init__(self, table: Table, counted: Container[str] = ()) -> None:
        columns = [column for column in table.c if column.name not in counted]
        self._names = [column.name for column in columns]
        unnested = (func.unnest(bindparam(column.name, type_=ARRAY(column.type))) for column in columns)
        self._statement = insert(table).from_select(self._names, select(*unnested), include_defaults=False)
        self._single = insert(table).values({name: bindparam(name) for name in self._names})

    def execute(self, conn: Connection, rows: Sequence[Row]) -> None:
        """Insert the rows in one statement; a column that a row does not name is null."""
        if len(rows) == 1:
            conn.execute(self._single, {name: rows[0].get(name) for name in self._names})
        else:
            conn.execute(self._statement, {name: [row.get(name) for row in rows] for name in self._names})


class Change:
    """An update of one row by its identifier, built once for each set of columns that is ever written together.

    Building a statement costs several times what sending it does: what every step sends is built beforehand.

    Args:
        table: whose ``id`` names the row.
        versioned: whether the row must still have the version that was read, and gets the next one.
    """

    def __init__(self, table: Table, *, versioned: bool = False) -> None:
        self._table = table
        self._versioned = versioned
        self._built: dict[tuple[str, ...], Update] = {}

    def execute(self, conn: Connection, row_id: int, values: Row, version: int | None = None) -> bool:
        """Write these columns; False if there is no such row any more in that version."""
        names = tuple(sorted(values))
        if names not in self._built:
            self._built[names] = self._build(names)
        row = {"row_id": row_id, "row_version": version} if self._versioned else {"row_id": row_id}
        return conn.execute(self._built[names], {**values, **row}).rowcount == 1

    def _build(self, names: tuple[str, ...]) -> Update:
        columns = self._table.c
        statement = update(self._table).where(columns.id == bindparam("row_id"))
        written: dict[str, Any] = {name: bindparam(name) for name in names}
        if self._versioned:
            statement = statement.where(columns.version == bindparam("row_version"))
            written["version"] = columns.version + 1
        return statement.values(written)
