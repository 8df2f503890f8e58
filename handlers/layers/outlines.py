"""Outlines of the layers that are stored: the box of the city, and when two of them are the same."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import shapely

from engine.store.unit_of_work import UnitOfWork
from gis.layers.outlines import Bounds, canonical
from handlers.store import areas

# A border is drawn anew by some metres now and then: an outline may reach so far out of the box of the city, in degrees.
_LEEWAY = 0.02


def city_bounds(uow: UnitOfWork, at: datetime) -> Bounds | None:
    """The box (west, south, east, north) in which the city lies, some two kilometres wider; None without districts."""
    outlines = [row["outline"] for row in areas.read(uow.conn, ["district"], at) if row["outline"]]
    if not outlines:
        return None
    west, south, east, north = shapely.total_bounds(shapely.from_wkb(outlines)).tolist()
    return (west - _LEEWAY, south - _LEEWAY, east + _LEEWAY, north + _LEEWAY)


def same_outline(one: bytes, other: bytes) -> bool:
    """Whether two stored outlines are the same: the same vertices, wherever their rings begin."""
    if not one or not other:
        return one == other
    first, second = canonical(np.asarray(shapely.from_wkb([one, other]), dtype=object))
    return bool(shapely.equals_identical(first, second))
