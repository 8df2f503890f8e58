"""Responsibility grids of one profession: who answers at a point, and what a change of one of them moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from gis.areas import Outline
from gis.coordinates import FloatArray
from gis.plane import plane_around

#: Strips between neighbours that are narrower than this are told as gaps: nobody means them.
GAP_METRES = 20.0
#: What is smaller than this is a matter of rounding.
LEAST_SQUARE_METRES = 1.0


@dataclass(frozen=True, eq=False)
class Grid:
    """One responsibility grid as far as it decides who answers.

    Attributes:
        rank: where grids overlap, a lower one goes before a higher one; among equal ranks the smaller area does.
        unit: the code of the unit that answers in it.
        outline: in WGS-84.
    """

    code: str
    rank: int
    unit: str
    outline: Outline


class Coverage:
    """Who answers where: the grids of one profession in their order.

    Of all grids that hold or touch a point the one with the lowest rank answers, then the smallest, then the one with the lowest code.
    """

    def __init__(self, grids: Sequence[Grid]) -> None:
        self.grids = sorted(grids, key=lambda one: (one.rank, one.outline.area, one.code))
        self._tree = STRtree([one.outline for one in self.grids])

    def at(self, points: FloatArray) -> list[Grid | None]:
        """The grid that answers at each point.

        Args:
            points: longitude and latitude in WGS-84, of the shape (n, 2).
        """
        first = np.full(len(points), len(self.grids), dtype=np.int64)
        if len(points) and self.grids:
            point, grid = self._tree.query(shapely.points(points), predicate="intersects")
            np.minimum.at(first, point, grid)
        found: list[int] = first.tolist()
        return [self.grids[index] if index < len(self.grids) else None for index in found]


@dataclass(frozen=True, eq=False)
class Neighbour:
    """A grid that the changed one overlaps.

    Attributes:
        first: whether it answers there, before the changed one.
    """

    grid: Grid
    square_metres: float
    first: bool


@dataclass(frozen=True, eq=False)
class Fit:
    """How a changed grid lies among the others of its profession.

    Attributes:
        square_metres: its area.
        before: the area that it had, 0 for a new one.
        overlaps: the largest first.
        gaps: narrow strips between it and its neighbours which no grid covers, in WGS-84.
        gaps_square_metres: their area.
        abandoned: what it had and no grid has any more, in WGS-84.
        abandoned_square_metres: its area.
    """

    square_metres: float
    before: float
    overlaps: Sequence[Neighbour]
    gaps: BaseGeometry
    gaps_square_metres: float
    abandoned: BaseGeometry
    abandoned_square_metres: float


def fit(changed: Grid, others: Sequence[Grid], old: Outline | None, city: BaseGeometry) -> Fit:
    """See how a changed grid lies among the others.

    Args:
        others: of the same profession, the changed one not among them.
        old: the outline that it had.
        city: the outline of the city: what lies outside of it is no gap.
    """
    plane = plane_around(float(changed.outline.centroid.x))

    def flat(outline: BaseGeometry) -> BaseGeometry:
        return shapely.transform(outline, lambda at: np.column_stack(plane.to_plane(at[:, 0], at[:, 1])))

    def back(outline: BaseGeometry) -> BaseGeometry:
        return shapely.transform(outline, lambda at: np.column_stack(plane.to_degrees(at[:, 0], at[:, 1])))

    own = flat(changed.outline)
    reach = own.buffer(2 * GAP_METRES)
    boxes = shapely.transform(reach, lambda at: np.column_stack(plane.to_degrees(at[:, 0], at[:, 1])))
    before = flat(old) if old is not None else None
    near = [one for one in others if one.outline.intersects(boxes) or (old and one.outline.intersects(old))]
    flats = [flat(one.outline) for one in near]
    ground = flat(shapely.clip_by_rect(city, *_around(boxes, old)))
    covered = shapely.union_all([own, *flats])
    closed = covered.buffer(GAP_METRES / 2, join_style="mitre").buffer(-GAP_METRES / 2, join_style="mitre")
    gaps = _seen(closed.difference(covered).intersection(reach).intersection(ground))
    abandoned = (
        _seen(before.difference(covered).intersection(ground)) if before is not None else shapely.Polygon()
    )
    order = Coverage([changed, *near]).grids
    overlaps = [
        Neighbour(one, float(own.intersection(area).area), order.index(one) < order.index(changed))
        for one, area in zip(near, flats, strict=True)
    ]
    return Fit(
        square_metres=float(own.area),
        before=float(before.area) if before is not None else 0.0,
        overlaps=sorted(
            (one for one in overlaps if one.square_metres >= LEAST_SQUARE_METRES),
            key=lambda one: -one.square_metres,
        ),
        gaps=back(gaps),
        gaps_square_metres=float(gaps.area),
        abandoned=back(abandoned),
        abandoned_square_metres=float(abandoned.area),
    )


def _around(reach: BaseGeometry, old: Outline | None) -> NDArray[np.float64]:
    boxes = [reach.bounds, *([old.bounds] if old is not None else [])]
    both = np.array(boxes)
    return np.concatenate((both[:, :2].min(axis=0), both[:, 2:].max(axis=0)))


def _seen(geometry: BaseGeometry) -> BaseGeometry:
    """The parts of a geometry that are areas worth telling."""
    parts = [one for one in shapely.get_parts(geometry) if one.area >= LEAST_SQUARE_METRES]
    return shapely.union_all(parts) if parts else shapely.Polygon()
