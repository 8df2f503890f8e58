"""Where the cases of the demonstration lie: by components, and in cells, some of them again and again."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shapely import Point

from gis.areas import Area
from handlers import city
from handlers.areas import City
from handlers.demo.problems import SPOTS, Problem

#: This many places have more than their share of cases.
_HOT_SPOTS = 30
_HOT_SHARE = 0.35
#: About thirty metres.
_NEAR_DEGREES = 0.0003
#: About three metres: as good as a telephone knows where it is.
_STEP_DEGREES = 0.00003


@dataclass(frozen=True)
class Spot:
    """A place with an address as people would write it."""

    lon: float
    lat: float
    address: str


class Places:
    """Draws places.

    Args:
        chance: the source of all chance.
        known: the areas of the city, with cells.
        components: where those of a category stand (lon, lat).
    """

    def __init__(self, chance: random.Random, known: City, components: Mapping[str, Sequence[Point]]) -> None:
        self._chance, self._city, self._components = chance, known, components
        self._hot = chance.choices(known.layers.cells, k=_HOT_SPOTS)

    def draw(self, problem: Problem) -> Spot:
        """A place inside one of the cells; where a component is at fault, a step away from one of its category."""
        chance = self._chance
        standing = self._components.get(problem.category, ()) if problem.kind == "component" else ()
        if standing:
            at = chance.choice(standing)
            east, north = (chance.uniform(-_STEP_DEGREES, _STEP_DEGREES) for _ in range(2))
            return self._spot(round(at.x + east, 6), round(at.y + north, 6))
        cells = self._hot if chance.random() < _HOT_SHARE else self._city.layers.cells
        return self._spot(*self._inside(chance.choice(cells)))

    def near(self, spot: Spot) -> Spot:
        """A place a few steps away, with the same address."""
        chance = self._chance
        east, north = (chance.uniform(-_NEAR_DEGREES, _NEAR_DEGREES) for _ in range(2))
        place = self._city.locator.locate(spot.lon + east, spot.lat + north)
        on_grid = place is not None and place.cell is not None
        return Spot(spot.lon + east, spot.lat + north, spot.address) if on_grid else spot

    def _inside(self, cell: Area) -> tuple[float, float]:
        west, south, east, north = cell.polygon.bounds
        for _ in range(50):
            point = Point(self._chance.uniform(west, east), self._chance.uniform(south, north))
            if cell.polygon.contains(point):
                break
        else:
            point = cell.polygon.representative_point()
        return round(point.x, 6), round(point.y, 6)

    def _spot(self, lon: float, lat: float) -> Spot:
        place = self._city.locator.locate(lon, lat)
        names = city.address_of(place) if place else ""
        return Spot(lon, lat, names.replace("社区居委会", "社区") + self._chance.choice(SPOTS))
