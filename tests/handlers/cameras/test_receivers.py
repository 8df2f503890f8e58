"""Receivers: a sighting goes over whole, at least once, and what was taken is thrown away."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import text

from engine.errors import NotFound
from engine.settings import Settings
from engine.store.database import Database
from handlers.cameras import receivers
from handlers.cameras.letters import to_plain
from tests.conftest import MONDAY
from tests.engine.workers import run_all, run_one, waiting
from vision.detect import Detection
from vision.sighting import Sighting, Still

PICTURE, CLIP = b"\xff\xd8 a picture", b"a clip"

ALARM = Sighting(
    turn="alarm",
    slot="b7",
    rule="parking",
    rule_version=2,
    zone="kerb",
    zone_version=3,
    box=(0.25, 0.5, 0.5, 0.75),
    began_at=MONDAY - timedelta(minutes=3),
    at=MONDAY,
    verified=True,
    name="car",
    score=0.75,
    model="nanodet",
    model_sha256="ab" * 32,
    detections=(Detection("car", 0.75, (0.25, 0.5, 0.5, 0.75)),),
    stills=(Still("alarm", MONDAY, PICTURE, True, sha256(PICTURE).hexdigest()),),
)
Taken = list[tuple[int, Sighting, bytes | None]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return replace(Settings.from_environment({}), home=tmp_path)


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Taken:
    """A receiver of the test alone: what it was given; it fails at a sighting of the zone ``broken``."""
    found: Taken = []
    monkeypatch.setattr(receivers, "_receivers", [])

    @receivers.receiver
    def take(
        database: Database, settings: Settings, camera_id: int, sighting: Sighting, clip: bytes | None
    ) -> None:
        found.append((camera_id, sighting, clip))
        if sighting.zone == "broken":
            raise OSError("not yet")

    return found


def _handed_over(
    database: Database, settings: Settings, sighting: Sighting, clip: bytes | None = None
) -> None:
    folder = receivers.lay_down(settings, sighting, clip)
    with database.unit_of_work() as uow:
        receivers.hand_over(uow, 12, sighting, folder)


def _left(settings: Settings) -> list[str]:
    return [one.suffix for one in (settings.cameras / "sightings").iterdir()]


def test_a_sighting_arrives_as_it_was(database: Database, settings: Settings, taken: Taken) -> None:
    _handed_over(database, settings, ALARM, CLIP)

    run_all(database, settings=settings)

    assert taken == [(12, ALARM, CLIP)]


def test_one_without_pictures_needs_no_folder(database: Database, settings: Settings, taken: Taken) -> None:
    over = replace(ALARM, turn="over", stills=(), detections=())
    _handed_over(database, settings, over)

    run_all(database, settings=settings)

    assert taken == [(12, over, None)]
    assert not (settings.cameras / "sightings").exists()


def test_its_pictures_are_thrown_away_when_it_was_taken(
    database: Database, settings: Settings, taken: Taken
) -> None:
    _handed_over(database, settings, ALARM, CLIP)

    run_all(database, settings=settings)

    assert _left(settings) == [".taken"]


def test_one_that_is_not_taken_comes_again(database: Database, settings: Settings, taken: Taken) -> None:
    _handed_over(database, settings, replace(ALARM, zone="broken"))
    for _ in range(2):
        run_one(database, settings)
        with database.unit_of_work() as uow:
            uow.conn.execute(text("UPDATE procrastinate_jobs SET scheduled_at = NULL"))

    assert [one.stills[0].jpeg for _, one, _ in taken] == [PICTURE, PICTURE]
    assert waiting(database) == 1


def test_what_is_told_of_one_slot_keeps_its_order(
    database: Database, settings: Settings, taken: Taken
) -> None:
    for turn in ("alarm", "goes_on", "over"):
        _handed_over(database, settings, replace(ALARM, turn=turn, stills=()))

    run_all(database, settings=settings, concurrency=3)

    assert [one.turn for _, one, _ in taken] == ["alarm", "goes_on", "over"]


def test_a_job_that_comes_again_after_it_was_done_does_nothing(
    database: Database, settings: Settings, taken: Taken
) -> None:
    folder = receivers.lay_down(settings, ALARM, None)
    plain = to_plain(ALARM)

    for _ in range(2):
        receivers.take(database, settings, 12, plain, folder)

    assert len(taken) == 1


def test_pictures_that_are_on_another_machine_are_told_of(
    database: Database, settings: Settings, taken: Taken, tmp_path: Path
) -> None:
    folder = receivers.lay_down(settings, ALARM, None)
    elsewhere = replace(settings, home=tmp_path / "elsewhere")

    with pytest.raises(NotFound, match="GRIDCASE_HOME"):
        receivers.take(database, elsewhere, 12, to_plain(ALARM), folder)


def test_what_nobody_took_is_removed_some_day(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    receivers.lay_down(settings, ALARM, CLIP)
    assert receivers.forget(database, settings) == 0
    monkeypatch.setattr(receivers, "KEPT_SECONDS", -60.0)

    assert receivers.forget(database, settings) == 1
    assert _left(settings) == []
