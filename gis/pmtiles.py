"""PMTiles: one file that holds a layer as vector tiles of several zooms, of which a browser reads the parts that it shows.

GDAL makes the tiles: it cuts, simplifies and thins out what a tile could not hold.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw

from gis.errors import LayerError
from gis.tiles import Shape

_BOUNDS_AT = 102
_BOUNDS = struct.Struct("<4i")


def write(
    path: Path,
    layer: str,
    shape: Shape,
    outlines: Sequence[bytes],
    columns: Mapping[str, Sequence[str]],
    zooms: tuple[int, int],
) -> None:
    """Write a layer as a PMTiles file; a map shows the tiles of the last zoom on farther ones too.

    Args:
        path: of a new file.
        shape: of all outlines; a single line or polygon is taken for one of several.
        outlines: well-known binary, longitude and latitude in WGS-84; one at least.
        columns: the properties of the features, each as long as `outlines`.
        zooms: the first and the last.

    Raises:
        LayerError: GDAL cannot make the tiles; names `tiles`.
    """
    fields = [np.asarray(values, dtype=object) for values in columns.values()]
    options: dict[str, Any] = {"NAME": layer, "MINZOOM": str(zooms[0]), "MAXZOOM": str(zooms[1])}
    try:
        pyogrio.raw.write(
            path,
            geometry=np.asarray(outlines, dtype=object),
            field_data=fields,
            fields=list(columns),
            layer=layer,
            driver="PMTiles",
            geometry_type=shape,
            promote_to_multi=shape != "Point",
            crs="EPSG:4326",
            dataset_options=options,
        )
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, RuntimeError) as error:
        raise LayerError(
            f"the tiles of {layer} cannot be made: {error}",
            field="tiles",
            hint="See that the disk has room.",
        ) from error
    _widen(path)


def _widen(path: Path) -> None:
    """Give the bounds in the header a width and a height: a single point or a straight road has none, and no browser shows it.

    The header is that of PMTiles 3: west, south, east and north in 10^-7 degrees from byte 102 on.
    """
    with path.open("r+b") as file:
        file.seek(_BOUNDS_AT)
        west, south, east, north = _BOUNDS.unpack(file.read(_BOUNDS.size))
        file.seek(_BOUNDS_AT)
        file.write(_BOUNDS.pack(west, south, max(east, west + 1), max(north, south + 1)))
