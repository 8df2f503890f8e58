"""Made points of interest: a few that everybody knows, about where they are, and some in each community."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import shapely

from gis.areas import SNAP_DECIMALS, Area


class Known(NamedTuple):
    """A place that everybody knows, in degrees."""

    kind: str
    name: str
    name_en: str
    lon: float
    lat: float


class Usual(NamedTuple):
    """What communities usually have: its name follows that of the community; so many of a hundred have one."""

    kind: str
    name: str
    name_en: str
    share: int


@dataclass(frozen=True, slots=True)
class Landmark:
    """A point of interest, in degrees."""

    code: str
    kind: str
    name: str
    name_en: str
    lon: float
    lat: float


def make_landmarks(
    city: str, known: Sequence[Known], usual: Sequence[Usual], communities: Sequence[Area], seed: int
) -> tuple[Landmark, ...]:
    """Points of interest in communities.

    Args:
        city: the four digits with which codes of known places begin; others begin with that of their community.
        seed: the same gives the same points.
    """
    chance = np.random.default_rng(seed)
    famous = [
        Landmark(f"{city}00{number:04d}", one.kind, one.name, one.name_en, one.lon, one.lat)
        for number, one in enumerate(known, start=1)
    ]
    return (*famous, *(one for area in communities for one in _in_community(area, usual, chance)))


def _in_community(area: Area, usual: Sequence[Usual], chance: np.random.Generator) -> Iterator[Landmark]:
    name = area.name.removesuffix("居委会").removesuffix("社区")
    name_en = area.name_en.removesuffix(" Community")
    west, south, east, north = area.polygon.bounds
    for number, one in enumerate(usual, start=1):
        lon, lat = chance.uniform((west, south), (east, north)).round(SNAP_DECIMALS).tolist()
        if chance.uniform(0, 100) < one.share and shapely.contains_xy(area.polygon, lon, lat):
            code = f"{area.code}{number:02d}"
            yield Landmark(code, one.kind, f"{name}{one.name}", f"{name_en} {one.name_en}", lon, lat)
