"""A made city of any size: cells that share jittered borders, with components, roads and everything else over its middle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.area_table import AreaTable
from gis.areas import SNAP_DECIMALS, Area, Layers
from gis.coordinates import FloatArray
from gis.index.components import ComponentRow, ComponentTable
from gis.index.edited import EditedGrids, Grid
from gis.index.landmarks import LandmarkTable
from gis.index.roads import RoadTable
from gis.places import Responsible
from gis.ragged import Ragged
from gis.texts import Texts

WEST, SOUTH = 108.0, 33.5
#: The side of a cell in degrees, some hundred metres.
CELL = 0.001
# Cells of a community, communities of a street, each in a row of its square.
_COMMUNITY, _STREET = 30, 6
_PROFESSIONS = ("law", "sanitation", "municipal", "greenery", "gas")
# Degrees of the side of a responsibility grid; each overlaps its neighbours by a tenth.
_GRID = 0.0075
# The same of a development zone.
_ZONE = 0.05
_AROUND = ((0, 0), (1, 0), (2, 0), (2, 1), (2, 2), (1, 2), (0, 2), (0, 1), (0, 0))


@dataclass(frozen=True)
class Town:
    """The layers of a made city.

    Attributes:
        side: cells in a row of its square.
        middle: west, south, east and north of the part with components, roads and points of interest: about a thousand
            components on a square kilometre, as in a built-up city.
    """

    side: int
    layers: Layers
    middle: tuple[float, float, float, float]

    def points(self, count: int, seed: int) -> tuple[FloatArray, FloatArray]:
        """Longitudes and latitudes all over the middle."""
        rng = np.random.default_rng(seed)
        west, south, east, north = self.middle
        return rng.uniform(west, east, count), rng.uniform(south, north, count)


def town(cells: int, components: int) -> Town:
    """A city of about so many cells, with a middle for so many components."""
    side = int(cells**0.5)
    x, y = _vertices(2 * side + 1)
    layers = Layers(
        districts=_table("district", x, y, side, _squares(side, side)),
        streets=_table("street", x, y, _COMMUNITY * _STREET, _squares(side, _COMMUNITY * _STREET)),
        communities=_table("community", x, y, _COMMUNITY, _squares(side, _COMMUNITY)),
        cells=_table("cell", x, y, 1, _squares(side, 1)),
        cell_metres=100.0,
    )
    extent = side * CELL
    wide = min(extent, (components / 1000.0) ** 0.5 / 100.0)
    west, south = WEST + (extent - wide) / 2.0, SOUTH + (extent - wide) / 2.0
    return Town(side, layers, (west, south, west + wide, south + wide))


def _vertices(count: int) -> tuple[FloatArray, FloatArray]:
    """Longitude and latitude of corners and edge middles, each moved a little, by row and column."""
    rng = np.random.default_rng(1)
    x, y = np.meshgrid(np.arange(count) * CELL / 2.0 + WEST, np.arange(count) * CELL / 2.0 + SOUTH)
    x += rng.uniform(-0.15, 0.15, x.shape) * CELL
    y += rng.uniform(-0.15, 0.15, y.shape) * CELL
    moved = np.round(np.stack((x, y)), SNAP_DECIMALS)
    return moved[0], moved[1]


def _squares(side: int, size: int) -> NDArray[np.int64]:
    """Row and column, in cells, of the corner of each square of so many cells."""
    corners = np.arange(0, side, size)
    rows, columns = np.meshgrid(corners, corners, indexing="ij")
    return np.column_stack((rows.ravel(), columns.ravel()))


def _table(kind: str, x: FloatArray, y: FloatArray, size: int, squares: NDArray[np.int64]) -> AreaTable:
    codes = _codes(kind, squares, len(x) // 2)
    order = np.argsort(codes)
    rows = squares[order]
    outlines = _cells(x, y, rows) if kind == "cell" else _blocks(x, y, size, rows)
    names = Texts.of(f"{kind} {code[-3:].decode()}" for code in codes[order].tolist())
    return AreaTable(
        kind, codes[order], names, names, np.ones(len(codes), dtype=np.bool_), outlines.geometries()
    )


def _codes(kind: str, squares: NDArray[np.int64], side: int) -> NDArray[np.bytes_]:
    """Six digits of the district, three each of street, community and sequence, as far as the kind goes."""
    rows, columns = squares.T
    street = _COMMUNITY * _STREET
    digits = np.full(len(squares), 610101, dtype=np.int64)
    if kind != "district":
        digits = digits * 1000 + rows // street * -(-side // street) + columns // street + 1
    if kind in {"community", "cell"}:
        digits = digits * 1000 + rows % street // _COMMUNITY * _STREET + columns % street // _COMMUNITY + 1
    if kind == "cell":
        digits = digits * 1000 + rows % _COMMUNITY * _COMMUNITY + columns % _COMMUNITY + 1
    return digits.astype(f"S{len(str(digits[0]))}")


def _cells(x: FloatArray, y: FloatArray, rows: NDArray[np.int64]) -> Ragged:
    points = np.empty((len(rows), len(_AROUND), 2))
    for place, (right, up) in enumerate(_AROUND):
        at = (2 * rows[:, 0] + up, 2 * rows[:, 1] + right)
        points[:, place, 0], points[:, place, 1] = x[at], y[at]
    one_each = np.arange(len(rows) + 1)
    return Ragged(points.reshape(-1, 2), one_each * len(_AROUND), one_each, one_each)


def _blocks(x: FloatArray, y: FloatArray, size: int, rows: NDArray[np.int64]) -> Ragged:
    outlines = []
    for row, column in (2 * rows).tolist():
        block = slice(row, row + 2 * size + 1), slice(column, column + 2 * size + 1)
        outlines.append(shapely.Polygon(np.column_stack((_rim(x[block]), _rim(y[block])))))
    return Ragged.of(np.array(outlines, dtype=object))


def _rim(block: FloatArray) -> FloatArray:
    """The values around the rim of a block, counter-clockwise from its first one."""
    return np.concatenate((block[0, :-1], block[:-1, -1], block[-1, :0:-1], block[:0:-1, 0]))


def zones(made: Town) -> list[Area]:
    """Development zones over the middle that overlap a little, each with some sixty vertices."""
    west, south, east, north = made.middle
    corners = [
        (x, y) for x in np.arange(west, east, _ZONE).tolist() for y in np.arange(south, north, _ZONE).tolist()
    ]
    return [
        Area(
            cast("Any", "zone"),
            f"z{number}",
            f"zone {number}",
            shapely.segmentize(shapely.box(x, y, x + _ZONE * 1.1, y + _ZONE * 1.1), _ZONE / 14),
            True,
        )
        for number, (x, y) in enumerate(corners)
    ]


def grids(made: Town) -> EditedGrids:
    """Responsibility grids of five professions over the middle, each with some sixty vertices."""
    west, south, east, north = made.middle
    found: list[Grid] = []
    for profession in _PROFESSIONS:
        for x in np.arange(west, east, _GRID).tolist():
            for y in np.arange(south, north, _GRID).tolist():
                box = shapely.box(x - _GRID / 20, y - _GRID / 20, x + _GRID * 1.05, y + _GRID * 1.05)
                code = f"{profession}-{len(found):05d}"
                one = Responsible(profession, code, code, code, "610101", True)
                found.append(Grid(len(found), one, 0, shapely.segmentize(box, _GRID / 13)))
    return EditedGrids(found)


def components(made: Town, count: int) -> ComponentTable:
    """Components all over the middle, one in fifty of them an area of ten metres."""
    lons, lats = made.points(count, 2)
    points = np.asarray(shapely.to_wkb(shapely.points(lons, lats))).tolist()
    x, y = lons[::50], lats[::50]
    squares = shapely.to_wkb(shapely.box(x - 5e-5, y - 5e-5, x + 5e-5, y + 5e-5)).tolist()

    def rows() -> Iterator[ComponentRow]:
        for place in range(count):
            minor = f"01{place % 40:02d}"
            outline = squares[place // 50] if place % 50 == 0 else points[place]
            code = f"610101{minor}{place // 40 + 1:06d}"
            yield ComponentRow(
                code,
                "gb30428",
                minor,
                f"部件 {minor}",
                minor,
                f"m{place % 7}",
                f"o{place % 90}",
                "",
                "normal",
                outline,
            )

    return ComponentTable.of(rows())


def roads(made: Town) -> RoadTable:
    """Roads of some two kilometres in both directions, every 250 m over the middle."""
    west, south, east, north = made.middle
    rng = np.random.default_rng(3)
    step = np.linspace(0.0, 0.02, 40)
    rows: list[tuple[str, str, str, bool, bytes]] = []
    for x in np.arange(west, east, 0.02).tolist():
        for y in np.arange(south, north, 0.0025).tolist():
            lines = (
                (x + step, y + rng.normal(0, 2e-5, 40)),
                (x + (y - south) % 0.02 + rng.normal(0, 2e-5, 40), y + step),
            )
            for line in lines:
                code = f"r{len(rows)}"
                rows.append(
                    (
                        code,
                        f"路 {code}",
                        code,
                        True,
                        shapely.to_wkb(shapely.LineString(np.column_stack(line))),
                    )
                )
    return RoadTable.of(rows)


def landmarks(made: Town, count: int) -> LandmarkTable:
    """Points of interest all over the middle."""
    lons, lats = made.points(count, 4)
    rows = zip(range(count), lons.tolist(), lats.tolist(), strict=True)
    return LandmarkTable.of([(f"p{n}", f"点 {n}", f"poi {n}", lon, lat) for n, lon, lat in rows])
