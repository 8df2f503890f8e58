"""Ragged arrays: outlines as plain arrays of points and of where each ring, polygon and outline ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon

from gis.areas import single
from gis.arrangement import Geometries
from gis.coordinates import FloatArray
from gis.texts import Arrays

# Outlines put together at once: what lies about meanwhile stays small.
_AT_ONCE = 50_000


class Ragged(NamedTuple):
    """Outlines taken apart: where each ring begins in the points, each polygon in the rings, each outline in the polygons.

    Each of the three begins with 0 and has one more element than there are rings, polygons or outlines.
    """

    points: FloatArray
    rings: NDArray[np.int64]
    polygons: NDArray[np.int64]
    outlines: NDArray[np.int64]

    @classmethod
    def of(cls, outlines: Geometries) -> Ragged:
        """Polygons and multipolygons taken apart."""
        parts, owner = shapely.get_parts(outlines, return_index=True)
        _, points, (rings, polygons) = shapely.to_ragged_array(parts)
        counts = np.bincount(owner, minlength=len(outlines))
        ends = np.concatenate(([0], np.cumsum(counts)))
        return cls(points, rings.astype(np.int64), polygons.astype(np.int64), ends.astype(np.int64))

    @classmethod
    def joined(cls, pieces: Sequence[Ragged]) -> Ragged:
        """The outlines of all pieces, one after another."""
        start = np.zeros(1, dtype=np.int64)
        if not pieces:
            return cls(np.empty((0, 2)), start, start, start)
        levels = []
        for level in (1, 2, 3):
            begin, joined = 0, [start]
            for piece in pieces:
                joined.append(np.asarray(piece[level][1:] + begin))
                begin += int(piece[level][-1])
            levels.append(np.concatenate(joined))
        return cls(np.concatenate([piece.points for piece in pieces]), *levels)

    def arrays(self, name: str) -> Arrays:
        """The four arrays, to be stored under a name."""
        return {f"{name}.{part}": array for part, array in zip(self._fields, self, strict=True)}

    @classmethod
    def stored(cls, arrays: Mapping[str, NDArray[Any]], name: str) -> Ragged:
        """What was stored under a name."""
        return cls(*(arrays[f"{name}.{part}"] for part in cls._fields))

    def geometries(self) -> Geometries:
        """The outlines, of shape (n,); one of a single part is a plain polygon."""
        parts = self._parts()
        alone = np.diff(self.outlines) == 1
        if np.all(alone):
            return parts
        found: Geometries = np.empty(len(self.outlines) - 1, dtype=object)
        found[alone] = parts[self.outlines[:-1][alone]]
        for index in np.flatnonzero(~alone).tolist():
            several = parts[self.outlines[index] : self.outlines[index + 1]].tolist()
            found[index] = single(several) if several else MultiPolygon()
        return found

    def _parts(self) -> Geometries:
        found: Geometries = np.empty(len(self.polygons) - 1, dtype=object)
        for at in range(0, len(found), _AT_ONCE):
            holders = self.polygons[at : at + _AT_ONCE + 1]
            held = self.rings[holders[0] : holders[-1] + 1]
            found[at : at + _AT_ONCE] = shapely.from_ragged_array(
                shapely.GeometryType.POLYGON,
                self.points[held[0] : held[-1]],
                (held - held[0], holders - holders[0]),
            )
        return found
