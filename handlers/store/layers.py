"""Layers besides the areas: responsibility grids, components, roads and points of interest, each with the time it is valid.

Every outline is well-known binary, longitude and latitude in WGS-84. What is edited is not written over: the old row ends
(``valid_to``) at the instant at which the new one begins (``valid_from``), so that what held at any time can be asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    any_,
    bindparam,
    select,
    text,
)
from sqlalchemy.engine import Connection

from engine.store import units
from engine.store.metadata import identity, metadata
from engine.store.rows import Row
from handlers.store.validity import holds, portions, validity
from handlers.store.validity import next_change as _next_change

#: One revision for each table: what a process holds of one is read anew when that one changes.
RESPONSIBILITY_GRIDS = "responsibility_grids"
COMPONENTS = "components"
ROADS = "roads"
POINTS_OF_INTEREST = "points_of_interest"


responsibility_grid = Table(
    "responsibility_grid",
    metadata,
    identity(),
    # As the profession of a type of unit in the catalogue.
    Column("profession", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("unit_id", BigInteger, ForeignKey("unit.id"), nullable=False),
    # Where grids of one profession overlap, a lower number goes before a higher one.
    Column("rank", Integer, nullable=False, server_default="0"),
    Column("outline", LargeBinary, nullable=False),
    Column("made", Boolean, nullable=False),
    *validity(),
    UniqueConstraint("profession", "code", "valid_from"),
    Index("ix_responsibility_grid_valid", "profession", "code", postgresql_where=text("valid_to IS NULL")),
)

component = Table(
    "component",
    metadata,
    identity(),
    # 16 digits: 6 county + 2 major + 2 minor + 6 sequence.
    Column("code", Text, nullable=False),
    Column("scheme", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    # The three departments of a component: in charge of it, owner, keeper; codes of units where they are units, else names.
    Column("manager", Text, nullable=False, server_default=""),
    Column("owner", Text, nullable=False, server_default=""),
    Column("keeper", Text, nullable=False, server_default=""),
    Column("state", Text, nullable=False, server_default="normal"),  # normal | damaged | lost | removed
    Column("address", Text, nullable=False, server_default=""),
    # A point or a polygon.
    Column("outline", LargeBinary, nullable=False),
    Column("made", Boolean, nullable=False),
    *validity(),
    UniqueConstraint("code", "valid_from"),
)

road = Table(
    "road",
    metadata,
    identity(),
    Column("code", Text, nullable=False),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    # A line or several.
    Column("outline", LargeBinary, nullable=False),
    Column("made", Boolean, nullable=False),
    *validity(),
    UniqueConstraint("code", "valid_from"),
)

point_of_interest = Table(
    "point_of_interest",
    metadata,
    identity(),
    Column("code", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("lon", Double, nullable=False),
    Column("lat", Double, nullable=False),
    Column("made", Boolean, nullable=False),
    *validity(),
    UniqueConstraint("code", "valid_from"),
)


#: The table of each revision.
TABLES: Mapping[str, Table] = {
    RESPONSIBILITY_GRIDS: responsibility_grid,
    COMPONENTS: component,
    ROADS: road,
    POINTS_OF_INTEREST: point_of_interest,
}


def read_responsibility_grids(conn: Connection, at: datetime) -> Iterator[Row]:
    """The responsibility grids that hold at an instant with their ``unit_code``, by profession, rank and code."""
    grid = responsibility_grid
    yield from portions(
        conn,
        select(grid, units.unit.c.code.label("unit_code"))
        .join(units.unit, units.unit.c.id == grid.c.unit_id)
        .where(holds(grid, at))
        .order_by(grid.c.profession, grid.c.rank, grid.c.code),
    )


def read_grids(conn: Connection, ids: Sequence[int]) -> Iterator[Row]:
    """Responsibility grids by their identifiers, with their ``unit_code``."""
    grid = responsibility_grid
    yield from portions(
        conn,
        select(grid, units.unit.c.code.label("unit_code"))
        .join(units.unit, units.unit.c.id == grid.c.unit_id)
        .where(grid.c.id == any_(bindparam("ids", ids, type_=ARRAY(BigInteger)))),
    )


def read_components(conn: Connection, at: datetime) -> Iterator[Row]:
    """The components that hold at an instant, by code."""
    yield from _held(conn, component, at)


def read_roads(conn: Connection, at: datetime) -> Iterator[Row]:
    """The roads that hold at an instant, by code."""
    yield from _held(conn, road, at)


def read_points_of_interest(conn: Connection, at: datetime) -> Iterator[Row]:
    """The points of interest that hold at an instant, by code."""
    yield from _held(conn, point_of_interest, at)


def next_change(conn: Connection, revision: str, at: datetime) -> datetime | None:
    """The first instant after `at` at which other rows of a layer hold than at `at`; None if that never happens.

    Args:
        revision: of the layer, as ``RESPONSIBILITY_GRIDS``.
    """
    return _next_change(conn, TABLES[revision], at)


def _held(conn: Connection, table: Table, at: datetime) -> Iterator[Row]:
    yield from portions(conn, select(table).where(holds(table, at)).order_by(table.c.code))
