"""What ails one camera, the disk or the database costs a patrol no sighting, and no other camera its turns."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.errors import Unavailable
from engine.messages import Message
from handlers.cameras import receivers, registry
from handlers.cameras.eyes import Eye
from handlers.cameras.stills import Stills
from tests.handlers.cameras.conftest import (
    DWELL,
    LEARNT,
    SECOND,
    ZONE,
    DrawnCamera,
    Street,
)
from vision.errors import VisionError
from vision.sources import SourceTrouble


def test_trouble_that_lasts_becomes_an_alarm_and_harms_no_other(street: Street) -> None:
    street.add("a")
    street.add("b")
    patrol = street.patrol()
    street.scenes["a"].trouble = SourceTrouble("refused", "401")

    street.go(patrol, 40)

    assert street.rows("SELECT camera_id, kind, detail, ended_at FROM camera_alarm") == [
        (street.cameras["a"], "refused", "401", None)
    ]
    assert len(street.scenes["b"].taken) == 40


def test_an_alarm_ends_when_the_trouble_does(street: Street) -> None:
    street.add("a")
    patrol = street.patrol()
    street.scenes["a"].trouble = SourceTrouble("unreachable", "nothing answers")
    street.go(patrol, 20)

    street.scenes["a"].trouble = None
    street.go(patrol, 20)

    assert [row.ended_at is None for row in street.rows("SELECT ended_at FROM camera_alarm")] == [False]


def test_the_alarms_of_a_camera_that_is_paused_end(street: Street) -> None:
    camera = street.add("a")
    patrol = street.patrol()
    street.scenes["a"].trouble = SourceTrouble("unreachable", "nothing answers")
    street.go(patrol, 20)
    with street.database.unit_of_work() as uow:
        registry.set_state(uow, camera, "paused")

    street.go(patrol, 3)

    assert street.rows("SELECT 1 FROM camera_alarm WHERE ended_at IS NULL") == []


def test_a_picture_that_the_program_cannot_cope_with_harms_no_other(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    street.add("a")
    street.add("b")
    patrol = street.patrol()
    flat: Any = street.scenes["a"].picture[:, :, 0]
    monkeypatch.setattr(street.scenes["a"], "picture", flat)

    street.go(patrol, 10)

    assert [tuple(row) for row in street.rows("SELECT camera_id, kind FROM camera_alarm")] == [
        (street.cameras["a"], "failed")
    ]
    assert len(street.scenes["b"].taken) == 10


def test_a_look_that_does_not_end_is_not_begun_again_and_its_turns_are_counted(street: Street) -> None:
    street.add("a")
    patrol = street.patrol()

    street.go(patrol, 62, submit=lambda *given: None)

    (row,) = street.rows("SELECT late FROM watch")
    assert 55 <= row.late <= 62


def test_a_camera_that_does_not_answer_holds_up_no_other(street: Street) -> None:
    street.add("a")
    street.add("b")
    patrol = street.patrol()

    def submit(look: Callable[..., object], eye: Eye, *given: object) -> None:
        # The look at the first never ends.
        if eye.watched.code == "b":
            look(eye, *given)

    street.go(patrol, 30, submit=submit)

    assert len(street.scenes["b"].taken) == 30


def test_a_disk_that_is_full_ends_no_watch(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    street.add("a")
    patrol = street.patrol()

    def full(*given: object, **named: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Stills, "keep", full)

    street.go(patrol, 5)

    assert len(street.scenes["a"].taken) == 5


def test_a_sighting_waits_while_the_database_is_away(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    street.add("a")
    street.parks()
    patrol = street.patrol()
    street.go(patrol, LEARNT + 5)
    monkeypatch.setattr(patrol._keeper, "_database", _Away())
    street.go(patrol, DWELL + 10)
    assert street.run_jobs() == []

    monkeypatch.setattr(patrol._keeper, "_database", street.database)
    street.go(patrol, 3)

    assert street.run_jobs() == ["alarm"]


class _Away:
    """A database that does not answer."""

    def unit_of_work(self) -> None:
        raise Unavailable(Message("The database cannot be reached."))


def test_what_a_camera_says_that_cannot_be_stored_holds_up_no_other_camera(street: Street) -> None:
    street.add("a")
    street.add("b")
    street.scenes["a"].trouble = SourceTrouble("refused", "it said \0 and \udcff")
    street.parks("b")
    patrol = street.patrol()

    street.go(patrol, LEARNT + DWELL + 10)

    assert [row.detail for row in street.rows("SELECT detail FROM camera_alarm")] == ["it said ? and ?"]
    assert street.run_jobs() == ["alarm"]


def test_a_sighting_that_a_full_disk_does_not_take_is_handed_over_later_and_holds_up_no_other_camera(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    street.add("a")
    street.add("b")
    street.parks()
    patrol = street.patrol()
    street.go(patrol, LEARNT + 5)

    with monkeypatch.context() as full:
        full.setattr(receivers, "_write", _full)
        street.go(patrol, DWELL + 60)
    saved = street.rows("SELECT max(saved_at) - min(saved_at) AS apart FROM camera_state")
    left = list((street.settings.cameras / "sightings").iterdir())
    assert (street.run_jobs(), left, saved[0].apart > 30 * SECOND) == ([], [], True)

    street.go(patrol, 5)
    assert street.run_jobs() == ["alarm"]


def _full(path: Path, content: bytes) -> None:
    raise OSError(errno.ENOSPC, "no space left on device")


def test_a_clip_that_cannot_be_had_costs_no_sighting_and_no_other_camera_waits_for_it(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera = street.add("a")
    street.parks()
    patrol = street.patrol()
    waiting = []

    def packets(self: DrawnCamera, seconds: float) -> bytes | None:
        waiting.append(patrol._eyes[camera]._thinking.locked())
        raise RuntimeError("the decoder does not start")

    monkeypatch.setattr(DrawnCamera, "packets", packets)
    street.go(patrol, LEARNT + DWELL + 10)

    assert (street.run_jobs(), waiting) == (["alarm"], [False])


def test_an_alarm_of_a_look_that_is_thrown_away_is_told_by_the_next(street: Street) -> None:
    camera = street.add("a")
    patrol = street.patrol()
    street.go(patrol, 3)
    street.scenes["a"].trouble = SourceTrouble("unreachable", "nothing answers")
    street.go(patrol, 2)

    # While the look that finds it is under way somebody draws the zone anew.
    street.go(patrol, 1, lambda look, eye, at, keep: eye.look(at))
    with street.database.unit_of_work() as uow:
        registry.save_zone(uow, camera, {**ZONE, "dwell": 10.0})
    street.go(patrol, 15)

    assert [row.kind for row in street.rows("SELECT kind FROM camera_alarm")] == ["unreachable"]


def test_a_camera_that_cannot_be_watched_any_more_is_let_go(street: Street) -> None:
    camera = street.add("a")
    patrol = street.patrol()
    street.go(patrol, 3)

    def refuse(*_: object) -> Eye:
        raise VisionError("no", field="url")

    patrol._open = refuse
    with street.database.unit_of_work() as uow:
        registry.save_zone(uow, camera, {**ZONE, "dwell": 10.0})
    street.go(patrol, 4)
    patrol.finish()

    assert (street.scenes["a"].closed, patrol._eyes) == (1, {})
