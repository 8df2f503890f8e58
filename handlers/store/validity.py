"""The time in which a row of a layer holds: from an instant on, and until before another one, if that is known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, FromClause, Select, Table, and_, func, or_, select
from sqlalchemy.engine import Connection

from engine.store.metadata import instant
from engine.store.rows import Row, stream

#: When what holds from the first began.
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
# Rows of a layer that are held at once: a layer may have a million.
_AT_ONCE = 5000


def validity() -> tuple[Column[Any], Column[Any]]:
    """The two columns of every layer; ``valid_to`` is null as long as no end is known."""
    return instant("valid_from"), instant("valid_to", nullable=True)


def holds(table: FromClause, at: datetime) -> ColumnElement[bool]:
    """The condition that a row holds at an instant: at the very one of an edit the new row does, not the old one."""
    return and_(table.c.valid_from <= at, or_(table.c.valid_to.is_(None), table.c.valid_to > at))


def next_change(conn: Connection, table: Table, at: datetime, *where: ColumnElement[bool]) -> datetime | None:
    """The first instant after `at` at which other rows hold than at `at`; None if that never happens."""
    begins = select(func.min(table.c.valid_from)).where(table.c.valid_from > at, *where)
    ends = select(func.min(table.c.valid_to)).where(table.c.valid_to > at, *where)
    found: datetime | None = conn.execute(
        select(func.least(begins.scalar_subquery(), ends.scalar_subquery()))
    ).scalar_one()
    return found


def portions(conn: Connection, statement: Select[Any]) -> Iterator[Row]:
    """The rows of a large answer one by one, never all of them in memory."""
    yield from stream(conn.execute(statement, execution_options={"yield_per": _AT_ONCE}))


def holds_at(row: Row, at: datetime) -> bool:
    """Whether a row holds at an instant, as `holds` asks it of the database."""
    return bool(row["valid_from"] <= at and (row["valid_to"] is None or row["valid_to"] > at))
