"""Rows as the rest of the program sees them: read-only mappings from column names, with nothing of SQLAlchemy about them."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Column,
    Result,
    Table,
    TableValuedAlias,
    Update,
    any_,
    bindparam,
    column,
    func,
    insert,
    select,
    update,
)
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


def records(name: str, columns: Iterable[Column[Any]]) -> TableValuedAlias:
    """Rows given as one JSON value: a table with these columns, to insert or update from.

    A parameter for each value, or an array for each column, costs the driver many times as much.

    Args:
        name: of the parameter, a list of mappings; what one of them does not name is null. Bytes become ``bytea``.
    """
    typed = [column(one.name, one.type) for one in columns]
    found: TableValuedAlias = func.json_to_recordset(bindparam(name, type_=JSON)).table_valued(*typed)
    return found.render_derived(name=name, with_types=True)


class InsertMany:
    """An insert of any number of rows whose text never changes, so that it is compiled and prepared once.

    ``insert().values([…])`` is compiled anew each time.

    Args:
        table: to insert into.
        counted: columns that the database fills by itself.
    """

    def __init__(self, table: Table, counted: Container[str] = ()) -> None:
        columns = [column for column in table.c if column.name not in counted]
        self._name = f"new_{table.name}"
        rows = records(self._name, columns)
        names = [column.name for column in columns]
        #: Takes what `values` gives.
        self.statement = insert(table).from_select(names, select(*rows.c), include_defaults=False)

    def values(self, rows: Sequence[Row]) -> dict[str, Any]:
        """The parameters of the statement; a column that a row does not name is null."""
        return {self._name: rows}

    def execute(self, conn: Connection, rows: Sequence[Row]) -> None:
        """Insert the rows in one statement."""
        conn.execute(self.statement, self.values(rows))


class ChangeMany:
    """An update of some rows by their identifiers, each to values of its own.

    Args:
        table: whose ``id`` names the rows.
        names: of the columns that are written.
        versioned: whether a row must still have the version that was read, and gets the next one.
    """

    def __init__(
        self, table: Table, names: Iterable[str], *, versioned: bool = False, place: int = 0
    ) -> None:
        self._name = f"changed_{table.name}_{place}"
        written = list(names)
        given = ["id", *written, *(["version"] if versioned else [])]
        rows = records(self._name, [table.c[name] for name in given])
        # The identifiers once more by themselves: how many rows JSON has is not known beforehand, and the whole
        # table might be read for them.
        wanted = table.c.id == any_(bindparam(f"{self._name}_ids", type_=ARRAY(BigInteger)))
        statement = update(table).where(table.c.id == rows.c.id, wanted)
        values: dict[str, Any] = {name: rows.c[name] for name in written}
        if versioned:
            statement = statement.where(table.c.version == rows.c.version)
            values["version"] = table.c.version + 1
        #: Takes what `values` gives.
        self.statement = statement.values(values)

    def values(self, rows: Sequence[Row]) -> dict[str, Any]:
        """The parameters of the statement, for rows with their ``id`` and, if versioned, the ``version`` that was read."""
        return {self._name: rows, f"{self._name}_ids": [row["id"] for row in rows]}


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
