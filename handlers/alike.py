"""Alike: the cases that are likely about the same problem, the nearest first."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from engine.store import attachments, cases
from engine.store.unit_of_work import UnitOfWork
from handlers import city

#: Another case of the same category within this distance and time is likely the same problem, where the catalogue does not know the category.
WITHIN_METRES, WITHIN_HOURS = 50, 24

_METRES_A_DEGREE = 111_320.0


@dataclass(frozen=True)
class Spot:
    """What a case is about and where.

    Attributes:
        lon, lat: WGS-84 degrees.
        platform_id: cases of other platforms are not alike.
        besides: a case that is left out; 0 for none.
    """

    scheme: str
    kind: str
    category: str
    lon: float
    lat: float
    platform_id: int
    besides: int = 0

    @classmethod
    def of(cls, case: Mapping[str, Any]) -> Spot:
        """That of a case document."""
        names = ("scheme", "kind", "category", "lon", "lat", "platform_id")
        return cls(**{name: case[name] for name in names}, besides=case["id"])


@dataclass(frozen=True)
class Alike:
    """A case that is likely about the same problem.

    Attributes:
        metres: how far it is.
        photo: the content hash of its first photograph of what was reported; None where it has none, or it was not asked for.
    """

    id: int
    number: str
    platform_id: int
    unit_id: int | None
    stage: str
    opened_at: datetime
    description: str
    metres: float
    photo: str | None = None


def alike(uow: UnitOfWork, spot: Spot, statuses: Sequence[str] = ("open", "closed")) -> list[Alike]:
    """Cases of the same category and platform near a spot that were reported of late, the nearest first.

    How near and how old they may be is said by the category.

    Args:
        statuses: of the cases that are looked at.
    """
    found = city.catalogue(uow).get(spot.scheme, spot.kind, spot.category)
    within = found.similar_metres if found else WITHIN_METRES
    hours = found.similar_hours if found else WITHIN_HOURS
    north = within / _METRES_A_DEGREE
    east = north / max(math.cos(math.radians(spot.lat)), 1e-6)
    rows = cases.near(
        uow.conn,
        scheme=spot.scheme,
        kind=spot.kind,
        category=spot.category,
        box=(spot.lon - east, spot.lat - north, spot.lon + east, spot.lat + north),
        since=uow.now - timedelta(hours=hours),
        besides=spot.besides,
        statuses=statuses,
    )
    here = (spot.lon, spot.lat)
    near = [
        _alike(row, metres)
        for row in rows
        if row["platform_id"] == spot.platform_id
        and (metres := metres_between(here, (row["lon"], row["lat"]))) <= within
    ]
    return sorted(near, key=lambda one: (one.metres, one.id))


def under_way(uow: UnitOfWork, spot: Spot, most: int) -> list[Alike]:
    """Those of `alike` that are open, so many at most, with their photographs."""
    found = alike(uow, spot, ("open",))[:most]
    photos = attachments.first_of(uow.conn, [one.id for one in found], "report") if found else {}
    return [replace(one, photo=photos.get(one.id)) for one in found]


def metres_between(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The distance of two points that are close together, (lon, lat) in degrees, good to a few per mille."""
    north = (other[1] - one[1]) * _METRES_A_DEGREE
    east = (other[0] - one[0]) * _METRES_A_DEGREE * math.cos(math.radians((one[1] + other[1]) / 2))
    return math.hypot(east, north)


def _alike(row: Mapping[str, Any], metres: float) -> Alike:
    names = ("id", "number", "platform_id", "unit_id", "stage", "opened_at", "description")
    return Alike(**{name: row[name] for name in names}, metres=metres)
