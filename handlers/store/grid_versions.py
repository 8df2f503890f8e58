"""The versions of one responsibility grid: what it was, is and will be."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.engine import Connection

from engine.store import units
from engine.store.rows import Row, every, first
from handlers.store.layers import responsibility_grid as grid

_READ = select(grid, units.unit.c.code.label("unit_code")).join(units.unit, units.unit.c.id == grid.c.unit_id)


def of(conn: Connection, profession: str, code: str, *, limit: int = 50) -> list[Row]:
    """The versions of a grid with their ``unit_code``, the newest first."""
    statement = _READ.where(grid.c.profession == profession, grid.c.code == code)
    return every(conn.execute(statement.order_by(grid.c.valid_from.desc()).limit(limit)))


def read(conn: Connection, version: int) -> Row | None:
    """One version with its ``unit_code``."""
    return first(conn.execute(_READ.where(grid.c.id == version)))
