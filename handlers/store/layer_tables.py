"""Where each kind of layer is stored, and by which revision processes learn that it changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Table, and_, func, literal, select, true, tuple_
from sqlalchemy.engine import Connection

from engine.store import units
from engine.store.rows import Row, every
from handlers.store import areas, layers
from handlers.store.drafts import Draft
from handlers.store.validity import holds, portions


@dataclass(frozen=True)
class StoredLayer:
    """The rows of one kind of layer.

    Attributes:
        table: where they are.
        key: the columns that say which thing a row is about.
        revision: raised when one changes.
        constants: columns by which they are told from the other kinds in the table.
    """

    table: Table
    key: tuple[str, ...]
    revision: str
    constants: Mapping[str, Any] = field(default_factory=dict)

    def draft(self, conn: Connection) -> Draft:
        """An empty draft of the layer."""
        return Draft(conn, self.table, self.key, self.constants)

    def read(self, conn: Connection, at: datetime) -> Iterator[Row]:
        """The rows that hold at an instant, by key; responsibility grids with their ``unit_code``."""
        columns = [column for column in self.table.c if column.name != "id"]
        statement = select(*columns).where(self._scope(), holds(self.table, at))
        if "unit_id" in self.table.c:
            statement = statement.add_columns(units.unit.c.code.label("unit_code")).join(
                units.unit, units.unit.c.id == self.table.c.unit_id
            )
        yield from portions(conn, statement.order_by(*(self.table.c[name] for name in self.key)))

    def rows_of(self, conn: Connection, **key: Any) -> list[Row]:
        """All rows of one thing, whenever they hold, the first first."""
        where = [self.table.c[name] == value for name, value in key.items()]
        return every(
            conn.execute(select(self.table).where(self._scope(), *where).order_by(self.table.c.valid_from))
        )

    def _scope(self) -> Any:
        return and_(true(), *(self.table.c[name] == value for name, value in self.constants.items()))


def _of_areas(kind: str) -> StoredLayer:
    return StoredLayer(areas.area, ("kind", "code"), areas.REVISION, {"kind": kind})


#: By the names that the command line has for them.
STORED: Mapping[str, StoredLayer] = {
    **{kind: _of_areas(kind) for kind in ("district", "street", "community", "zone", "cell")},
    "responsibility": StoredLayer(
        layers.responsibility_grid, ("profession", "code"), layers.RESPONSIBILITY_GRIDS
    ),
    "component": StoredLayer(layers.component, ("code",), layers.COMPONENTS),
    "road": StoredLayer(layers.road, ("code",), layers.ROADS),
    "poi": StoredLayer(layers.point_of_interest, ("code",), layers.POINTS_OF_INTEREST),
}


def orphans(conn: Connection, at: datetime, limit: int) -> list[Row]:
    """Areas that hold at an instant while the one above them does not: ``kind``, ``code`` and ``parent_code``, by code.

    The area above a district is the city, which has no row.
    """
    area, above = areas.area, areas.area.alias("above")
    kinds = ("street", "community", "cell")
    parents = ("district", "street", "community")
    lies_in = tuple_(above.c.kind, area.c.kind).in_(list(zip(parents, kinds, strict=True)))
    held = select(literal(1)).where(above.c.code == area.c.parent_code, lies_in, holds(above, at))
    statement = (
        select(area.c.kind, area.c.code, area.c.parent_code)
        .where(area.c.kind.in_(kinds), holds(area, at), ~held.exists())
        .order_by(func.length(area.c.code), area.c.code)
        .limit(limit)
    )
    return every(conn.execute(statement))
