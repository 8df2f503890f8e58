"""How long a process takes to load the index from its files, and how much memory it has then.

Run in a process of its own, ``python -m benchmarks.places.loading FOLDER``: prints a line of JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.measuring.line import tell
from benchmarks.places.town import Town
from gis.area_table import AreaTable
from gis.areas import Layers
from gis.codes import KINDS
from gis.index.areas import AreaIndex
from gis.index.components import ComponentIndex, ComponentTable
from gis.index.landmarks import LandmarkIndex, LandmarkTable
from gis.index.locator import Locator
from gis.index.roads import RoadIndex, RoadTable
from gis.snapshot import load_arrays, save_arrays


def save(
    made: Town, components: ComponentTable, roads: RoadTable, landmarks: LandmarkTable, folder: Path
) -> None:
    """Write the files that `loaded` takes a city from, one a layer."""
    for kind in KINDS:
        areas = made.layers.of(kind)
        assert isinstance(areas, AreaTable)
        save_arrays(areas.arrays(), folder / f"{kind}.npz")
    save_arrays(components.arrays(), folder / "components.npz")
    save_arrays(roads.arrays(), folder / "roads.npz")
    save_arrays(landmarks.arrays(), folder / "landmarks.npz")


def loaded(folder: Path) -> Locator:
    """The index of the city in a folder."""
    districts, streets, communities, cells = (
        AreaTable.stored(kind, load_arrays(folder / f"{kind}.npz")) for kind in KINDS
    )
    areas = AreaIndex(Layers(districts, streets, communities, cells))
    return Locator(
        areas,
        None,
        ComponentIndex(ComponentTable.stored(load_arrays(folder / "components.npz")), areas.plane),
        RoadIndex(RoadTable.stored(load_arrays(folder / "roads.npz")), areas.plane),
        LandmarkIndex(LandmarkTable.stored(load_arrays(folder / "landmarks.npz")), areas.plane),
    )


def figures(folder: Path) -> dict[str, float]:
    """What `main` prints, of a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.places.loading", str(folder)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    """Load the index of the folder that is named, and say what that took."""
    before = time.process_time()
    locator = loaded(Path(sys.argv[1]))
    seconds = time.process_time() - before
    status = Path("/proc/self/status").read_text()
    held = {
        line.split(":")[0]: int(line.split()[1]) / 1024.0 for line in status.splitlines() if " kB" in line
    }
    assert len(locator.areas.cells)
    tell({"index_load_s": seconds, "index_rss_mb": held["VmRSS"], "index_peak_rss_mb": held["VmHWM"]})


if __name__ == "__main__":
    main()
