"""Layers as PMTiles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import shapely
from pmtiles.reader import MmapSource, Reader

from gis import pmtiles
from gis.tiles import Shape


@pytest.mark.parametrize(
    ("shape", "wkt"),
    [
        ("Point", "POINT(108.9 34.2)"),
        ("MultiLineString", "LINESTRING(108.9 34.2,108.91 34.2)"),
        ("MultiLineString", "LINESTRING(108.9 34.2,108.9 34.21)"),
    ],
)
def test_the_bounds_of_what_has_no_width_or_height_are_bounds(tmp_path: Path, shape: Shape, wkt: str) -> None:
    outline = shapely.to_wkb(shapely.from_wkt(wkt))

    pmtiles.write(tmp_path / "x.pmtiles", "x", shape, [outline], {"code": ["1"]}, (14, 16))

    with (tmp_path / "x.pmtiles").open("rb") as file:
        reader: Any = Reader(MmapSource(file))  # type: ignore[no-untyped-call]
        header = reader.header()
    assert header["min_lon_e7"] < header["max_lon_e7"]
    assert header["min_lat_e7"] < header["max_lat_e7"]
    assert header["min_lat_e7"] == 342000000
