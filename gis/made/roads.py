"""Made roads: some straight ones with names of the city, about where they run, and lanes between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import shapely
from shapely.geometry import LineString, MultiLineString
from shapely.geometry.base import BaseGeometry

from gis.areas import Area
from gis.lattice import Lattice

#: A lane runs along every fourth line of blocks.
_LANE_BLOCKS = 4
#: A lane that runs beside a main road nearer than this is none, and neither is one that is shorter.
_BESIDE_METRES, _SHORTEST_METRES = 80.0, 200.0
_DIGITS = "零一二三四五六七八九"


class Course(NamedTuple):
    """Where a main road runs, in degrees: along a meridian (``vertical``) or a parallel, from one end to the other."""

    name: str
    name_en: str
    vertical: bool
    at: float
    start: float
    end: float


@dataclass(frozen=True, slots=True, eq=False)
class Road:
    """A road on the lattice's plane.

    Attributes:
        main: whether it is more than a lane.
        line: in metres; every part of it runs along one line of the lattice.
    """

    code: str
    name: str
    name_en: str
    main: bool
    line: MultiLineString


def make_roads(
    city: str, courses: Sequence[Course], streets: Sequence[Area], lattice: Lattice
) -> tuple[Road, ...]:
    """Lay main roads, and lanes in each street (subdistrict) that are called after it and numbered.

    Args:
        city: the four digits with which codes of main roads begin; that of a lane begins with its street's.
        streets: outlines in degrees; there are no roads outside of them.
        lattice: its lines are those along which roads run.
    """
    flat = {street.code: shapely.transform(street.polygon, lattice.flat) for street in streets}
    covered = shapely.union_all(list(flat.values()), grid_size=0.01)
    main = list(_main(city, courses, covered, lattice))
    verges = shapely.buffer(np.asarray([road.line for road in main], dtype=object), _BESIDE_METRES)
    taken = shapely.union_all(verges)
    lanes = [lane for street in streets for lane in _lanes(street, flat[street.code], taken, lattice.metres)]
    return (*main, *lanes)


def _main(city: str, courses: Sequence[Course], covered: BaseGeometry, lattice: Lattice) -> Iterator[Road]:
    for number, course in enumerate(courses, start=1):
        ends = ((course.at, course.start), (course.at, course.end))
        points = lattice.flat(np.array(ends if course.vertical else [end[::-1] for end in ends]))
        axis = 0 if course.vertical else 1
        at = round(float(points[:, axis].mean()) / lattice.metres) * lattice.metres
        points[:, axis] = at
        line = _lines(LineString(points).intersection(covered))
        if not line.is_empty:
            yield Road(f"{city}00{number:04d}", course.name, course.name_en, True, line)


def _lanes(street: Area, outline: BaseGeometry, taken: BaseGeometry, block: float) -> Iterator[Road]:
    """Lanes from north to south, then from west to east."""
    step = block * _LANE_BLOCKS
    west, south, east, north = outline.bounds
    courses = [
        *(LineString([(west, y), (east, y)]) for y in _between(south, north, step)[::-1]),
        *(LineString([(x, south), (x, north)]) for x in _between(west, east, step)),
    ]
    number = 0
    for course in courses:
        line = _lines(course.intersection(outline).difference(taken))
        if line.is_empty:
            continue
        number += 1
        name = street.name.removesuffix("街道") + f"{_numeral(number)}巷"
        name_en = street.name_en.removesuffix(" Subdistrict") + f" Lane {number}"
        yield Road(f"{street.code}{number:03d}", name, name_en, False, line)


def _between(low: float, high: float, step: float) -> list[float]:
    return [float(one) for one in np.arange(np.ceil(low / step) * step, high, step)]


def _lines(found: BaseGeometry) -> MultiLineString:
    """The lines among the parts of a geometry that are long enough."""
    parts = shapely.get_parts(found)
    lines = [part for part in parts if part.geom_type == "LineString" and part.length >= _SHORTEST_METRES]
    return MultiLineString(lines)


def _numeral(number: int) -> str:
    """A number below 100 as it is written in names."""
    tens, ones = divmod(number, 10)
    written = ("" if tens == 1 else _DIGITS[tens]) + "十" if tens else ""
    return written + (_DIGITS[ones] if ones or not tens else "")
