"""The layers that seldom change, as files of vector tiles: which there are, and what each feature says of itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import shapely

from gis.tiles import Shape
from handlers.store import areas, layers

Row = Mapping[str, Any]
#: The rows of a layer that hold at an instant, and the next instant at which others do.
Read = Callable[[Any, datetime], Iterator[Row]]
NextChange = Callable[[Any, datetime], datetime | None]


@dataclass(frozen=True)
class Tileset:
    """A layer of the map that is kept as a file.

    Attributes:
        name: of the layer in its tiles, and of the file.
        shape: of its features.
        zooms: the first and the last that have tiles; nearer ones are drawn from the last, whose steps are a quarter of a metre.
        revision: of the data that it is made of.
        columns: what its features say of themselves.
    """

    name: str
    shape: Shape
    zooms: tuple[int, int]
    revision: str
    columns: tuple[str, ...]
    read: Read
    next_change: NextChange

    def feature(self, row: Row) -> tuple[bytes, tuple[str, ...]] | None:
        """The outline of a row as this layer shows it, and its columns; None for a row without an outline."""
        if self.name == "poi":
            outline = shapely.to_wkb(shapely.Point(row["lon"], row["lat"]))
        else:
            outline = bytes(row["outline"])
        if not outline:
            return None
        if self.shape == "Point" and self.name != "poi":
            outline = shapely.to_wkb(shapely.point_on_surface(shapely.from_wkb(outline)))
        return outline, tuple(_text(row[name]) for name in self.columns)


def _text(value: Any) -> str:
    return ("1" if value else "") if isinstance(value, bool) else str(value)


_NAMES = ("code", "name_zh", "name_en", "made")


def _areas(name: str, kinds: tuple[str, ...], shape: Shape, zooms: tuple[int, int]) -> Tileset:
    def read(conn: Any, at: datetime) -> Iterator[Row]:
        return areas.read(conn, kinds, at)

    def next_change(conn: Any, at: datetime) -> datetime | None:
        return areas.next_change(conn, at, kinds)

    columns = ("kind", *_NAMES) if len(kinds) > 1 else _NAMES
    return Tileset(name, shape, zooms, areas.REVISION, columns, read, next_change)


def _of(revision: str) -> NextChange:
    return lambda conn, at: layers.next_change(conn, revision, at)


#: By name, from what lies below to what lies above. Responsibility grids are none of them: they are drawn as they are edited.
TILESETS: Mapping[str, Tileset] = {
    one.name: one
    for one in (
        _areas("district", ("district",), "MultiPolygon", (7, 13)),
        _areas("street", ("street",), "MultiPolygon", (9, 14)),
        _areas("community", ("community",), "MultiPolygon", (11, 14)),
        _areas("zone", ("zone",), "MultiPolygon", (8, 14)),
        _areas("cell", ("cell",), "MultiPolygon", (14, 15)),
        Tileset(
            "road",
            "MultiLineString",
            (11, 15),
            layers.ROADS,
            _NAMES,
            layers.read_roads,
            _of(layers.ROADS),
        ),
        Tileset(
            "component",
            "Point",
            (14, 15),
            layers.COMPONENTS,
            (*_NAMES, "category", "state"),
            layers.read_components,
            _of(layers.COMPONENTS),
        ),
        Tileset(
            "poi",
            "Point",
            (13, 15),
            layers.POINTS_OF_INTEREST,
            (*_NAMES, "kind"),
            layers.read_points_of_interest,
            _of(layers.POINTS_OF_INTEREST),
        ),
        # Where the names of the areas stand: one point for each, for the parts of an area in several tiles would each have one.
        _areas("name", ("district", "street", "community", "zone"), "Point", (7, 14)),
    )
}
