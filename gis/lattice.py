"""The lattice: squares on the metric plane, and their corners in degrees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString

from gis.areas import SNAP_DECIMALS, Outline
from gis.arrangement import Geometries, IntArray
from gis.coordinates import FloatArray
from gis.plane import Plane



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

    def edges_within(self, region: Outline) -> list[LineString]:
        """The sides of all squares that touch a region given in degrees."""
        west, south, east, north = shapely.bounds(region)
        margin = 1e-4
        corners = self.plane.to_plane(
            np.array([west, east, west, east, (west + east) / 2]) + np.array([-1, 1, -1, 1, 0]) * margin,
            np.array([south, south, north, north, north]) + np.array([-1, -1, 1, 1, 1]) * margin,
        )
        low = [int(np.floor(axis.min() / self.metres)) - 1 for axis in corners]
        high = [int(np.ceil(axis.max() / self.metres)) + 1 for axis in corners]
        columns, rows = np.arange(low[0], high[0] + 1), np.arange(low[1], high[1] + 1)
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

    def square_metres(self, faces: Geometries) -> FloatArray:
        """The areas of polygons given in degrees."""

        def flat(points: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.column_stack(self.plane.to_plane(points[:, 0], points[:, 1]))

        return np.asarray(shapely.area(shapely.transform(faces, flat)), dtype=np.float64)
