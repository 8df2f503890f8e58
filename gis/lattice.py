"""The lattice: squares on the metric plane, and their corners in degrees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from gis.areas import SNAP_DECIMALS, Area
from gis.arrangement import Geometries, IntArray
from gis.coordinates import FloatArray
from gis.errors import LayerError
from gis.plane import Plane, plane_around

_MOST_SQUARES = 10_000_000


@dataclass(frozen=True)
class Lattice:
    """Squares of a side in metres; square (0, 0) has its south-west corner at the origin of the plane."""

    plane: Plane
    metres: float

    def squares_of(self, lon: FloatArray, lat: FloatArray) -> tuple[IntArray, IntArray]:
        """Column (from the west) and row (from the south) of the squares that hold points."""
        east, north = self.plane.to_plane(lon, lat)
        column = np.floor(east / self.metres).astype(np.int64)
        return column, np.floor(north / self.metres).astype(np.int64)

    def polyline(self, vertical: bool, at: float, start: float, end: float) -> LineString:
        """A line of the plane, vertical or horizontal at a coordinate in metres, in degrees.

        It has a vertex at every multiple of the side and reaches outward to the next, so lines that run along the same
        line of the lattice have the same vertices.
        """
        first, last = np.floor(start / self.metres), np.ceil(end / self.metres)
        along = np.arange(first, last + 1.0) * self.metres
        across = np.full_like(along, at)
        return LineString(self._degrees(across, along) if vertical else self._degrees(along, across))

    def edges_within(self, region: BaseGeometry) -> list[LineString]:
        """The sides of all squares that touch a region given in degrees.

        Raises:
            LayerError: there would be too many; names `cell_metres`.
        """
        west, south, east, north = shapely.bounds(shapely.transform(region, self.flat)) / self.metres
        # One more on each side, for a side of the region bends on the plane between its vertices.
        columns = np.arange(np.floor(west) - 1.0, np.ceil(east) + 2.0)
        rows = np.arange(np.floor(south) - 1.0, np.ceil(north) + 2.0)
        if len(columns) * len(rows) > _MOST_SQUARES:
            raise LayerError(
                f"{self.metres:g} m gives {len(columns) * len(rows)} squares.",
                field="cell_metres",
                hint=f"Give larger cells or fewer areas: at most {_MOST_SQUARES} squares are laid at once.",
            )
        x, y = np.meshgrid(columns * self.metres, rows * self.metres)
        nodes = self._degrees(x.ravel(), y.ravel()).reshape(len(rows), len(columns), 2)
        across = np.stack((nodes[:, :-1], nodes[:, 1:]), axis=2).reshape(-1, 2, 2)
        upward = np.stack((nodes[:-1], nodes[1:]), axis=2).reshape(-1, 2, 2)
        edges: Geometries = np.asarray(shapely.linestrings(np.concatenate((across, upward))), dtype=object)
        shapely.prepare(region)
        return list(edges[shapely.intersects(region, edges)])

    def _degrees(self, east: FloatArray, north: FloatArray) -> NDArray[np.float64]:
        lon, lat = self.plane.to_degrees(east, north)
        return np.asarray(np.round(np.column_stack((lon, lat)), SNAP_DECIMALS), dtype=np.float64)

    def flat(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Degrees to metres, shape (n, 2), as `shapely.transform` asks for it."""
        return np.column_stack(self.plane.to_plane(points[:, 0], points[:, 1]))

    def degrees(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Metres to degrees, rounded to the snap: the way back from `flat`."""
        return self._degrees(points[:, 0], points[:, 1])

    def square_metres(self, faces: Geometries) -> FloatArray:
        """The areas of polygons given in degrees."""
        return np.asarray(shapely.area(shapely.transform(faces, self.flat)), dtype=np.float64)


def lattice_over(areas: Sequence[Area], metres: float) -> Lattice:
    """A lattice on the plane of the zone in which areas lie."""
    west, _, east, _ = shapely.total_bounds(np.asarray([area.polygon for area in areas], dtype=object))
    return Lattice(plane_around((west + east) / 2.0), metres)
