"""Unit grids are made for stored communities or those of a file, and put in the place of the cells that were there."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import shapely

from engine.errors import Invalid
from engine.store.unit_of_work import UnitOfWork
from gis.codes import CodeScheme
from handlers.layers.exporting import export_layer
from handlers.layers.generating import (
    STORED_ROADS,
    Laying,
    communities_of,
    lay,
    store_cells,
    stored_communities,
    write_cells,
)
from handlers.layers.importing import Reading, Taking, import_layer
from handlers.store import areas
from handlers.store.layer_tables import STORED

pytestmark = pytest.mark.usefixtures("toy")


def test_a_grid_takes_the_place_of_the_cells_of_its_communities(uow: UnitOfWork) -> None:
    communities = stored_communities(uow, "610102001")
    laying, at = Laying(metres=50.0, scheme=CodeScheme(sequence=4)), uow.now + timedelta(days=1)

    cells = lay(uow, communities, laying)
    changes = store_cells(
        uow, cells, laying.scheme, Taking(at, replace=True, within=tuple(one.code for one in communities))
    )

    assert (changes.added, changes.ended) == (len(cells), 4)
    held = [row["code"] for row in STORED["cell"].read(uow.conn, at)]
    assert held == sorted(
        [*(cell.code for cell in cells), *(f"61010200200{n}00{m}" for n in (1, 2) for m in (1, 2))]
    )
    assert {len(code) for code in held} == {15, 16}


def test_the_communities_of_a_file_are_gridded_the_same(uow: UnitOfWork, tmp_path: Path) -> None:
    path = tmp_path / "communities.gpkg"
    export_layer(uow, "community", path, uow.now)

    cells = lay(
        uow, [one for one in communities_of(path, None) if one.code.startswith("610102")], Laying(metres=50.0)
    )

    assert [cell.code for cell in cells] == [
        cell.code for cell in lay(uow, stored_communities(uow, "610102"), Laying(metres=50.0))
    ]


def test_a_grid_that_was_written_can_be_imported(uow: UnitOfWork, tmp_path: Path) -> None:
    cells = lay(uow, stored_communities(uow, "610102001"), Laying(metres=50.0))
    write_cells(cells, tmp_path / "cells.fgb")

    changes = import_layer(uow, "cell", tmp_path / "cells.fgb", Taking(uow.now, replace=True))

    assert changes.added + changes.changed + changes.unchanged == len(cells)


def test_stored_roads_cut_the_squares(uow: UnitOfWork, tmp_path: Path) -> None:
    road = tmp_path / "road.csv"
    road.write_text('code,name_zh,wkt\nr,路,"LINESTRING (108.8999 34.2007, 108.9021 34.2007)"\n', "utf-8")
    communities = stored_communities(uow, "610102001")
    without = lay(uow, communities, Laying(metres=100.0))

    import_layer(uow, "road", road, Taking(areas.ALWAYS), Reading(crs="wgs84"))
    cells = lay(uow, communities, Laying(metres=100.0, roads=STORED_ROADS))

    line = shapely.LineString([(108.8999, 34.2007), (108.9021, 34.2007)])
    assert any(line.crosses(cell.polygon) for cell in without)
    assert not any(line.intersection(cell.polygon.buffer(-1e-6)).length for cell in cells)


def test_too_small_squares_are_refused_with_a_hint(uow: UnitOfWork) -> None:
    with pytest.raises(Invalid, match="larger, or codes with more digits"):
        lay(uow, stored_communities(uow, "610102"), Laying(metres=2.0))


def test_an_area_without_communities_is_refused(uow: UnitOfWork) -> None:
    with pytest.raises(Invalid, match="import communities first"):
        stored_communities(uow, "610103")
