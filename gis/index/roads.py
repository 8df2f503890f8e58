"""The road at a point."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.arrangement import IntArray
from gis.coordinates import FloatArray
from gis.index.squares import Boxes
from gis.places import Named
from gis.plane import Plane
from gis.texts import Arrays, Texts

#: A road farther away says nothing of a place.
NEAR_METRES = 60.0
# Metres. A longer segment is kept in parts: the box of a long one would lie in many squares that it is not near to.
_LONGEST = 120.0


@dataclass(frozen=True, slots=True, eq=False)
class RoadTable:
    """Roads by the column.

    Attributes:
        made: of shape (n,).
        points: of all their lines, longitude and latitude in WGS-84 degrees, of shape (m, 2).
        lines: for each point the line it belongs to, ascending, of shape (m,).
        owners: for each line the row of its road, ascending.
    """

    codes: Texts
    names: Texts
    names_en: Texts
    made: NDArray[np.bool_]
    points: FloatArray
    lines: IntArray
    owners: IntArray

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str, str, bool, bytes]]) -> RoadTable:
        """The table of rows of code, name, name in Latin letters, whether made, and well-known binary of a line or several."""
        held = list(rows)
        drawn = shapely.from_wkb(np.array([row[4] for row in held], dtype=object))
        parts, owners = shapely.get_parts(drawn, return_index=True)
        points, lines = shapely.get_coordinates(parts, return_index=True)
        codes, names, names_en = (Texts.of(str(row[place]) for row in held) for place in range(3))
        made = np.array([row[3] for row in held], dtype=np.bool_)
        return cls(codes, names, names_en, made, points, lines.astype(np.int64), owners.astype(np.int64))

    def arrays(self) -> Arrays:
        """The table as arrays without objects."""
        texts = self.codes.arrays("code") | self.names.arrays("name") | self.names_en.arrays("name_en")
        return texts | {"made": self.made, "points": self.points, "lines": self.lines, "owners": self.owners}

    @classmethod
    def stored(cls, arrays: Mapping[str, NDArray[Any]]) -> RoadTable:
        """The table that `arrays` gave."""
        codes, names, names_en = (Texts.stored(arrays, name) for name in ("code", "name", "name_en"))
        return cls(
            codes, names, names_en, arrays["made"], arrays["points"], arrays["lines"], arrays["owners"]
        )


class RoadIndex:
    """Finds the nearest road.

    Args:
        plane: in which distances are measured, and points are asked for.
    """

    def __init__(self, table: RoadTable, plane: Plane) -> None:
        self._table = table
        points = np.column_stack(plane.to_plane(table.points[:, 0], table.points[:, 1]))
        begins = np.flatnonzero(table.lines[:-1] == table.lines[1:])
        whole, starts, ends = _cut(points[begins], points[begins + 1])
        low, high = np.minimum(starts, ends), np.maximum(starts, ends)
        self._boxes = Boxes(np.column_stack((low, high)), near=NEAR_METRES, side=NEAR_METRES)
        self._owners: list[int] = table.owners[table.lines[begins[whole]]].tolist()
        # Side by side, for a segment is looked at as a whole; through a view, numbers come without numpy's own.
        self._segments = np.column_stack((starts, ends - starts)).reshape(-1).data

    def nearest(self, east: float, north: float) -> Named | None:
        """The nearest road to a point of the plane, of several equally far the first in the table; None if none is near."""
        segments = self._segments
        nearest, best = NEAR_METRES * NEAR_METRES, -1
        for at in self._boxes.around(east, north, NEAR_METRES):
            x, y, dx, dy = segments[4 * at : 4 * at + 4].tolist()
            x -= east
            y -= north
            # How far along the segment the nearest point is, from 0 at its beginning to the length squared at its end.
            along, length = -(x * dx + y * dy), dx * dx + dy * dy
            if along >= length:
                x += dx
                y += dy
            elif along > 0.0:
                along /= length
                x += along * dx
                y += along * dy
            apart = x * x + y * y
            if apart < nearest:
                nearest, best = apart, at
        if best < 0:
            return None
        table, row = self._table, self._owners[best]
        return Named(table.codes[row], table.names[row], table.names_en[row], bool(table.made[row]))


def _cut(starts: FloatArray, ends: FloatArray) -> tuple[IntArray, FloatArray, FloatArray]:
    """Segments cut into short ones.

    Args:
        starts, ends: of the segments in metres, of shape (n, 2).

    Returns:
        for each short one which segment it is a part of, its start and its end.
    """
    counts = np.maximum(1, np.ceil(np.hypot(*(ends - starts).T) / _LONGEST)).astype(np.int64)
    whole = np.repeat(np.arange(len(counts)), counts)
    number = np.arange(len(whole)) - np.repeat(np.cumsum(counts) - counts, counts)
    step = ((ends - starts) / counts[:, None])[whole]
    begin = starts[whole] + number[:, None] * step
    return whole, begin, begin + step
