"""Made responsibility grids: communities in groups that lie together, one group for one grid of a profession."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from gis.areas import Area, Outline, single
from gis.coordinates import FloatArray
from gis.lattice import Lattice


@dataclass(frozen=True, slots=True, eq=False)
class Duty:
    """A responsibility grid.

    Attributes:
        district: the six digits of its district.
        team: which of the profession's teams of the district works there, from 1.
        sequence: its number within the profession and district, from 1; for grids of one team they follow each other.
        communities: the codes of those of which it is made.
        outline: in degrees.
    """

    profession: str
    district: str
    team: int
    sequence: int
    communities: tuple[str, ...]
    outline: Outline


def make_duties(
    profession: str, communities: Sequence[Area], grids: int, teams: int, lattice: Lattice, widened: float
) -> list[Duty]:
    """Divide the communities of one district among the grids of a profession.

    Args:
        grids: how many, or as many as there are communities.
        teams: among how many the grids are divided.
        widened: metres by which the first grid of each team reaches over its border, as where two both sweep a road.
    """
    points = np.array(
        [lattice.flat(np.array(one.polygon.representative_point().coords))[0] for one in communities]
    )
    groups = _grouped(list(range(len(communities))), points, min(grids, len(communities)))
    district = communities[0].code[:6]
    whole = shapely.coverage_union_all([one.polygon for one in communities])
    duties, seen = [], set()
    for number, members in enumerate(groups):
        team = number * teams // len(groups) + 1
        outline = shapely.coverage_union_all([communities[index].polygon for index in members])
        if widened and team not in seen:
            outline = _widened(outline, whole, widened, lattice)
        seen.add(team)
        codes = tuple(sorted(communities[index].code for index in members))
        whole_outline = single(shapely.get_parts(outline).tolist())
        duties.append(Duty(profession, district, team, number + 1, codes, whole_outline))
    return duties


def _grouped(members: list[int], points: FloatArray, count: int) -> list[list[int]]:
    """Halve a group along its longer side again and again."""
    if count == 1:
        return [members]
    own = points[members]
    axis = int(np.argmax(np.ptp(own, axis=0)))
    order = [members[index] for index in np.lexsort((own[:, 1 - axis], own[:, axis])).tolist()]
    low = count // 2
    cut = round(len(order) * low / count)
    return _grouped(order[:cut], points, low) + _grouped(order[cut:], points, count - low)


def _widened(outline: BaseGeometry, whole: BaseGeometry, metres: float, lattice: Lattice) -> BaseGeometry:
    wider = shapely.buffer(
        shapely.transform(outline, lattice.flat), metres, join_style="mitre", mitre_limit=2.0
    )
    return shapely.intersection(shapely.transform(wider, lattice.degrees), whole)


def ring(west: float, south: float, east: float, north: float, metres: float, lattice: Lattice) -> Outline:
    """A strip around a box in degrees, as wide on each side, in metres: a park along a city wall."""
    flat = shapely.transform(box(west, south, east, north), lattice.flat)
    strip = flat.buffer(metres, join_style="mitre").difference(flat.buffer(-metres, join_style="mitre"))
    return single(shapely.get_parts(shapely.transform(strip, lattice.degrees)).tolist())
