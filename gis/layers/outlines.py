"""Outlines as they come from outside: what may be wrong with one, and the one form in which it is kept.

Everything here is in degrees of WGS-84, longitude first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.areas import SNAP_DECIMALS
from gis.arrangement import Geometries

#: What the outlines of a layer may be.
Shape: TypeAlias = Literal["polygon", "line", "point"]
#: What may be wrong with one.
Fault: TypeAlias = Literal["missing", "type", "vertices", "range", "swapped", "outside", "invalid"]
Bounds: TypeAlias = tuple[float, float, float, float]

#: An outline of more vertices is refused: the finest borders of districts have a tenth of them.
MAX_VERTICES = 200_000

#: Mainland China and the seas around it: a point that lies here only when its coordinates are exchanged has them exchanged.
CHINA: Bounds = (72.0, 0.8, 138.0, 56.0)

_SHAPES: dict[int, Shape] = {
    shapely.GeometryType.POINT: "point",
    shapely.GeometryType.LINESTRING: "line",
    shapely.GeometryType.LINEARRING: "line",
    shapely.GeometryType.MULTILINESTRING: "line",
    shapely.GeometryType.POLYGON: "polygon",
    shapely.GeometryType.MULTIPOLYGON: "polygon",
}
_METRES_A_DEGREE = 111_320.0


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with one of several outlines.

    Attributes:
        index: of the outline.
        fault: the kind of it.
        text: what is wrong and what to do, without a full stop.
        lon, lat: where, if the place is known.
    """

    index: int
    fault: Fault
    text: str
    lon: float | None = None
    lat: float | None = None


def canonical(outlines: Geometries) -> Geometries:
    """The form in which outlines are kept: the same shape always has the same bytes.

    Heights are dropped, coordinates rounded to `SNAP_DECIMALS`, rings and parts put in one order, and a multiple geometry of
    one part becomes that part. Missing ones stay missing.
    """
    flat = shapely.transform(shapely.force_2d(outlines), lambda points: np.round(points, SNAP_DECIMALS))
    several = (shapely.get_type_id(flat) >= shapely.GeometryType.MULTIPOINT) & (
        shapely.get_num_geometries(flat) == 1
    )
    flat[several] = shapely.get_geometry(flat[several], 0)
    return np.asarray(shapely.normalize(flat), dtype=object)


def flaws(
    outlines: Geometries,
    shapes: tuple[Shape, ...],
    city: Bounds | None = None,
    *,
    may_miss: bool = False,
) -> Iterator[Flaw]:
    """What is wrong with outlines, the first fault of each in the order of `Fault`.

    Args:
        outlines: shape (n,); None where there is none.
        shapes: what they may be.
        city: the box (west, south, east, north) that they must lie in; without one they may lie anywhere on earth.
        may_miss: whether an outline may be missing.
    """
    sound = np.ones(len(outlines), dtype=np.bool_)
    for found in (
        [] if may_miss else _missing(outlines),
        _of_wrong_type(outlines, shapes),
        _too_fine(outlines),
    ):
        for flaw in found:
            sound[flaw.index] = False
            yield flaw
    sound &= ~(shapely.is_missing(outlines) | shapely.is_empty(outlines))
    where = np.flatnonzero(sound)
    placed = list(_misplaced(outlines, where, city))
    sound[[flaw.index for flaw in placed]] = False
    yield from placed
    yield from _invalid(outlines, np.flatnonzero(sound))


def _missing(outlines: Geometries) -> Iterator[Flaw]:
    for index in np.flatnonzero(shapely.is_missing(outlines) | shapely.is_empty(outlines)).tolist():
        yield Flaw(index, "missing", "there is no outline: give the feature a geometry")


def _of_wrong_type(outlines: Geometries, shapes: tuple[Shape, ...]) -> Iterator[Flaw]:
    types = shapely.get_type_id(outlines)
    # Empty and missing ones are another matter.
    there = ~(shapely.is_missing(outlines) | shapely.is_empty(outlines))
    single = np.where(_is_single_multipoint(outlines, types), shapely.GeometryType.POINT, types)
    fitting = [number for number, shape in _SHAPES.items() if shape in shapes]
    for index in np.flatnonzero(there & ~np.isin(single, fitting)).tolist():
        name = shapely.GeometryType(types[index]).name.lower()
        yield Flaw(index, "type", f"it is a {name}, and must be a {' or a '.join(shapes)}")


