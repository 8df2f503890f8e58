"""Components near a point: manhole covers, lamps, trees; a million of them by the column."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.arrangement import Geometries
from gis.coordinates import FloatArray
from gis.index.squares import Boxes, Points, neighbours
from gis.places import NearComponent
from gis.plane import Plane
from gis.ragged import Ragged
from gis.texts import Arrays, Texts

# What many components have in common is held once for all of them.
_COMMON = ("scheme", "category", "manager", "owner", "keeper", "state")
_AT_ONCE = 50_000
# Rows of one square of so many degrees lie together.
_TOGETHER = 0.001
# About as far as is mostly asked for.
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
    """Components by the column; neighbours lie together in memory, for they are asked for together.

    Attributes:
        codes: in UTF-8, of shape (n,).
        common: scheme, category, manager, owner, keeper and state, each combination once.
        which: for each component the index of its combination, of shape (n,).
        lons, lats: of its point in WGS-84 degrees, or of one inside its polygon, of shape (n,).
        areal: the rows of those that are polygons.
        outlines: the polygons of these.
    """

    codes: NDArray[np.bytes_]
    names: Texts
    names_en: Texts
    common: Sequence[tuple[str, ...]]
    which: NDArray[np.int32]
    lons: FloatArray
    lats: FloatArray
    areal: NDArray[np.int64]
    outlines: Ragged

    @classmethod
    def of(cls, rows: Iterable[ComponentRow]) -> ComponentTable:
        """The table of some components; never more than some thousand of their outlines are held as objects."""
        codes: list[bytes] = []
        known: tuple[dict[str, int], dict[str, int]] = ({}, {})
        names: tuple[list[int], list[int]] = ([], [])
        common: dict[tuple[str, ...], int] = {}
        which: list[int] = []
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
            for row in portion:
                codes.append(row.code.encode())
                names[0].append(known[0].setdefault(row.name, len(known[0])))
                names[1].append(known[1].setdefault(row.name_en, len(known[1])))
                shared = (row.scheme, row.category, row.manager, row.owner, row.keeper, row.state)
                which.append(common.setdefault(shared, len(common)))
        lons, lats = np.concatenate(points).T
        order = neighbours(lons, lats, _TOGETHER)
        return cls(
            codes=np.array(codes, dtype=np.bytes_)[order],
            names=Texts(list(known[0]), np.array(names[0], dtype=np.int32)[order]),
            names_en=Texts(list(known[1]), np.array(names[1], dtype=np.int32)[order]),
            common=list(common),
            which=np.array(which, dtype=np.int32)[order],
            lons=lons[order],
            lats=lats[order],
            areal=np.argsort(order)[np.concatenate(areal)],
            outlines=Ragged.joined(outlines),
        )

    def __len__(self) -> int:
        return len(self.codes)

    def arrays(self) -> Arrays:
        """The table as arrays without objects."""
        found: Arrays = {"code": self.codes, "lon": self.lons, "lat": self.lats, "areal": self.areal}
        for place, name in enumerate(_COMMON):
            found |= Texts.of(shared[place] for shared in self.common).arrays(name)
        names = self.names.arrays("name") | self.names_en.arrays("name_en")
        return found | names | {"which": self.which} | self.outlines.arrays("outline")

    @classmethod
    def stored(cls, arrays: Mapping[str, NDArray[Any]]) -> ComponentTable:
        """The table that `arrays` gave."""
        common = [Texts.stored(arrays, name) for name in _COMMON]
        return cls(
            arrays["code"],
            Texts.stored(arrays, "name"),
            Texts.stored(arrays, "name_en"),
            list(zip(*common, strict=True)),
            arrays["which"],
            arrays["lon"],
            arrays["lat"],
            arrays["areal"],
            Ragged.stored(arrays, "outline"),
        )

    def near(self, row: int, metres: float) -> NearComponent:
        """The component of a row, so many metres away."""
        scheme, category, manager, owner, keeper, state = self.common[self.which.item(row)]
        return NearComponent(
            self.codes[row].decode(),
            scheme,
            category,
            self.names[row],
            self.names_en[row],
            manager,
            owner,
            keeper,
            state,
            metres,
        )


class ComponentIndex:
    """Finds the components near a point; one that is a polygon is as far as its nearest point.

    Args:
        plane: in which distances are measured, and points are asked for.
    """

    def __init__(self, table: ComponentTable, plane: Plane) -> None:
        self._table = table
        #: The schemes in which the categories of the components are numbered.
        self.schemes = frozenset(shared[0] for shared in table.common)
        east, north = plane.to_plane(table.lons, table.lats)
        pointlike = np.ones(len(table), dtype=np.bool_)
        pointlike[table.areal] = False
        self._rows = np.flatnonzero(pointlike).tolist() if len(table.areal) else None
        self._points = Points(east[pointlike], north[pointlike], _SIDE)

        def project(points: FloatArray) -> FloatArray:
            return np.column_stack(plane.to_plane(points[:, 0], points[:, 1]))

        self._polygons: Geometries = shapely.transform(table.outlines.geometries(), project)
        bounds = shapely.bounds(self._polygons).reshape(-1, 4)
        self._boxes = Boxes(bounds, near=_SIDE, side=_SIDE)
        self._bounds = bounds.reshape(-1).data

    def near(
        self,
        east: float,
        north: float,
        metres: float,
        most: int,
        categories: Container[tuple[str, str]] | None = None,
    ) -> tuple[NearComponent, ...]:
        """The components within so many metres of a point of the plane, the nearest first, by row where equally far.

        Args:
            most: how many are given at most.
            categories: only those of one of these, each as scheme and code.
        """
        table, rows = self._table, self._rows
        near = self._points.within(east, north, metres)
        if rows is not None:
            near = [(apart, rows[at]) for apart, at in near]
        areal = self._boxes.around(east, north, metres)
        if areal:
            near += self._areal(areal, east, north, metres)
            near.sort()
        if categories is not None:
            near = [one for one in near if table.common[table.which[one[1]]][:2] in categories]
        return tuple([table.near(row, math.sqrt(apart)) for apart, row in near[:most]])

    def _areal(self, boxes: list[int], east: float, north: float, metres: float) -> list[tuple[float, int]]:
        found: list[tuple[float, int]] = []
        point = None
        for at in boxes:
            west, south, wide, high = self._bounds[4 * at : 4 * at + 4].tolist()
            if west - east > metres or east - wide > metres or south - north > metres or north - high > metres:
                continue
            if point is None:
                (point,) = shapely.points(np.array([[east, north]]))
            # A method of the object itself takes a tenth of the time of a function of arrays.
            apart = self._polygons[at].distance(point)
            if apart <= metres:
                found.append((apart * apart, int(self._table.areal[at])))
        return found
