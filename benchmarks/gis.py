"""How quick the room `gis` is on this machine: one JSON line for each figure, in processor time.

Run it in the checkout: `python -m benchmarks.gis`.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from gis.addresses import AddressIndex
from gis.coordinates import to_wgs84
from gis.index.areas import AreaIndex
from gis.index.locator import Locator
from gis.snapshot import load_snapshot, save_snapshot
from gis.xian import build_xian, xian_names

POINTS = 20_000


def measured(work: Callable[[], object]) -> float:
    """Seconds of processor time."""
    before = time.process_time()
    work()
    return time.process_time() - before


def report(figure: str, value: float, unit: str) -> None:
    """Print one figure."""
    sys.stdout.write(json.dumps({"figure": figure, "value": round(value, 3), "unit": unit}) + "\n")


def main() -> None:
    """Measure everything once, each figure of repeated work as a median."""
    before = time.process_time()
    layers = build_xian()
    report("gis.build", time.process_time() - before, "s")
    report("gis.cells", len(layers.cells), "cells")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "layers.npz"
        report("gis.snapshot.save", measured(lambda: save_snapshot(layers, file)) * 1e3, "ms")
        loads = [measured(lambda: load_snapshot(file)) for _ in range(7)]
        report("gis.snapshot.load", statistics.median(loads) * 1e3, "ms")
    report("gis.locator.build", measured(lambda: Locator(AreaIndex(layers))) * 1e3, "ms")

    locator = Locator(AreaIndex(layers))
    rng = np.random.default_rng(3)
    lons, lats = rng.uniform(108.86, 109.02, POINTS), rng.uniform(34.23, 34.29, POINTS)
    locator.locate(float(lons[0]), float(lats[0]))
    singles = [
        measured(partial(locator.locate, x, y)) for x, y in zip(lons.tolist(), lats.tolist(), strict=True)
    ]
    report("gis.locate.p50", statistics.median(singles) * 1e6, "us")
    report("gis.locate.p95", statistics.quantiles(singles, n=20)[-1] * 1e6, "us")
    bulk = statistics.median(measured(lambda: locator.locate_many(lons, lats)) for _ in range(5))
    report("gis.locate_many", POINTS / bulk, "points/s")
    converted = statistics.median(measured(lambda: to_wgs84(lons, lats, "gcj02")) for _ in range(5))
    report("gis.to_wgs84.gcj02", POINTS / converted, "points/s")
    one = statistics.median(measured(lambda: to_wgs84(108.95, 34.26, "gcj02")) for _ in range(200))
    report("gis.to_wgs84.gcj02.p50", one * 1e6, "us")

    index = AddressIndex(xian_names(), layers)
    typed = ("民乐", "a", "社区", "碑林区柏树林街道马厂子社区12号", "x" * 100_000)
    worst = max(statistics.median(measured(partial(index.suggest, t)) for _ in range(21)) for t in typed)
    report("gis.suggest.slowest", worst * 1e3, "ms")


if __name__ == "__main__":
    main()
