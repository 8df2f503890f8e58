"""Working calendars: the hours of the week and the exceptions to them, per unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    ForeignKey,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    Time,
    delete,
    insert,
    select,
)
from sqlalchemy.engine import Connection

from engine.store.metadata import metadata
from engine.store.rows import Row, every

working_hours = Table(
    "working_hours",
    metadata,
    Column("unit_id", BigInteger, ForeignKey("unit.id"), nullable=False),
    Column("weekday", Integer, nullable=False),  # ISO: Monday is 1
    Column("starts", Time, nullable=False),
    Column("ends", Time, nullable=False),
    PrimaryKeyConstraint("unit_id", "weekday", "starts"),
)

holiday = Table(
    "holiday",
    metadata,
    Column("unit_id", BigInteger, ForeignKey("unit.id"), nullable=False),
    Column("day", Date, nullable=False),
    # holiday: no work on a weekday; workday: work on a day of rest, by Monday's hours (调休)
    Column("kind", Text, nullable=False),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    PrimaryKeyConstraint("unit_id", "day"),
)


def read_hours(conn: Connection) -> list[Row]:
    """All working hours of all units."""
    columns = (working_hours.c.unit_id, working_hours.c.weekday, working_hours.c.starts)
    return every(conn.execute(select(working_hours).order_by(*columns)))


def read_holidays(conn: Connection) -> list[Row]:
    """All exceptions of all units."""
    return every(conn.execute(select(holiday).order_by(holiday.c.unit_id, holiday.c.day)))


def replace_hours(conn: Connection, unit_id: int, rows: Sequence[Mapping[str, Any]]) -> None:
    """Give a unit these hours instead of those it had."""
    conn.execute(delete(working_hours).where(working_hours.c.unit_id == unit_id))
    if rows:
        conn.execute(insert(working_hours), [{**row, "unit_id": unit_id} for row in rows])


def replace_holidays(conn: Connection, unit_id: int, rows: Sequence[Mapping[str, Any]]) -> None:
    """Give a unit these exceptions in place of its own of the same years."""
    years = {row["day"].year for row in rows}
    for year in sorted(years):
        conn.execute(
            delete(holiday).where(
                holiday.c.unit_id == unit_id,
                holiday.c.day >= date(year, 1, 1),
                holiday.c.day <= date(year, 12, 31),
            )
        )
    if rows:
        conn.execute(insert(holiday), [{**row, "unit_id": unit_id} for row in rows])
