"""Trials of rules on the stills of the last hours."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import pytest

from engine import settings as engine_settings
from engine.actors import Actor
from engine.clock import SteppedClock
from engine.errors import Conflict, NotFound
from engine.store.database import Database
from engine.store.unit_of_work import UnitOfWork
from handlers.cameras import registry, trials
from handlers.cameras.stills import Stills
from handlers.sightings import precision
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
    _park(settings, camera_id)
    trials.begin(uow, settings, camera_id)
    uow.conn.commit()
    asked = trials.last(settings, camera_id)

    run_all(database, settings=settings)

    found = trials.last(settings, camera_id)
    assert asked is not None
    assert found is not None
    assert (asked["state"], found["state"], found["stills"], found["detector"]) == ("waiting", "done", 30, "")
    assert {(one["zone_key"], one["rule_key"]) for one in found["sightings"]} == {("kerb", "parking")}
    (picture,) = {one["picture"] for one in found["sightings"]}
    assert trials.picture(settings, camera_id, picture).startswith(b"\xff\xd8")


def test_a_trial_asks_the_detector_that_there_is(
    database: Database, uow: UnitOfWork, settings: engine_settings.Settings, camera_id: int
) -> None:
    models = Path(sys.prefix) / "share" / "gridcase" / "models"
    if not (models / "nanodet").is_dir():
        pytest.skip("needs the shipped models: make .venv/.models")
    (settings.home / "models").symlink_to(models)
    _park(settings, camera_id)
    uow.conn.commit()

    trials.run(database, settings, camera_id)

    found = trials.last(settings, camera_id)
    assert found is not None
    assert found["detector"] == "nanodet"
    # The rule wants it to agree: what is told without it is told no more.
    assert all(one["verified"] and one["model"] == "nanodet" for one in found["sightings"])


def test_a_trial_that_is_waited_for_is_not_begun_again(
    database: Database, uow: UnitOfWork, settings: engine_settings.Settings, camera_id: int
) -> None:
    for _ in range(3):
        trials.begin(uow, settings, camera_id)
    uow.conn.commit()

    assert _asked(database) == 1


def test_a_trial_that_never_ended_is_given_up_and_begun_again(
    database: Database,
    settings: engine_settings.Settings,
    camera_id: int,
    uow: UnitOfWork,
    clock: SteppedClock,
) -> None:
    trials.begin(uow, settings, camera_id)
    uow.conn.commit()
    clock.advance(timedelta(minutes=11))

    with database.unit_of_work() as later:
        given_up = not trials.goes_on(trials.last(settings, camera_id), later.now)
        trials.begin(later, settings, camera_id)

    assert given_up
    assert _asked(database) == 2


def _asked(database: Database) -> int:
    with database.unit_of_work() as uow:
        statement = "SELECT count(*) FROM procrastinate_jobs WHERE args ->> 'name' = 'cameras.trial'"
        return int(uow.conn.exec_driver_sql(statement).scalar_one())


def test_marks_are_measured_and_let_nothing_file_by_itself(
    database: Database,
    uow: UnitOfWork,
    settings: engine_settings.Settings,
    toy: dict[str, int],
    camera_id: int,
) -> None:
    _park(settings, camera_id)
    uow.conn.commit()
    trials.run(database, settings, camera_id)
    found = trials.last(settings, camera_id)
    assert found is not None

    with database.unit_of_work() as later:
        for answer in ("no", "yes"):
            trials.mark(later, settings, camera_id, 0, found["at"], answer, None)

    version = found["sightings"][0]["rule_version"]
    reader = Actor(1, "r", frozenset({("acceptor", toy["west"])}))
    with database.unit_of_work() as later:
        (rule,) = precision.overview(later, reader)["rule"]
        assert (rule.whole.right, rule.whole.wrong, rule.tried) == (1, 0, 1)
        assert trials.marked(later, camera_id, found)[:2] == ["yes", ""]
        assert precision.of_rule(later, "parking", version, "").answers == 0


def test_what_was_tried_again_since_is_not_marked(
    database: Database, uow: UnitOfWork, settings: engine_settings.Settings, camera_id: int
) -> None:
    uow.conn.commit()
    trials.run(database, settings, camera_id)
    found = trials.last(settings, camera_id)
    assert found is not None

    with pytest.raises(Conflict):
        trials.mark(uow, settings, camera_id, 0, found["at"], "yes", None)


def test_trials_are_forgotten_with_their_pictures(
    database: Database, uow: UnitOfWork, settings: engine_settings.Settings, camera_id: int
) -> None:
    uow.conn.commit()
    trials.run(database, settings, camera_id)
    now = uow.now

    kept = trials.forget_others(settings, frozenset({camera_id}), now - timedelta(days=2))
    gone = trials.forget_others(settings, frozenset({camera_id}), now + timedelta(days=2))

    assert (kept, gone, trials.last(settings, camera_id)) == (0, 1, None)


@pytest.mark.parametrize("name", ["../trial", "", "0" * 64])
def test_a_picture_that_is_none_of_a_trial_is_not_found(
    settings: engine_settings.Settings, name: str
) -> None:
    with pytest.raises(NotFound):
        trials.picture(settings, 7, name)


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


def _park(settings: engine_settings.Settings, camera_id: int) -> None:
    """Stills of an empty street for a quarter of an hour, then of a car that stands there for as long."""
    scene = Scene("parking", seed=3, seconds=600.0)
    parked = scene.truth[0]
    keep = Stills(settings)
    for minute in range(30):
        seconds = parked.begin - 5.0 if minute < 15 else (parked.begin + parked.end) / 2
        at = MONDAY + timedelta(minutes=minute)
        keep.keep(camera_id, at, saved(scene.frame(seconds)), recent=True)
