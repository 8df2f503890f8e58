"""Locating: from a point to the areas that hold it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Point, STRtree

from gis.areas import Area, Layers
from gis.arrangement import Geometries
from gis.codes import KINDS, STANDARD, CodeScheme
from gis.coordinates import FloatArray, checked
from gis.errors import LayerError
from gis.places import Named, Place

# A polygon of fewer points is tested as quickly as it is prepared.
_WORTH_PREPARING = 100
# An area whose parts fill all but this share of it needs no answer of its own.
_FILLED = 1e-9


class Locator:
    """Finds the areas that hold a point.

    The rule at borders: of all areas that hold or touch a point the smallest kind counts first (a cell before a
    community, a community before a street), and among the same kind the smallest code. So a point on the border of two cells, or
    on a corner of four, lies in exactly one of them, always the same.

    The other kinds follow from the code: a cell lies in the community, street and district that its digits name.

    Args:
        layers: the areas; every code must have those above it among them.
        scheme: how the codes are made.

    Raises:
        LayerError: an area lies in one that is missing; names `layers`.
    """

    def __init__(self, layers: Layers, scheme: CodeScheme = STANDARD) -> None:
        everything = layers.all()
        places = _places(everything, scheme)
        # Held in the order of precedence: the first area that covers a point is its place.
        answering = sorted(_answering(everything, scheme), key=lambda a: (-KINDS.index(a.kind), a.code))
        self._polygons: Geometries = np.asarray([area.polygon for area in answering], dtype=object)
        # The tree asks for boxes only: a test against a large outline is quick because the outline is prepared,
        # and is seldom made at all, for cells come first.
        large = shapely.get_num_coordinates(self._polygons) >= _WORTH_PREPARING
        shapely.prepare(self._polygons[large])
        self._places = [places[area.code] for area in answering]
        self._tree = STRtree(self._polygons)

    def locate(self, lon: float, lat: float) -> Place | None:
        """Where a point in WGS-84 lies; None outside the city.

        Raises:
            CoordinateError: names `lon` or `lat`.
        """
        # A float in range needs no arrays to say so; whatever else it is, `checked` gives the reason.
        if not (type(lon) is float and type(lat) is float and abs(lon) <= 180.0 and abs(lat) <= 90.0):
            x, y = checked(lon, lat)
            lon, lat = float(x), float(y)
        boxes: list[int] = self._tree.query(Point(lon, lat)).tolist()
        for index in sorted(boxes):
            if shapely.intersects_xy(self._polygons[index], lon, lat):
                return self._places[index]
        return None

    def locate_many(
        self, lons: FloatArray | Sequence[float], lats: FloatArray | Sequence[float]
    ) -> list[Place | None]:
        """Where each of many points in WGS-84 lies; the same as `locate` of each, some ten times as quick.

        Args:
            lons, lats: arrays or sequences of the shape (n,).

        Raises:
            CoordinateError: names `lon` or `lat`.
        """
        found = self._first(*checked(lons, lats))
        places = self._places
        return [places[index] if index >= 0 else None for index in found.tolist()]

    def _first(self, lons: FloatArray, lats: FloatArray) -> NDArray[np.int64]:
        points = np.column_stack((lons.ravel(), lats.ravel()))
        which, area = self._tree.query(shapely.points(points))
        hit = shapely.intersects_xy(self._polygons[area], points[which, 0], points[which, 1])
        first = np.full(len(points), len(self._places), dtype=np.int64)
        np.minimum.at(first, which[hit], area[hit])
        first[first == len(self._places)] = -1
        return first


def _places(areas: Sequence[Area], scheme: CodeScheme) -> dict[str, Place]:
    named = {area.code: Named(area.code, area.name, area.name_en, area.made) for area in areas}

    places = {}
    for area in areas:
        chain = []
        for kind in KINDS[: KINDS.index(area.kind) + 1]:
            code = area.code[: scheme.length(kind)]
            if code not in named:
                raise LayerError(
                    f"{area.code} lies in the {kind} {code}, which is missing.",
                    field="layers",
                    hint="Add it.",
                )
            chain.append(named[code])
        places[area.code] = Place(*chain)
    return places


def _answering(areas: Sequence[Area], scheme: CodeScheme) -> list[Area]:
    """Those areas that are not wholly filled by their own parts."""
    filled: dict[str, float] = {}
    for area in areas:
        parent = scheme.parent(area.code)
        if parent is not None:
            filled[parent] = filled.get(parent, 0.0) + float(area.polygon.area)
    return [a for a in areas if filled.get(a.code, 0.0) < float(a.polygon.area) * (1.0 - _FILLED)]
