"""Map tiles: the squares into which web maps divide the world (Web Mercator), and vector tiles of points.

A vector tile is what Mapbox' specification 2 says: features by layer, their coordinates counted from the tile's upper left corner.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import mapbox_vector_tile
import numpy as np
import shapely

from gis.coordinates import FloatArray
from gis.errors import LayerError

MAX_ZOOM = 22
#: Into how many steps a tile's side is divided.
EXTENT = 4096

#: What a layer of tiles is made of.
Shape = Literal["Point", "MultiLineString", "MultiPolygon"]
#: What a point of a vector tile says of itself.
Properties = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile: its zoom, and its column and row counted from the north-west.

    Raises:
        LayerError: there is no such tile; names `tile`.
    """

    z: int
    x: int
    y: int

    def __post_init__(self) -> None:
        """See that there is such a tile."""
        if not (0 <= self.z <= MAX_ZOOM and 0 <= self.x < 1 << self.z and 0 <= self.y < 1 << self.z):
            raise LayerError(
                f"{self.z}/{self.x}/{self.y} is no tile.",
                field="tile",
                hint=f"Zooms go from 0 to {MAX_ZOOM}, columns and rows from 0 to two to the zoom.",
            )

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east and north in degrees."""
        return _lon(self.x, self.z), _lat(self.y + 1, self.z), _lon(self.x + 1, self.z), _lat(self.y, self.z)

    def steps(self, lons: FloatArray, lats: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Where points in WGS-84 lie: steps east and south of the upper left corner."""
        sine = np.sin(np.radians(lats))
        across = (lons + 180.0) / 360.0
        down = 0.5 - np.log((1.0 + sine) / (1.0 - sine)) / (4.0 * math.pi)
        side = float(1 << self.z)
        return (across * side - self.x) * EXTENT, (down * side - self.y) * EXTENT


def tile_of(lon: float, lat: float, z: int) -> Tile:
    """The tile of a zoom in which a point in WGS-84 lies."""
    last = (1 << z) - 1
    sine = math.sin(math.radians(lat))
    x = int((lon + 180.0) / 360.0 * (1 << z))
    y = int((0.5 - math.log((1.0 + sine) / (1.0 - sine)) / (4.0 * math.pi)) * (1 << z))
    return Tile(z, min(max(x, 0), last), min(max(y, 0), last))


def encoded(tile: Tile, layers: Mapping[str, Sequence[tuple[float, float, Properties]]]) -> bytes:
    """Points as a vector tile: for each layer (longitude, latitude, properties); empty if there is no point."""
    return bytes(
        mapbox_vector_tile.encode(
            [
                {"name": name, "features": _features(tile, points)}
                for name, points in layers.items()
                if points
            ],
            default_options={"extents": EXTENT, "y_coord_down": True},
        )
    )


def _features(tile: Tile, points: Sequence[tuple[float, float, Properties]]) -> list[dict[str, Any]]:
    places = np.array([(lon, lat) for lon, lat, _ in points], dtype=np.float64)
    across, down = tile.steps(places[:, 0], places[:, 1])
    geometries = [
        shapely.Point(at) for at in zip(np.round(across).tolist(), np.round(down).tolist(), strict=True)
    ]
    return [
        {"geometry": geometry, "properties": dict(properties)}
        for geometry, (_, _, properties) in zip(geometries, points, strict=True)
    ]


def _lon(x: int, z: int) -> float:
    return x / (1 << z) * 360.0 - 180.0


def _lat(y: int, z: int) -> float:
    return math.degrees(math.atan(math.sinh(math.pi * (1.0 - 2.0 * y / (1 << z)))))
