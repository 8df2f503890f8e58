"""Areas: the polygons of districts, streets, communities and unit-grid cells, as the layers were imported."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
)
from sqlalchemy.engine import Connection

from engine.store.metadata import metadata
from engine.store.rows import Row, number
from handlers.store import validity
from handlers.store.validity import holds, portions

REVISION = "areas"
#: As `handlers.store.validity.ALWAYS`.
ALWAYS = validity.ALWAYS
KINDS = ("district", "street", "community", "cell", "zone")

area = Table(
    "area",
    metadata,
    Column("kind", Text, nullable=False),
    # By GB/T 2260 and what continues it; a development zone overlaps them and has an identifier of its own.
    Column("code", Text, nullable=False),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("parent_code", Text, nullable=False),
    # Well-known binary, longitude and latitude in WGS-84; empty for an area known by name only.
    Column("outline", LargeBinary, nullable=False),
    # True for outlines that were made up for a demonstration, and are to be called so wherever they are shown.
    Column("made", Boolean, nullable=False),
    *validity.validity(),
    PrimaryKeyConstraint("kind", "code", "valid_from"),
)


def read(conn: Connection, kinds: Sequence[str] = KINDS, at: datetime | None = None) -> Iterator[Row]:
    """The areas of some kinds by kind and code.

    Args:
        at: those that hold at this instant; without one, those of which no end is known.
    """
    held = area.c.valid_to.is_(None) if at is None else holds(area, at)
    yield from portions(
        conn, select(area).where(area.c.kind.in_(kinds), held).order_by(area.c.kind, area.c.code)
    )


def next_change(conn: Connection, at: datetime, kinds: Sequence[str] = KINDS) -> datetime | None:
    """The first instant after `at` at which other areas of these kinds hold than at `at`; None if that never happens."""
    return validity.next_change(conn, area, at, area.c.kind.in_(kinds))


def replace(conn: Connection, kind: str, rows: Iterable[Mapping[str, Any]]) -> int:
    """Put these areas in the place of all of their kind; gives how many there are now."""
    conn.execute(delete(area).where(area.c.kind == kind))
    rows = iter(rows)
    while portion := list(islice(rows, 1000)):
        conn.execute(insert(area), portion)
    return number(conn.execute(select(func.count()).select_from(area).where(area.c.kind == kind)))
