"""The road at a point."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Point, STRtree

from gis.arrangement import Geometries, IntArray
from gis.coordinates import FloatArray
from gis.places import Named
from gis.plane import Plane
from gis.texts import Arrays, Texts

#: A road farther away says nothing of a place.
NEAR_METRES = 60.0
# A long line is kept in pieces of so many segments: only those near a point are measured.
_SEGMENTS = 8
_METRES_A_DEGREE = 110_500.0


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
        plane: in which distances are measured.
    """

    def __init__(self, table: RoadTable, plane: Plane) -> None:
        self._table = table
        vertices, piece, line = _pieces(table.lines)
        self._owners = table.owners[line]
        degrees = table.points[vertices]
        east, north = plane.to_plane(degrees[:, 0], degrees[:, 1])
        self._pieces: Geometries = np.asarray(
            shapely.linestrings(np.column_stack((east, north)), indices=piece), dtype=object
        )
        # A point of the city is near a piece if it lies in the box of the piece, widened: then the very point that asks for
        # areas asks for roads. The diagonal of a box has the same box and fewer points.
        around = shapely.bounds(shapely.linestrings(degrees, indices=piece))
        high = NEAR_METRES / _METRES_A_DEGREE
        wide = high / np.cos(np.radians(np.abs(around[:, [1, 3]]).max(axis=1, initial=0.0) + high))
        diagonals = np.stack(
            (
                np.column_stack((around[:, 0] - wide, around[:, 1] - high)),
                np.column_stack((around[:, 2] + wide, around[:, 3] + high)),
            ),
            axis=1,
        )
        self._tree = STRtree(np.asarray(shapely.linestrings(diagonals), dtype=object))

    def nearest(self, point: Point, east: float, north: float) -> Named | None:
        """The nearest road to a point, given in WGS-84 degrees and in the plane; of several equally far the first in the table."""
        boxes = self._tree.query(point)
        if not len(boxes):
            return None
        boxes.sort()
        apart = shapely.distance(self._pieces[boxes], Point(east, north))
        nearest = int(apart.argmin())
        if apart[nearest] > NEAR_METRES:
            return None
        table, row = self._table, self._owners[boxes[nearest]]
        return Named(table.codes[row], table.names[row], table.names_en[row], bool(table.made[row]))


def _pieces(lines: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Lines cut into pieces of some segments, each beginning where the last one ended.

    Args:
        lines: for each vertex its line, ascending.

    Returns:
        the vertices of all pieces, for each of these its piece, and for each piece its line.
    """
    starts = np.flatnonzero(np.diff(lines, prepend=-1))
    counts = np.diff(np.append(starts, len(lines)))
    within = np.arange(len(lines)) - np.repeat(starts, counts)
    last = np.repeat((counts - 2) // _SEGMENTS, counts)
    own = np.minimum(within // _SEGMENTS, last)
    # The first vertex of a piece is also the last one of the piece before.
    shared = np.flatnonzero((within % _SEGMENTS == 0) & (own > 0) & (own * _SEGMENTS == within))
    vertices = np.concatenate((np.arange(len(lines)), shared))
    order = np.lexsort((vertices, np.concatenate((own, own[shared] - 1)), lines[vertices]))
    vertices = vertices[order]
    number = np.concatenate((own, own[shared] - 1))[order]
    changes = (np.diff(lines[vertices], prepend=-1) != 0) | (np.diff(number, prepend=-1) != 0)
    return vertices, np.cumsum(changes) - 1, lines[vertices][changes]
