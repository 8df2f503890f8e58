"""Filling a table with many rows at once, by the database's own way of copying."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Table, delete
from sqlalchemy.engine import Connection


def refill(conn: Connection, table: Table, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> int:
    """Put rows in the place of all that a table has, ten times as quickly as by INSERT; gives how many.

    Args:
        columns: those that every row has; the others get their defaults.
    """
    conn.execute(delete(table))
    preparer = conn.dialect.identifier_preparer
    names = ", ".join(preparer.quote(table.c[name].name) for name in columns)
    statement = f"COPY {preparer.format_table(table)} ({names}) FROM STDIN"
    connection = conn.connection.driver_connection
    assert connection is not None
    count = 0
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([row[name] for name in columns])
            count += 1
    return count
