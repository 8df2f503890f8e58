"""What tells one content of a layer from another without reading it: a hash that the database computes, and how long it holds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, Text, cast, func, or_, select
from sqlalchemy.dialects.postgresql import BIT
from sqlalchemy.engine import Connection

from engine.store import units
from handlers.store import areas
from handlers.store.layers import TABLES, responsibility_grid
from handlers.store.validity import ALWAYS, holds

_EVER = datetime.min.replace(tzinfo=UTC)


def of_areas(conn: Connection, at: datetime) -> dict[str, str]:
    """The hash of the areas of each kind that hold at an instant; a kind without any is left out."""
    area = areas.area
    statement = select(area.c.kind, _digest(area)).where(holds(area, at)).group_by(area.c.kind)
    return {kind: _hexadecimal(bits) for kind, bits in conn.execute(statement)}


def of_layer(conn: Connection, revision: str, at: datetime) -> str:
    """The hash of the rows of another layer that hold at an instant; empty where there are none.

    Args:
        revision: of the layer, as ``COMPONENTS``.
    """
    table = TABLES[revision]
    found: str | None = conn.execute(select(_digest(table)).where(holds(table, at))).scalar_one()
    return _hexadecimal(found) if found else ""


def of_grids(conn: Connection, at: datetime) -> dict[int, str]:
    """The hash of each responsibility grid that holds at an instant, the code of its unit included, by identifier."""
    grid, unit = responsibility_grid, units.unit
    statement = (
        select(grid.c.id, func.md5(func.concat_ws("|", _row(grid), unit.c.code)).label("digest"))
        .join(unit, unit.c.id == grid.c.unit_id)
        .where(holds(grid, at))
    )
    return {row.id: row.digest for row in conn.execute(statement)}


def period(conn: Connection, revision: str, at: datetime) -> tuple[datetime, datetime | None]:
    """From when on and until before when the rows of a layer that hold at an instant are the very same ones."""
    table = areas.area if revision == areas.REVISION else TABLES[revision]
    begins, ends = table.c.valid_from, table.c.valid_to
    last = func.greatest(func.max(begins).filter(begins <= at), func.max(ends).filter(ends <= at))
    following = func.least(func.min(begins).filter(begins > at), func.min(ends).filter(ends > at))
    changes = or_(begins != ALWAYS, ends.is_not(None))
    since, until = conn.execute(select(last, following).where(changes)).one()
    return since or _EVER, until


def _hexadecimal(bits: str) -> str:
    return f"{int(bits, 2):032x}"


def _digest(table: Table) -> ColumnElement[Any]:
    """Of all rows together, in whatever order they come."""
    bits = cast(func.concat("x", func.md5(_row(table))), BIT(128))
    return cast(func.bit_xor(bits), Text)


def _row(table: Table) -> ColumnElement[Any]:
    """The content of one row as one text; what is long in its hash."""
    parts: list[Any] = []
    for column in table.c:
        if column.name in {"id", "valid_from", "valid_to"}:
            continue
        parts.append(func.md5(column) if column.name == "outline" else column)
    return func.concat_ws("|", *parts)
