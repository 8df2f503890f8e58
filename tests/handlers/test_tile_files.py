"""The files of the layers' tiles: made when a layer changed, by one process at a time, the old one kept until then."""

from __future__ import annotations

import fcntl
import gzip
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import mapbox_vector_tile
import pytest
import shapely
from pmtiles.reader import MmapSource, Reader

from engine.clock import SteppedClock
from engine.settings import Settings
from engine.store.database import Database
from gis.tiles import tile_of
from handlers.layers import store_layers
from handlers.map import tile_files
from tests.conftest import SHANGHAI
from tests.handlers.conftest import FIRST_CELL, UNDRAWN, toy_layers


@pytest.fixture
def settings(tmp_path: Path, database: Database) -> Settings:
    with database.unit_of_work() as uow:
        store_layers(uow, toy_layers(), UNDRAWN)
    return Settings(tmp_path, database.url, "127.0.0.1", 8000, SHANGHAI)


def _cells(settings: Settings) -> set[str]:
    """The codes of the cells in the tile around the first one."""
    path = tile_files.folder(settings.home) / tile_files.present(settings.home)["cell"].file
    tile = tile_of(*FIRST_CELL, 15)
    with path.open("rb") as file:
        reader: Any = Reader(MmapSource(file))  # type: ignore[no-untyped-call]
        body = reader.get(tile.z, tile.x, tile.y)
    found = mapbox_vector_tile.decode(gzip.decompress(body))["cell"]["features"]
    return {one["properties"]["code"] for one in found}


def test_each_layer_with_an_outline_gets_its_file(database: Database, settings: Settings) -> None:
    made = tile_files.refresh(database, settings)

    files = tile_files.present(settings.home)
    assert made == 5
    assert {name for name, one in files.items() if one.file} == {
        "cell",
        "community",
        "district",
        "name",
        "street",
    }
    assert files["community"].features == 4
    assert files["road"].file == ""
    assert "610102001001001" in _cells(settings)


def test_what_did_not_change_is_not_made_again(database: Database, settings: Settings) -> None:
    tile_files.refresh(database, settings)
    with database.unit_of_work() as uow:
        uow.changed("areas")

    assert tile_files.refresh(database, settings) == 0


def test_a_layer_that_changed_gets_a_new_file_and_the_old_one_stays_a_while(
    database: Database, settings: Settings
) -> None:
    tile_files.refresh(database, settings)
    before = tile_files.present(settings.home)["cell"].file
    with database.unit_of_work() as uow:
        whole = toy_layers()
        store_layers(
            uow, type(whole)(whole.districts, whole.streets, whole.communities, whole.cells[1:]), UNDRAWN
        )

    assert tile_files.refresh(database, settings) == 1

    assert "610102001001001" not in _cells(settings)
    assert (tile_files.folder(settings.home) / before).exists()


def test_a_file_is_made_again_when_other_rows_hold(
    database: Database, settings: Settings, clock: SteppedClock
) -> None:
    later = clock.now() + timedelta(days=1)
    with database.unit_of_work() as uow:
        uow.conn.exec_driver_sql(
            "INSERT INTO road (code, name_zh, name_en, outline, made, valid_from) VALUES (%s, %s, %s, %s, %s, %s)",
            (
                "r1",
                "路",
                "Road",
                shapely.to_wkb(shapely.LineString([(108.9, 34.2), (108.904, 34.2)])),
                True,
                later,
            ),
        )
        uow.changed("roads")
    tile_files.refresh(database, settings)
    before = tile_files.present(settings.home)["road"]

    clock.advance(timedelta(days=1))
    made = tile_files.refresh(database, settings)

    assert (before.file, before.until) == ("", later.isoformat())
    assert made == 1
    assert tile_files.present(settings.home)["road"].features == 1


def test_while_one_process_makes_them_another_leaves_it_to_it(database: Database, settings: Settings) -> None:
    place = tile_files.folder(settings.home)
    place.mkdir()
    with (place / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)

        assert tile_files.refresh(database, settings) == 0

    assert tile_files.refresh(database, settings) == 5


def test_who_wants_to_know_what_there_is_waits_for_the_other(database: Database, settings: Settings) -> None:
    place = tile_files.folder(settings.home)
    place.mkdir()
    made: list[int] = []
    waiting = Thread(target=lambda: made.append(tile_files.make(database, settings, wait=True)))
    with (place / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        waiting.start()
        waiting.join(0.3)

        assert made == []

    waiting.join()
    assert made == [5]


def test_a_damaged_list_of_files_is_made_anew(database: Database, settings: Settings) -> None:
    tile_files.refresh(database, settings)
    (tile_files.folder(settings.home) / "tiles.json").write_text('{"cell": [1, 2')

    tile_files.refresh(database, settings)

    assert "cell" in tile_files.present(settings.home)


@pytest.fixture
def damaged(database: Database, settings: Settings) -> Settings:
    """An installation with outlines of cells that are none."""
    with database.unit_of_work() as uow:
        uow.conn.exec_driver_sql("UPDATE area SET outline = 'x'::bytea WHERE kind = 'cell'")
    return settings


def test_a_layer_that_cannot_be_made_holds_up_no_other(database: Database, damaged: Settings) -> None:
    made = tile_files.refresh(database, damaged)

    assert made == 4
    assert "cell" not in tile_files.present(damaged.home)


def test_a_layer_that_cannot_be_made_is_left_alone_until_it_changes(
    database: Database, damaged: Settings
) -> None:
    tile_files.refresh(database, damaged)
    with database.unit_of_work() as uow:
        store_layers(uow, toy_layers(), UNDRAWN)
        revision = "UPDATE revision SET number = number - 1 WHERE name = 'areas'"
        uow.conn.exec_driver_sql(revision)

    assert tile_files.refresh(database, damaged) == 0

    with database.unit_of_work() as uow:
        uow.changed("areas")

    assert tile_files.refresh(database, damaged) == 1


def test_a_layer_that_cannot_be_made_is_tried_again_after_an_hour(
    database: Database, damaged: Settings, clock: SteppedClock
) -> None:
    tile_files.refresh(database, damaged)
    with database.unit_of_work() as uow:
        uow.conn.exec_driver_sql("DELETE FROM area WHERE kind = 'cell'")
    clock.advance(timedelta(minutes=61))

    tile_files.refresh(database, damaged)

    assert tile_files.present(damaged.home)["cell"].file == ""
