"""What a process holds of the layers: read once, anew when they change or an instant is past, from a file where there is one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import shapely
from sqlalchemy import Table, insert, update

from engine.store.unit_of_work import UnitOfWork
from gis.places import Place
from handlers import city, nearby
from handlers.layers import store_layers
from handlers.store import areas, layers
from handlers.store.layers import (
    COMPONENTS,
    POINTS_OF_INTEREST,
    RESPONSIBILITY_GRIDS,
    ROADS,
    component,
    point_of_interest,
    responsibility_grid,
    road,
)
from tests.handlers.conftest import FIRST_CELL, UNDRAWN, toy_layers

Put = Callable[..., None]
HERE = shapely.box(108.9, 34.2, 108.904, 34.202)


@pytest.fixture
def put(uow: UnitOfWork, toy: dict[str, int]) -> Put:
    """Adds a row to one of the layers; what is not named has an ordinary value."""

    def add(table: Table, revision: str, **values: Any) -> None:
        usual: dict[str, Any] = {
            "code": "1",
            "name_zh": "名",
            "name_en": "Name",
            "made": False,
            "valid_from": areas.ALWAYS,
            "outline": shapely.to_wkb(HERE),
            "profession": "sanitation",
            "unit_id": toy["west-sanitation"],
            "scheme": "gb30428",
            "category": "0101",
            "kind": "temple",
            "lon": FIRST_CELL[0],
            "lat": FIRST_CELL[1],
        }
        row = {**{name: value for name, value in usual.items() if name in table.c}, **values}
        uow.conn.execute(insert(table).values(row))
        uow.changed(revision)

    return add


def here(uow: UnitOfWork) -> Place:
    found = city.place(uow, *FIRST_CELL)
    assert found is not None
    return found


def codes(place: Place) -> list[str]:
    return [grid.code for grid in place.responsible]


def at_metres(east: float) -> bytes:
    """A point so many metres east of the first cell's."""
    return bytes(shapely.to_wkb(shapely.Point(FIRST_CELL[0] + east / 92_200.0, FIRST_CELL[1])))


@pytest.mark.usefixtures("toy")
def test_a_city_without_other_layers_has_areas_alone(uow: UnitOfWork) -> None:
    place = here(uow)

    assert (place.zones, place.responsible, place.components, place.road, place.landmark) == (
        (),
        (),
        (),
        None,
        None,
    )


def test_everything_that_is_known_of_a_point_comes_together(uow: UnitOfWork, put: Put) -> None:
    put(areas.area, areas.REVISION, kind="zone", code="gaoxin", name_zh="高新区", parent_code="")
    put(responsibility_grid, RESPONSIBILITY_GRIDS, code="S1")
    put(
        component,
        COMPONENTS,
        code="6101020101000001",
        outline=at_metres(12.0),
        owner="o",
        keeper="k",
        manager="m",
    )
    line = shapely.LineString([(108.9, FIRST_CELL[1] + 0.0001), (108.904, FIRST_CELL[1] + 0.0001)])
    put(road, ROADS, code="R1", name_zh="东大街", name_en="East Street", outline=shapely.to_wkb(line))
    put(
        point_of_interest,
        POINTS_OF_INTEREST,
        name_zh="钟楼",
        name_en="the Bell Tower",
        lat=FIRST_CELL[1] + 0.0007,
    )

    place = here(uow)

    assert [zone.code for zone in place.zones] == ["gaoxin"]
    assert [(g.profession, g.code, g.unit_code) for g in place.responsible] == [
        ("sanitation", "S1", "west-sanitation")
    ]
    (near,) = place.components
    assert (near.code, near.owner, near.keeper, near.manager) == ("6101020101000001", "o", "k", "m")
    assert near.metres == pytest.approx(12.0, abs=0.1)
    assert place.address == "西区1号街道11社区 · 东大街 钟楼南 80 米"
    assert place.address_in("en").startswith("80 m south of the Bell Tower, East Street, Community 11")


def test_an_edited_grid_is_known_at_once_and_the_cells_are_not_read_again(uow: UnitOfWork, put: Put) -> None:
    put(responsibility_grid, RESPONSIBILITY_GRIDS, code="S1")
    before, cells, index = here(uow), city.layers(uow), nearby.grids(uow)

    put(responsibility_grid, RESPONSIBILITY_GRIDS, code="S2", rank=-1)

    assert (codes(before), codes(here(uow))) == (["S1"], ["S2", "S1"])
    assert city.layers(uow) is cells
    assert nearby.grids(uow) is index