def _is_single_multipoint(outlines: Geometries, types: NDArray[np.integer]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (types == shapely.GeometryType.MULTIPOINT) & (
        shapely.get_num_geometries(outlines) == 1
    )
    return found


def _too_fine(outlines: Geometries) -> Iterator[Flaw]:
    counts = shapely.get_num_coordinates(outlines)
    for index in np.flatnonzero(counts > MAX_VERTICES).tolist():
        yield Flaw(
            index,
            "vertices",
            f"it has {counts[index]:,} vertices, and at most {MAX_VERTICES:,} are taken: simplify it, or divide it into parts",
        )


def _misplaced(outlines: Geometries, where: NDArray[np.intp], city: Bounds | None) -> Iterator[Flaw]:
    points, owner = shapely.get_coordinates(outlines[where], return_index=True)
    endless = np.zeros(len(where), dtype=np.bool_)
    endless[owner[~np.isfinite(points).all(axis=1)]] = True
    for index in where[endless].tolist():
        yield Flaw(index, "range", "a coordinate is no number: give decimal degrees or metres")
    where = where[~endless]
    boxes = shapely.bounds(outlines[where])
    frame = city or (-180.0, -90.0, 180.0, 90.0)
    for index, box in zip(where[~_within(boxes, frame)].tolist(), boxes[~_within(boxes, frame)], strict=True):
        yield _placed_wrong(index, box, city)


def _within(boxes: NDArray[np.float64], frame: Bounds) -> NDArray[np.bool_]:
    west, south, east, north = frame
    found: NDArray[np.bool_] = (
        (boxes[:, 0] >= west) & (boxes[:, 1] >= south) & (boxes[:, 2] <= east) & (boxes[:, 3] <= north)
    )
    return found


def _placed_wrong(index: int, box: NDArray[np.float64], city: Bounds | None) -> Flaw:
    lon, lat = float((box[0] + box[2]) / 2.0), float((box[1] + box[3]) / 2.0)
    place = f"{lon:.6f}, {lat:.6f}"
    if _within(box[[1, 0, 3, 2]][None], city or CHINA)[0]:
        text = f"{place} has longitude and latitude exchanged: the first coordinate is the longitude (east)"
        return Flaw(index, "swapped", text, lon, lat)
    if abs(lon) > 180.0 or abs(lat) > 90.0 or city is None:
        text = f"{place} is no longitude and latitude: name the reference system of the coordinates"
        return Flaw(index, "range", text, lon, lat)
    off = _metres_between(box, city) / 1000.0
    text = f"{place} reaches {off:,.1f} km out of the city: check the coordinates and their reference system"
    return Flaw(index, "outside", text, lon, lat)


def _metres_between(box: NDArray[np.float64], city: Bounds) -> float:
    """How far a box reaches out of another, along the axis where that is more."""
    east = max(city[0] - box[0], box[2] - city[2], 0.0) * float(np.cos(np.radians(city[1])))
    north = max(city[1] - box[1], box[3] - city[3], 0.0)
    return float(max(east, north)) * _METRES_A_DEGREE


def _invalid(outlines: Geometries, where: NDArray[np.intp]) -> Iterator[Flaw]:
    for index in where[~shapely.is_valid(outlines[where])].tolist():
        # As GEOS says it: Self-intersection[108.9 34.2]
        reason, _, place = str(shapely.is_valid_reason(outlines[index])).partition("[")
        at = [float(number) for number in place.rstrip("]").split()[:2]]
        where_it_is = f" at {at[0]:.6f}, {at[1]:.6f}" if len(at) == 2 else ""
        text = f"the outline is not valid ({reason.lower()}{where_it_is}): draw it so that it neither crosses nor touches itself"
        lon, lat = (at[0], at[1]) if len(at) == 2 else (None, None)
        yield Flaw(index, "invalid", text, lon, lat)
