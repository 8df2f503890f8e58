"""Locating: from a point to everything that the layers of a city know there."""

from __future__ import annotations

from collections.abc import Container, Sequence

import numpy as np
import shapely

from gis.arrangement import Geometries
from gis.coordinates import FloatArray, checked
from gis.index.areas import AreaIndex
from gis.index.components import ComponentIndex
from gis.index.edited import EditedGrids
from gis.index.landmarks import LandmarkIndex
from gis.index.roads import RoadIndex
from gis.places import Named, NearComponent, Place

#: How far components are looked for unless asked otherwise, and how many at most.
NEAR_METRES = 30.0
MOST_COMPONENTS = 8


class Locator:
    """Finds what there is at a point.

    Args:
        areas: decide whether a point lies in the city at all, and in which cell (see `AreaIndex` for the rule at borders).
        grids, components, roads, landmarks: what else is known; None for a layer that the city does not have. Those in
            which distances are measured must have the plane of `areas`.
    """

    def __init__(
        self,
        areas: AreaIndex,
        grids: EditedGrids | None = None,
        components: ComponentIndex | None = None,
        roads: RoadIndex | None = None,
        landmarks: LandmarkIndex | None = None,
    ) -> None:
        self.areas = areas
        self.plane = areas.plane
        self.grids = grids
        self.components = components
        self.roads = roads
        self.landmarks = landmarks

    def locate(
        self, lon: float, lat: float, *, metres: float = NEAR_METRES, most: int = MOST_COMPONENTS
    ) -> Place | None:
        """What there is at a point in WGS-84; None outside the city.

        Args:
            metres: how far components are looked for.
            most: how many of them are given at most.

        Raises:
            CoordinateError: names `lon` or `lat`.
        """
        # A float in range needs no arrays to say so; whatever else it is, `checked` gives the reason.
        if not (type(lon) is float and type(lat) is float and abs(lon) <= 180.0 and abs(lat) <= 90.0):
            x, y = checked(lon, lat)
            lon, lat = float(x), float(y)
        # An array of one costs half of what an object does, in the making as well as in each tree that it is asked of.
        point: Geometries = np.asarray(shapely.points(np.array([[lon, lat]])))
        index, zones = self.areas.at(point, lon, lat)
        return self._place(index, zones, point, lon, lat, metres, most) if index >= 0 else None

    def components_near(
        self,
        lon: float,
        lat: float,
        metres: float,
        most: int,
        categories: Container[tuple[str, str]] | None = None,
    ) -> tuple[NearComponent, ...]:
        """Components near a point in WGS-84, the nearest first.

        Args:
            categories: only those of one of these, each as scheme and code.
        """
        if self.components is None:
            return ()
        return self.components.near(*self.plane.point_to_plane(lon, lat), metres, most, categories)

    def locate_many(
        self,
        lons: FloatArray | Sequence[float],
        lats: FloatArray | Sequence[float],
        *,
        metres: float = NEAR_METRES,
        most: int = MOST_COMPONENTS,
    ) -> list[Place | None]:
        """What there is at each of many points in WGS-84; the same as `locate` of each, the areas some ten times as quick.

        Args:
            lons, lats: arrays or sequences of the shape (n,).

        Raises:
            CoordinateError: names `lon` or `lat`.
        """
        x, y = checked(lons, lats)
        x, y = x.ravel(), y.ravel()
        first, zones = self.areas.first(x, y), self.areas.zones(x, y)
        points: Geometries = np.asarray(shapely.points(np.column_stack((x, y))))
        return [
            self._place(index, held, points[at : at + 1], lon, lat, metres, most) if index >= 0 else None
            for at, (index, held, lon, lat) in enumerate(
                zip(first.tolist(), zones, x.tolist(), y.tolist(), strict=True)
            )
        ]

    def codes_of(
        self, lons: FloatArray | Sequence[float], lats: FloatArray | Sequence[float]
    ) -> list[str | None]:
        """The code of the cell of each of many points in WGS-84, None where there is no cell; for millions of points.

        Raises:
            CoordinateError: names `lon` or `lat`.
        """
        x, y = checked(lons, lats)
        first = self.areas.first(x.ravel(), y.ravel())
        cells = self.areas.cells.codes
        in_cell = (first >= 0) & (first < len(cells))
        codes: list[str | None] = [None] * len(first)
        for point, code in zip(np.flatnonzero(in_cell).tolist(), cells[first[in_cell]].tolist(), strict=True):
            codes[point] = code.decode()
        return codes

    def _place(
        self,
        index: int,
        zones: tuple[Named, ...],
        point: Geometries,
        lon: float,
        lat: float,
        metres: float,
        most: int,
    ) -> Place:
        """The place of an index of the areas, with what the other layers know of a point in it."""
        around, cell = self.areas.place(index)
        grids, components, roads, landmarks = self.grids, self.components, self.roads, self.landmarks
        east, north = self.plane.point_to_plane(lon, lat) if components or roads or landmarks else (0.0, 0.0)
        return Place(
            around.district,
            around.street,
            around.community,
            cell,
            zones,
            grids.at(lon, lat) if grids else (),
            components.near(east, north, metres, most) if components else (),
            roads.nearest(east, north) if roads else None,
            landmarks.nearest(east, north) if landmarks else None,
        )
