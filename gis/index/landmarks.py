"""Points of interest: what an address is told by, "钟楼西南 80 米"."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gis.coordinates import FloatArray
from gis.index.squares import Points, neighbours
from gis.places import DIRECTIONS, Landmark
from gis.plane import Plane
from gis.texts import Arrays, Texts

#: A point of interest farther away says nothing of a place.
NEAR_METRES = 150.0
# Rows of one square of so many degrees lie together in memory.
_TOGETHER = 0.002


@dataclass(frozen=True, slots=True, eq=False)
class LandmarkTable:
    """Points of interest by the column.

    Attributes:
        lons, lats: degrees in WGS-84, of shape (n,).
    """

    codes: Texts
    names: Texts
    names_en: Texts
    lons: FloatArray
    lats: FloatArray

    @classmethod
    def of(cls, rows: Sequence[tuple[str, str, str, float, float]]) -> LandmarkTable:
        """The table of rows of code, name, name in Latin letters, longitude and latitude."""
        lons = np.array([row[3] for row in rows], dtype=np.float64)
        lats = np.array([row[4] for row in rows], dtype=np.float64)
        order = neighbours(lons, lats, _TOGETHER)
        codes, names, names_en = (Texts.of(str(rows[at][place]) for at in order) for place in range(3))
        return cls(codes, names, names_en, lons[order], lats[order])

    def arrays(self) -> Arrays:
        """The table as arrays without objects."""
        texts = self.codes.arrays("code") | self.names.arrays("name") | self.names_en.arrays("name_en")
        return texts | {"lon": self.lons, "lat": self.lats}

    @classmethod
    def stored(cls, arrays: Mapping[str, NDArray[Any]]) -> LandmarkTable:
        """The table that `arrays` gave."""
        codes, names, names_en = (Texts.stored(arrays, name) for name in ("code", "name", "name_en"))
        return cls(codes, names, names_en, arrays["lon"], arrays["lat"])


class LandmarkIndex:
    """Finds the nearest point of interest.

    Args:
        plane: in which distances are measured, and points are asked for.
    """

    def __init__(self, table: LandmarkTable, plane: Plane) -> None:
        self._table = table
        self._east, self._north = plane.to_plane(table.lons, table.lats)
        self._points = Points(self._east, self._north, NEAR_METRES / 2.0)

    def nearest(self, east: float, north: float) -> Landmark | None:
        """The nearest to a point of the plane, of several at the same distance the first in the table; None if none is near."""
        # Mostly there is one very near, and far fewer are looked at.
        points = self._points
        near = points.within(east, north, NEAR_METRES / 2.0) or points.within(east, north, NEAR_METRES)
        if not near:
            return None
        apart, row = near[0]
        table = self._table
        bearing = math.atan2(east - self._east[row], north - self._north[row])
        direction = round(bearing / (math.pi / 4.0)) % len(DIRECTIONS)
        return Landmark(table.codes[row], table.names[row], table.names_en[row], math.sqrt(apart), direction)
