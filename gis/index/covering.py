"""Which of some thousand outlines hold a point: most squares lie wholly inside of an outline or outside of it, and only where a border
passes is the outline itself looked at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.areas import Outline
from gis.arrangement import Geometries
from gis.coordinates import FloatArray
from gis.index.holding import holds
from gis.index.squares import Lattice

# Squares to an outline, in the mean: with more, fewer points are near a border, and the making takes longer.
_SQUARES = 40
# Degrees, the least width of a square; and what a border is wider by, that no rounding makes a point pass it.
_LEAST, _ROUNDED = 1e-5, 1e-9


class Covering:
    """Finds the outlines that hold a point; each holds its borders.

    Args:
        outlines: polygons in degrees.
    """

    def __init__(self, outlines: Sequence[Outline]) -> None:
        drawn: Geometries = np.empty(len(outlines), dtype=object)
        drawn[:] = outlines
        shapely.prepare(drawn)
        bounds = shapely.bounds(drawn).reshape(-1, 4)
        wide, high = bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1]
        side = max(_LEAST, float(np.sum(wide * high) / (_SQUARES * max(1, len(drawn)))) ** 0.5)
        self._lattice = lattice = Lattice(bounds[:, ::2].ravel(), bounds[:, 1::2].ravel(), side)
        outline, squares = lattice.spread(bounds, _ROUNDED)
        inside, border = _sorts(drawn, lattice, outline, squares)
        kept = np.flatnonzero(inside | border)
        order = kept[np.argsort(squares[kept], kind="stable")]
        entries = 2 * outline[order] + inside[order]
        # Through a view an element comes as a plain number, without numpy's own.
        self._views = lattice.starts(squares[order]).data, entries.data
        self._outlines = list(outlines)

    def at(self, lon: float, lat: float) -> list[int]:
        """The indices of the outlines that hold or touch a point, ascending."""
        starts, entries = self._views
        outlines, square = self._outlines, self._lattice.square(lon, lat)
        return [
            entry >> 1
            for entry in entries[starts[square] : starts[square + 1]].tolist()
            if entry & 1 or holds(outlines[entry >> 1], lon, lat)
        ]


def _sorts(
    drawn: Geometries, lattice: Lattice, outline: NDArray[np.int64], squares: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Of each pair of an outline and a square whether the square lies wholly inside, and whether a border passes through it."""
    points, owner = shapely.get_coordinates(drawn, return_index=True)
    begins = np.flatnonzero(owner[:-1] == owner[1:])
    # From the end of one ring to the beginning of the next is no border, and taken for one does no harm.
    starts, ends = points[begins], points[begins + 1]
    segments: FloatArray = np.column_stack((np.minimum(starts, ends), np.maximum(starts, ends)))
    which, passed = lattice.spread(segments, _ROUNDED)
    count = lattice.columns * lattice.rows
    border = np.isin(outline * count + squares, owner[begins[which]] * count + passed)
    rows, columns = np.divmod(squares, lattice.columns)
    # A square at the rim holds whatever lies beyond it too.
    border |= (rows == 0) | (rows == lattice.rows - 1) | (columns == 0) | (columns == lattice.columns - 1)
    inside = np.zeros(len(outline), dtype=np.bool_)
    sure = np.flatnonzero(~border)
    inside[sure] = shapely.intersects_xy(
        drawn[outline[sure]],
        lattice.west + (columns[sure] + 0.5) * lattice.side,
        lattice.south + (rows[sure] + 0.5) * lattice.side,
    )
    return inside, border