def test_a_grid_that_ended_answers_no_more(uow: UnitOfWork, put: Put) -> None:
    put(responsibility_grid, RESPONSIBILITY_GRIDS, code="S1")
    put(responsibility_grid, RESPONSIBILITY_GRIDS, code="S2")
    here(uow)

    ended = update(responsibility_grid).where(responsibility_grid.c.code == "S1")
    uow.conn.execute(ended.values(valid_to=uow.now))
    uow.changed(RESPONSIBILITY_GRIDS)

    assert codes(here(uow)) == ["S2"]


def test_a_grid_that_came_to_another_unit_is_told_so(uow: UnitOfWork, put: Put, toy: dict[str, int]) -> None:
    put(responsibility_grid, RESPONSIBILITY_GRIDS, code="S1")
    here(uow)

    uow.conn.execute(update(responsibility_grid).values(unit_id=toy["city-sanitation"]))
    uow.changed(RESPONSIBILITY_GRIDS)

    assert [grid.unit_code for grid in here(uow).responsible] == ["city-sanitation"]


def test_what_begins_later_is_noticed_when_its_time_has_come(uow: UnitOfWork, put: Put) -> None:
    tomorrow = uow.now + timedelta(days=1)
    put(responsibility_grid, RESPONSIBILITY_GRIDS, code="S1", valid_to=tomorrow)
    put(responsibility_grid, RESPONSIBILITY_GRIDS, code="S2", valid_from=tomorrow)
    put(component, COMPONENTS, code="6101020101000001", outline=at_metres(1.0), valid_from=tomorrow)
    today = here(uow)

    uow.now = tomorrow

    assert (codes(today), today.components) == (["S1"], ())
    assert (codes(here(uow)), len(here(uow).components)) == (["S2"], 1)


def test_a_clock_that_went_back_sees_what_held_then(uow: UnitOfWork, put: Put) -> None:
    now: datetime = uow.now
    put(responsibility_grid, RESPONSIBILITY_GRIDS, code="S1", valid_from=now)
    assert codes(here(uow)) == ["S1"]

    uow.now = now - timedelta(seconds=1)

    assert codes(here(uow)) == []


def test_an_unchanged_layer_is_not_read_again_though_its_revision_moved(
    uow: UnitOfWork, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(component, COMPONENTS, code="6101020101000001", outline=at_metres(1.0))
    before = here(uow)
    monkeypatch.setattr(layers, "read_components", None)

    uow.changed(COMPONENTS)

    assert here(uow) == before


@pytest.fixture
def cache(uow: UnitOfWork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which the database's layers are kept."""
    monkeypatch.setattr(uow.database, "cache", tmp_path)
    return tmp_path


def forget(uow: UnitOfWork) -> None:
    """Begin like another process."""
    uow.database.held.clear()


@pytest.mark.usefixtures("toy")
def test_another_process_takes_the_cells_from_the_file(
    uow: UnitOfWork, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = here(uow)
    forget(uow)
    monkeypatch.setattr("handlers.areas.flat", None)

    assert here(uow) == before
    assert len(list(cache.glob("layer-cell-*.npz"))) == 1


@pytest.mark.usefixtures("toy")
def test_a_damaged_file_is_made_anew(uow: UnitOfWork, cache: Path) -> None:
    before = here(uow)
    (file,) = cache.glob("layer-cell-*.npz")
    file.write_bytes(file.read_bytes()[:1000])
    forget(uow)

    assert here(uow) == before
    assert file.stat().st_size > 1000


@pytest.mark.usefixtures("toy")
def test_other_cells_are_another_file_and_the_old_one_goes(uow: UnitOfWork, cache: Path) -> None:
    here(uow)
    (old,) = cache.glob("layer-cell-*.npz")
    changed = toy_layers()

    store_layers(
        uow, type(changed)(changed.districts, changed.streets, changed.communities, changed.cells[1:])
    )
    here(uow)

    (new,) = cache.glob("layer-cell-*.npz")
    assert new != old


@pytest.mark.usefixtures("toy")
def test_a_cache_that_cannot_be_written_does_no_harm(
    uow: UnitOfWork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(uow.database, "cache", tmp_path / "file")

    assert here(uow).code == "610102001001002"


@pytest.mark.usefixtures("toy")
def test_names_are_part_of_what_tells_layers_apart(uow: UnitOfWork) -> None:
    before = city.layers(uow).digest

    store_layers(uow, toy_layers(), UNDRAWN[:1])

    assert city.layers(uow).digest != before
