"""GeoJSON: a layer as a FeatureCollection (RFC 7946) for a map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.areas import Area
from gis.arrangement import Geometries
from gis.errors import LayerError

_METRES_A_DEGREE = 111_320.0
_MOST_METRES = 10_000.0


def feature_collection(
    areas: Sequence[Area], *, decimals: int = 6, simplify_metres: float = 0.0
) -> dict[str, Any]:
    """Areas as a FeatureCollection: plain dicts and lists, ready for any JSON writer.

    Each feature has the code as its `id`, and as properties code, name, name_en, kind and made. Outer rings run
    counter-clockwise.

    Args:
        areas: those of one layer, which do not overlap.
        decimals: digits after the point of a coordinate; six are about a decimetre.
        simplify_metres: leave out what is finer than this; neighbours keep the same border. 0 leaves all as it is.

    Raises:
        LayerError: names `decimals` or `simplify_metres`.
    """
    if not 0 <= decimals <= 15:
        raise LayerError(f"{decimals!r} is not between 0 and 15.", field="decimals", hint="Six are enough.")
    if not 0.0 <= simplify_metres <= _MOST_METRES:
        raise LayerError(
            f"{simplify_metres!r} is not between 0 and {_MOST_METRES:g}.",
            field="simplify_metres",
            hint="Give metres.",
        )
    outlines: Geometries = np.asarray([area.polygon for area in areas], dtype=object)
    if simplify_metres and len(outlines):
        outlines = np.asarray(shapely.coverage_simplify(outlines, simplify_metres / _METRES_A_DEGREE))
    oriented = shapely.orient_polygons(outlines)
    features = [_feature(area, outline, decimals) for area, outline in zip(areas, oriented, strict=True)]
    return {"type": "FeatureCollection", "features": features}


def _feature(area: Area, outline: Any, decimals: int) -> dict[str, Any]:
    polygons = [
        [_ring(shapely.get_coordinates(ring), decimals) for ring in shapely.get_rings(part)]
        for part in shapely.get_parts(outline)
    ]
    geometry = (
        {"type": "Polygon", "coordinates": polygons[0]}
        if len(polygons) == 1
        else {"type": "MultiPolygon", "coordinates": polygons}
    )
    properties = {
        "code": area.code,
        "name": area.name,
        "name_en": area.name_en,
        "kind": area.kind,
        "made": area.made,
    }
    return {"type": "Feature", "id": area.code, "properties": properties, "geometry": geometry}


def _ring(points: NDArray[np.float64], decimals: int) -> list[list[float]]:
    rounded: list[list[float]] = np.round(points, decimals).tolist()
    return rounded
