"""Checking layers: areas that overlap, leave gaps, reach out of the one above or are slivers; everything in metres.

What is narrower than `EXACT` is the snap of coordinates and no finding. What is narrower than `NARROW` is a sliver, a
warning: two borders that were meant to be one. Anything wider is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from gis.arrangement import Geometries, IntArray, grouped, holders
from gis.plane import Plane, plane_around

Severity: TypeAlias = Literal["error", "warning", "information"]

#: Metres: narrower is exact, narrower is a sliver, narrower is too narrow for an area of its own.
EXACT, NARROW, THIN = 0.05, 0.5, 3.0
#: Square metres from which an overlap or a gap is told of.
LEAST_AREA = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """Something about a layer that somebody should look at.

    Attributes:
        rule: its kind: overlap, gap, sliver, outside, code, category, unit, uncovered.
        layer: the kind of layer.
        codes: of the things that it is about.
        text: in one sentence.
        lon, lat: where, if the place is known.
        square_metres: how large, where that says something.
        outline: the shape of it, in WGS-84.
    """

    severity: Severity
    rule: str
    layer: str
    codes: tuple[str, ...]
    text: str
    lon: float | None = None
    lat: float | None = None
    square_metres: float | None = None
    outline: BaseGeometry | None = None


class Ground:
    """The plane on which layers are checked.

    Args:
        outlines: of anything in the city, in WGS-84: they tell its zone.
    """

    def __init__(self, outlines: Geometries) -> None:
        bounds = shapely.total_bounds(outlines)
        self._plane: Plane = plane_around(float(np.nan_to_num((bounds[0] + bounds[2]) / 2.0)))

    def flat(self, outlines: Any) -> Any:
        """Outlines in metres; made valid where they are not, so that they can be compared."""
        moved = np.asarray(
            shapely.transform(
                outlines, lambda points: np.column_stack(self._plane.to_plane(points[:, 0], points[:, 1]))
            ),
            dtype=object,
        )
        wrong = ~shapely.is_valid(moved) & ~shapely.is_missing(moved)
        moved[wrong] = shapely.make_valid(moved[wrong])
        return moved

    def degrees(self, shape: BaseGeometry) -> BaseGeometry:
        """A shape in metres back in WGS-84."""
        moved: BaseGeometry = shapely.transform(
            shape, lambda points: np.column_stack(self._plane.to_degrees(points[:, 0], points[:, 1]))
        )
        return moved

    def finding(
        self, severity: Severity, rule: str, layer: str, codes: Sequence[str], text: str, shape: BaseGeometry
    ) -> Finding:
        """A finding with a shape in metres."""
        outline = self.degrees(shape)
        place = outline.representative_point()
        return Finding(
            severity, rule, layer, tuple(codes), text, place.x, place.y, float(shape.area), outline
        )


def width(shapes: Any) -> NDArray[np.float64]:
    """How wide shapes are: about the shorter side of a long one."""
    around = shapely.length(shapes)
    return np.asarray(2.0 * shapely.area(shapes) / np.where(around > 0.0, around, 1.0), dtype=np.float64)


def overlaps(
    ground: Ground, layer: str, codes: Sequence[str], flat: Geometries, severity: Severity = "error"
) -> Iterator[Finding]:
    """Areas of one layer that cover the same ground.

    Args:
        flat: the outlines in metres, shape (n,).
        severity: of one that is no sliver.
    """
    for first, second, shape in shared(flat):
        how = float(width(shape))
        text = f"{codes[first]} and {codes[second]} overlap by {shape.area:,.1f} m², {how:.2f} m wide"
        worst: Severity = "warning" if how < NARROW and severity == "error" else severity
        yield ground.finding(worst, "overlap", layer, (codes[first], codes[second]), text, shape)


def shared(flat: Geometries) -> Iterator[tuple[int, int, BaseGeometry]]:
    """The ground that two of several areas cover both, as pairs of indices with the shape; not what is exact."""
    left, right = STRtree(flat).query(flat)
    once = left < right
    left, right = left[once], right[once]
    # Neighbours are many, and touch along their borders only: their boxes overlap by next to nothing, or their insides not.
    boxes = shapely.bounds(flat)
    low, high = np.maximum(boxes[left, :2], boxes[right, :2]), np.minimum(boxes[left, 2:], boxes[right, 2:])
    wide = ((high - low) > EXACT).all(axis=1)
    left, right = left[wide], right[wide]
    both = shapely.relate_pattern(flat[left], flat[right], "2********")
    left, right = left[both], right[both]
    shapes = _areal(shapely.intersection(flat[left], flat[right]))
    for index in np.flatnonzero(_matters(shapes)).tolist():
        yield int(left[index]), int(right[index]), shapes[index]


def nesting(
    ground: Ground,
    layer: str,
    codes: Sequence[str],
    flat: Geometries,
    parents: Sequence[tuple[str, Any]],
    owner: IntArray,
) -> Iterator[Finding]:
    """Areas that reach out of the one above, and the gaps that they leave in it.

    Args:
        parents: code and outline in metres of each area above.
        owner: the index in `parents` of the one that each area should lie in, -1 where there is none.
    """
    for index, members in grouped(owner).items():
        if index < 0:
            continue
        code, whole = parents[index]
        shapely.prepare(whole)
        inside = shapely.covered_by(flat[members], whole)
        for member in members[~inside].tolist():
            yield from _outside(ground, layer, codes[member], flat[member], code, whole)
        left = shapely.difference(whole, shapely.union_all(flat[members]))
        for part in _parts(left):
            how = float(width(part))
            text = f"{code} has a gap of {part.area:,.1f} m² between its parts, {how:.2f} m wide"
            severity: Severity = "warning" if how < NARROW else "error"
            yield ground.finding(severity, "gap", layer, (code,), text, part)


def _outside(ground: Ground, layer: str, code: str, shape: Any, parent: str, whole: Any) -> Iterator[Finding]:
    out = _areal(np.array([shapely.difference(shape, whole)], dtype=object))
    if not _matters(out)[0]:
        return
    part = 100.0 * out[0].area / shape.area
    how = float(width(out[0]))
    text = f"{code} lies out of {parent} by {out[0].area:,.1f} m², {part:.1f} % of it"
    yield ground.finding(
        "warning" if how < NARROW else "error", "outside", layer, (code, parent), text, out[0]
    )


def slivers(ground: Ground, layer: str, codes: Sequence[str], flat: Geometries) -> Iterator[Finding]:
    """Areas that are too narrow to be ones of their own."""
    there = ~shapely.is_missing(flat)
    how = np.full(len(flat), np.inf)
    how[there] = width(flat[there])
    for index in np.flatnonzero(how < THIN).tolist():
        text = f"{codes[index]} is only {how[index]:.2f} m wide"
        yield ground.finding("warning", "sliver", layer, (codes[index],), text, flat[index])


def holes(ground: Ground, layer: str, flat: Geometries) -> Iterator[Finding]:
    """Ground that the areas of a layer enclose together, and that none of them covers."""
    whole = shapely.union_all(flat)
    rings = [ring for part in shapely.get_parts(whole) for ring in part.interiors]
    for part in shapely.polygons(rings) if rings else []:
        if part.area < LEAST_AREA:
            continue
        how = float(width(part))
        text = f"no {layer} covers {part.area:,.1f} m² between others, {how:.2f} m wide"
        yield ground.finding("warning" if how < NARROW else "error", "gap", layer, (), text, part)


def uncovered(
    ground: Ground, layer: str, code: str, city: BaseGeometry, flat: Geometries
) -> Iterator[Finding]:
    """Parts of a city that no area of a layer covers, as one finding.

    Args:
        code: of the layer, where there are several of the kind.
        city: in metres.
    """
    parts = list(_parts(shapely.difference(city, shapely.union_all(flat))))
    if parts:
        left = shapely.MultiPolygon(parts) if len(parts) > 1 else parts[0]
        share = 100.0 * left.area / city.area
        text = f"{code}: {left.area / 1e6:,.3f} km² of the city, {share:.1f} %, are nobody's, in {len(parts)} part(s)"
        yield ground.finding("information", "uncovered", layer, (code,), text, left)


def holding(outlines: Sequence[Any], shapes: Geometries) -> IntArray:
    """The index of the outline that holds each shape's middle, -1 where none does."""
    return holders(list(outlines), np.asarray(shapely.point_on_surface(shapes), dtype=object))


def _areal(shapes: Any) -> Geometries:
    """The areas among shapes: what is left of an intersection besides them are lines and points."""
    found = np.asarray(shapes, dtype=object)
    mixed = shapely.get_type_id(found) == shapely.GeometryType.GEOMETRYCOLLECTION
    for index in np.flatnonzero(mixed).tolist():
        parts = [one for one in shapely.get_parts(found[index]) if one.geom_type == "Polygon"]
        found[index] = shapely.MultiPolygon(parts)
    return found


def _matters(shapes: Geometries) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (shapely.area(shapes) >= LEAST_AREA) & (width(shapes) >= EXACT)
    return found


def _parts(shape: Any) -> Iterator[Any]:
    parts = _areal(shapely.get_parts(shape))
    yield from parts[_matters(parts)].tolist()
