"""Components near a point: manhole covers, lamps, trees; a million of them by the column."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Point, STRtree

from gis.arrangement import Geometries
from gis.coordinates import FloatArray
from gis.index.squares import Squares
from gis.places import NearComponent
from gis.plane import Plane
from gis.ragged import Ragged
from gis.texts import Arrays, Texts

_TEXTS = ("scheme", "category", "name", "name_en", "manager", "owner", "keeper", "state")
_AT_ONCE = 50_000
_SIDE = 30.0


class ComponentRow(NamedTuple):
    """A component as it comes from a store; its outline, a point or a polygon, as well-known binary in WGS-84 degrees."""

    code: str
    scheme: str
    category: str
    name: str
    name_en: str
    manager: str
    owner: str
    keeper: str
    state: str
    outline: bytes


@dataclass(frozen=True, slots=True, eq=False)
class ComponentTable:
    """Components by the column.

    Attributes:
        codes: in UTF-8, of shape (n,).
        texts: a column for each of the other texts of a `ComponentRow`, by its name.
        lons, lats: of its point in WGS-84 degrees, or of one inside its polygon, of shape (n,).
        areal: the rows of those that are polygons, ascending.
        outlines: the polygons of these.
    """

    codes: NDArray[np.bytes_]
    texts: Mapping[str, Texts]
    lons: FloatArray
    lats: FloatArray
    areal: NDArray[np.int64]
    outlines: Ragged

    @classmethod
    def of(cls, rows: Iterable[ComponentRow]) -> ComponentTable:
        """The table of some components; never more than some thousand of their outlines are held as objects."""
        codes: list[bytes] = []
        known: list[dict[str, int]] = [{} for _ in _TEXTS]
        which: list[list[int]] = [[] for _ in _TEXTS]
        points: list[FloatArray] = [np.empty((0, 2))]
        areal: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)]
        outlines = []
        iterator = iter(rows)
        while portion := list(islice(iterator, _AT_ONCE)):
            drawn = shapely.from_wkb(np.array([row.outline for row in portion], dtype=object))
            points.append(shapely.get_coordinates(shapely.point_on_surface(drawn)))
            extended = np.flatnonzero(shapely.get_dimensions(drawn) == 2)
            areal.append(extended + len(codes))
            if len(extended):
                outlines.append(Ragged.of(drawn[extended]))
            codes += [row.code.encode() for row in portion]
            for place, (texts, indices) in enumerate(zip(known, which, strict=True), start=1):
                indices += [texts.setdefault(str(row[place]), len(texts)) for row in portion]
        xy = np.concatenate(points)
        columns = {
            name: Texts(list(texts), np.array(indices, dtype=np.int32))
            for name, texts, indices in zip(_TEXTS, known, which, strict=True)
        }
        lons, lats = np.ascontiguousarray(xy[:, 0]), np.ascontiguousarray(xy[:, 1])
        held = np.array(codes, dtype=np.bytes_)
        return cls(held, columns, lons, lats, np.concatenate(areal), Ragged.joined(outlines))

    def __len__(self) -> int:
        return len(self.codes)

    def arrays(self) -> Arrays:
        """The table as arrays without objects."""
        found: Arrays = {"code": self.codes, "lon": self.lons, "lat": self.lats, "areal": self.areal}
        for name, texts in self.texts.items():
            found |= texts.arrays(name)
        return found | self.outlines.arrays("outline")

    @classmethod
    def stored(cls, arrays: Mapping[str, NDArray[Any]]) -> ComponentTable:
        """The table that `arrays` gave."""
        texts = {name: Texts.stored(arrays, name) for name in _TEXTS}
        outlines = Ragged.stored(arrays, "outline")
        return cls(arrays["code"], texts, arrays["lon"], arrays["lat"], arrays["areal"], outlines)

    def near(self, row: int, metres: float) -> NearComponent:
        """The component of a row, so many metres away."""
        texts = {name: self.texts[name][row] for name in _TEXTS}
        return NearComponent(code=self.codes[row].decode(), metres=metres, **texts)


class ComponentIndex:
    """Finds the components near a point; one that is a polygon is as far as its nearest point.

    Args:
        plane: in which distances are measured, and points are asked for.
    """

    def __init__(self, table: ComponentTable, plane: Plane) -> None:
        self._table = table
        east, north = plane.to_plane(table.lons, table.lats)
        pointlike = np.ones(len(table), dtype=np.bool_)
        pointlike[table.areal] = False
        self._rows = np.flatnonzero(pointlike)
        self._squares = Squares(east[pointlike], north[pointlike], _SIDE)

        def project(points: FloatArray) -> FloatArray:
            return np.column_stack(plane.to_plane(points[:, 0], points[:, 1]))

        self._polygons: Geometries = shapely.transform(table.outlines.geometries(), project)
        self._tree = STRtree(self._polygons)

    def near(
        self, east: float, north: float, metres: float, most: int, scheme: str = "", category: str = ""
    ) -> tuple[NearComponent, ...]:
        """The components within so many metres of a point of the plane, the nearest first, by code where equally far.

        Args:
            most: how many are given at most.
            scheme, category: only those of this category.
        """
        table = self._table
        near = [
            (math.sqrt(apart), int(self._rows[at])) for apart, at in self._squares.within(east, north, metres)
        ]
        if len(self._polygons):
            near += self._areal(east, north, metres)
            near.sort()
        if category:
            of_scheme, of_category = table.texts["scheme"], table.texts["category"]
            near = [(m, row) for m, row in near if of_category[row] == category and of_scheme[row] == scheme]
        return tuple([table.near(row, metres) for metres, row in near[:most]])

    def _areal(self, east: float, north: float, metres: float) -> list[tuple[float, int]]:
        box = shapely.box(east - metres, north - metres, east + metres, north + metres)
        boxes = self._tree.query(box)
        if not len(boxes):
            return []
        apart = shapely.distance(self._polygons[boxes], Point(east, north))
        near = apart <= metres
        return list(zip(apart[near].tolist(), self._table.areal[boxes[near]].tolist(), strict=True))
