"""Trials of rules on the stills of the last hours."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from engine import settings as engine_settings
from engine.errors import NotFound
from engine.store.database import Database
from engine.store.unit_of_work import UnitOfWork
from handlers.cameras import registry, trials
from handlers.cameras.stills import Stills
from tests.conftest import MONDAY, SHANGHAI
from tests.engine.workers import run_all
from tests.handlers.conftest import FIRST_CELL
from tests.vision.drawn_places import saved
from vision.made.scene import Scene

OUTLINE = [[0.02, 0.45], [0.98, 0.45], [0.98, 0.98], [0.02, 0.98]]


@pytest.fixture
def settings(database: Database, tmp_path: Path) -> engine_settings.Settings:
    return engine_settings.Settings(tmp_path, database.url, "127.0.0.1", 8000, SHANGHAI)


@pytest.fixture
def camera_id(uow: UnitOfWork, toy: dict[str, int]) -> int:
    """A camera with a zone in which a vehicle may stand for four minutes."""
    lon, lat = FIRST_CELL
    row = {"code": "c-1", "name": "长安南路", "unit_id": toy["west"], "lon": lon, "lat": lat}
    number = registry.add(uow, row | {"source": "files", "url": "street"})
    zone = {"key": "kerb", "type": "no_parking", "rules": ["parking"], "outline": OUTLINE, "dwell": 240.0}
    registry.save_zone(uow, number, zone)
    return number


def test_a_trial_tells_what_would_have_been_seen(
    database: Database, uow: UnitOfWork, settings: engine_settings.Settings, camera_id: int
) -> None:
    scene = Scene("parking", seed=3, seconds=600.0)
    parked = scene.truth[0]
    keep = Stills(settings)
    # An empty street for a quarter of an hour, then the car for as long.
    for minute in range(30):
        seconds = parked.begin - 5.0 if minute < 15 else (parked.begin + parked.end) / 2
        at = MONDAY + timedelta(minutes=minute)
        keep.keep(camera_id, at, saved(scene.frame(seconds)), recent=True)
    trials.begin(uow, settings, camera_id)
    uow.conn.commit()

    run_all(database, settings=settings)

    found = trials.last(settings, camera_id)
    assert found is not None
    assert found["stills"] == 30
    assert {(one["zone"], one["rule"]) for one in found["sightings"]} == {("kerb", "parking")}


def test_without_a_trial_there_is_nothing(settings: engine_settings.Settings) -> None:
    assert trials.last(settings, 7) is None


def test_a_trial_without_stills_finds_nothing(
    database: Database, uow: UnitOfWork, settings: engine_settings.Settings, camera_id: int
) -> None:
    uow.conn.commit()

    trials.run(database, settings, camera_id)

    found = trials.last(settings, camera_id)
    assert found is not None
    assert (found["stills"], found["sightings"]) == (0, [])


def test_a_camera_that_is_not_there_is_said(database: Database, settings: engine_settings.Settings) -> None:
    with pytest.raises(NotFound):
        trials.run(database, settings, 7)
