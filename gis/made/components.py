"""Made components: lamps, covers, trees and the rest along made roads, each in its community, with 16 digits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from gis.areas import Area
from gis.arrangement import Geometries, IntArray, holders
from gis.codes import ComponentCode
from gis.coordinates import FloatArray
from gis.lattice import Lattice
from gis.made.roads import Road

#: No component stands nearer than this to where a road begins or ends.
_FROM_THE_END = 8.0
#: How far along a road a component is moved from where the spacing alone would put it, as a part of the spacing.
_SCATTER = 0.25
_SIDEWALK_METRES = 3.0


class Spacing(NamedTuple):
    """How components of a category stand along roads: metres between two of them, 0 for none there.

    Attributes:
        beside: metres from the middle of the road; they change sides from one to the next.
        length: of one of them along the road, in metres; 0 for a point.
    """

    category: str
    main: float
    lane: float
    beside: float
    length: float = 0.0


class InCommunity(NamedTuple):
    """How many components of a category a community has, away from roads; `side` is that of a square, 0 for a point."""

    category: str
    number: int
    side: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Component:
    """A component of the plane.

    Attributes:
        community: the code of the community in which it stands.
        road: the name of the road beside which it stands; empty where it stands beside none.
        outline: in degrees.
    """

    code: str
    category: str
    community: str
    road: str
    road_en: str
    outline: BaseGeometry


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    """Components of one category beside one road, or of one in a community: on the plane."""

    category: str
    road: Road | None
    outlines: Geometries


def make_components(
    roads: Sequence[Road],
    communities: Sequence[Area],
    spacings: Sequence[Spacing],
    inside: Sequence[InCommunity],
    lattice: Lattice,
    seed: int,
) -> tuple[Component, ...]:
    """Put components along roads and into communities, in the order of their codes.

    Within a district a category is numbered as it is laid: along one road after the other, then in the communities.

    Args:
        communities: outlines in degrees; there is nothing outside of them.
        seed: the same gives the same components.
    """
    chance = np.random.default_rng(seed)
    rows = [*_along(roads, spacings, chance), *_within(communities, inside, lattice, chance)]
    outlines = np.concatenate([row.outlines for row in rows])
    of = np.repeat(np.arange(len(rows)), [len(row.outlines) for row in rows])
    degrees = np.asarray(shapely.transform(outlines, lattice.degrees), dtype=object)
    holder = holders([area.polygon for area in communities], shapely.centroid(degrees))
    made = list(_numbered(rows, of, degrees, holder, communities))
    return tuple(sorted(made, key=lambda one: one.code))


def _numbered(
    rows: Sequence[_Row], of: IntArray, degrees: Geometries, holder: IntArray, communities: Sequence[Area]
) -> Iterator[Component]:
    counts: dict[tuple[str, str], int] = {}
    for row_index, outline, index in zip(of.tolist(), degrees.tolist(), holder.tolist(), strict=True):
        if index < 0:
            continue
        row, community = rows[row_index], communities[index].code
        key = community[:6], row.category
        number = counts[key] = counts.get(key, 0) + 1
        code = str(ComponentCode(key[0], row.category[:2], row.category[2:], number))
        name, name_en = (row.road.name, row.road.name_en) if row.road else ("", "")
        yield Component(code, row.category, community, name, name_en, outline)


def _along(roads: Sequence[Road], spacings: Sequence[Spacing], chance: np.random.Generator) -> Iterator[_Row]:
    for road in roads:
        for line in shapely.get_parts(road.line):
            (x0, y0), (x1, y1) = line.coords[0], line.coords[-1]
            for spacing in spacings:
                metres = spacing.main if road.main else spacing.lane
                places = _places(line.length, metres, chance) if metres else np.empty(0)
                if not len(places):
                    continue
                along = places / line.length
                side = spacing.beside * np.where(np.arange(len(places)) % 2, 1.0, -1.0)
                # To the left of the line: its direction turned by a quarter.
                left, up = (y0 - y1) / line.length, (x1 - x0) / line.length
                x, y = x0 + along * (x1 - x0) + side * left, y0 + along * (y1 - y0) + side * up
                yield _Row(spacing.category, road, _drawn(x, y, spacing.length, vertical=x0 == x1))


def _places(length: float, spacing: float, chance: np.random.Generator) -> FloatArray:
    """Distances along a line of some length."""
    first = chance.uniform(0.0, spacing)
    places = np.arange(first, length, spacing)
    places = places + chance.uniform(-_SCATTER, _SCATTER, len(places)) * spacing
    return np.asarray(places[(places > _FROM_THE_END) & (places < length - _FROM_THE_END)])


def _drawn(x: FloatArray, y: FloatArray, length: float, *, vertical: bool) -> Geometries:
    if not length:
        return np.asarray(shapely.points(x, y), dtype=object)
    across, along = _SIDEWALK_METRES / 2.0, length / 2.0
    east, north = (across, along) if vertical else (along, across)
    return np.asarray(shapely.box(x - east, y - north, x + east, y + north), dtype=object)


def _within(
    communities: Sequence[Area], inside: Sequence[InCommunity], lattice: Lattice, chance: np.random.Generator
) -> Iterator[_Row]:
    for community in communities:
        outline = shapely.transform(community.polygon, lattice.flat)
        for kind in inside:
            for x, y in _points_in(outline, kind.number, chance):
                half = kind.side / 2.0
                drawn = box(x - half, y - half, x + half, y + half) if kind.side else shapely.Point(x, y)
                yield _Row(kind.category, None, np.array([drawn], dtype=object))


def _points_in(outline: BaseGeometry, count: int, chance: np.random.Generator) -> list[tuple[float, float]]:
    """Points inside of an outline, at most as many as wanted: of twice as many drawn in its box those that it holds."""
    west, south, east, north = outline.bounds
    drawn: NDArray[np.float64] = chance.uniform((west, south), (east, north), (2 * count + 4, 2))
    held = drawn[shapely.contains_xy(outline, drawn[:, 0], drawn[:, 1])]
    return [(float(x), float(y)) for x, y in held[:count]]
