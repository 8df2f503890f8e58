"""How quick the room `gis` is on this machine, in JSON lines and in processor time: one for each figure of the demonstration
city, and one for all figures of each of two made cities, of 70,000 and of 1,000,000 cells and as many components.

Run it in the checkout: ``python -m benchmarks.gis``, or ``--quick`` for the smaller made city alone.
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

import click
import numpy as np

from benchmarks.measuring.line import load, say, tell
from benchmarks.places import loading, locating, postgis, town
from gis.addresses import AddressIndex
from gis.coordinates import to_wgs84
from gis.index.areas import AreaIndex
from gis.index.components import ComponentIndex
from gis.index.landmarks import LandmarkIndex
from gis.index.locator import Locator
from gis.index.roads import RoadIndex
from gis.snapshot import load_snapshot, save_snapshot
from gis.xian import build_xian, xian_names

POINTS = 20_000
#: Cells of the made cities.
SIZES = (70_000, 1_000_000)


def measured(work: Callable[[], object]) -> float:
    """Seconds of processor time."""
    before = time.process_time()
    work()
    return time.process_time() - before


def report(figure: str, value: float, unit: str) -> None:
    """Print one figure."""
    sys.stdout.write(json.dumps({"figure": figure, "value": round(value, 3), "unit": unit}) + "\n")


@click.command()
@click.option("--quick", is_flag=True, help="Leave out the larger of the made cities.")
def main(quick: bool) -> None:
    """Measure everything once, each figure of repeated work as a median."""
    demonstration()
    for cells in SIZES[:1] if quick else SIZES:
        made_city(cells)


def made_city(cells: int) -> None:
    """Measure the index of a made city with as many components as cells."""
    say(f"a city of {cells} cells")
    made = town.town(cells, cells)
    components, roads = town.components(made, cells), town.roads(made)
    landmarks = town.landmarks(made, cells // 10)
    areas = AreaIndex(made.layers, town.zones(made))
    plane = areas.plane
    locator = Locator(
        areas,
        town.grids(made),
        ComponentIndex(components, plane),
        RoadIndex(roads, plane),
        LandmarkIndex(landmarks, plane),
    )
    figures: dict[str, object] = {"case": "city", "cells": len(areas.cells), "load_before": load()}
    figures |= locating.figures(made, locator)
    say("loading from files")
    with tempfile.TemporaryDirectory(prefix="gridcase-bench-") as folder:
        loading.save(made, components, roads, landmarks, Path(folder))
        figures |= loading.figures(Path(folder))
    programs = postgis.binaries()
    if programs is not None:
        say("PostGIS")
        figures |= postgis.figures(made, programs)
    tell(figures | {"load_after": load()})


def demonstration() -> None:
    """Measure the demonstration city."""
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
