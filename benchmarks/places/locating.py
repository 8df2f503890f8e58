"""How quick the index of a made city answers, in processor time."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
import shapely
from shapely import STRtree

from benchmarks.places.town import Town
from gis.index.locator import Locator

_SINGLE = 5_000
_BULK = 100_000
_ROUNDS = 7


def figures(made: Town, locator: Locator) -> dict[str, float]:
    """Single points by everything that is known, and many points by cell beside the bare tree."""
    lons, lats = made.points(_SINGLE, 9)
    singles = [each(locator.locate, lon, lat) for lon, lat in zip(lons.tolist(), lats.tolist(), strict=True)]
    lons, lats = made.points(_BULK, 10)
    tree, points = STRtree(locator.areas.cells.polygons), shapely.points(lons, lats)
    # By turns, so that both have the same of whatever else the machine does.
    turns = [
        (seconds(lambda: locator.areas.first(lons, lats)), seconds(lambda: tree.query(points, "intersects")))
        for _ in range(_ROUNDS)
    ]
    own, bare = (statistics.median(turn[place] for turn in turns) for place in (0, 1))
    return {
        "locate_p50_us": statistics.median(singles) * 1e6,
        "locate_p95_us": float(np.percentile(singles, 95)) * 1e6,
        "bulk_per_s": _BULK / own,
        "bulk_ratio_to_strtree": bare / own,
    }


def each(work: Callable[[float, float], object], lon: float, lat: float) -> float:
    """Seconds of processor time for one point."""
    before = time.process_time_ns()
    work(lon, lat)
    return (time.process_time_ns() - before) / 1e9


def seconds(work: Callable[[], object]) -> float:
    """Seconds of processor time."""
    before = time.process_time()
    work()
    return time.process_time() - before
