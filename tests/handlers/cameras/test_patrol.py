"""A patrol looks at each camera in its turn, keeps what it knows, and gives way to whoever watches after it."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.errors import Unavailable
from engine.messages import Message
from handlers.cameras import receivers, registry, rulebook
from handlers.cameras.eyes import Eye
from handlers.cameras.keeping import Superseded
from handlers.cameras.stills import Stills
from handlers.store import camera_watches
from tests.handlers.cameras.conftest import DWELL, ZONE, DrawnCamera, Street, ground, with_categories
from vision.errors import VisionError
from vision.sources import SourceTrouble

SECOND = timedelta(seconds=1)
#: Seconds until a watcher knows the background.
LEARNT = 15


def _parked(street: Street, code: str = "a", after: float = LEARNT, until: float = 600.0) -> None:
    now = street.clock.now()
    street.scenes[code].thing = now + after * SECOND, now + until * SECOND


def test_what_stands_too_long_is_handed_over_with_its_pictures(street: Street) -> None:
    camera = street.add("a")
    _parked(street)
    patrol = street.patrol()

    street.go(patrol, LEARNT + DWELL + 10)

    assert street.run_jobs() == ["alarm"]
    ((of, sighting, _),) = street.taken
    assert (of, sighting.zone, sighting.rule) == (camera, "kerb", "standing")
    assert sighting.stills


def test_every_camera_has_its_turn_in_each_interval(street: Street) -> None:
    for code in "abc":
        street.add(code, interval=5.0)
    patrol = street.patrol()

    street.go(patrol, 50)

    assert [len(scene.taken) for scene in street.scenes.values()] == [10, 10, 10]


def test_another_patrol_goes_on_with_what_the_first_knew(street: Street) -> None:
    street.add("a")
    _parked(street)
    first = street.patrol()
    street.go(first, LEARNT + 10)
    first.finish()

    second = street.patrol()
    street.go(second, DWELL - 4)

    # It stood there for half of its time under the first, and for the other half under the second.
    assert street.run_jobs() == ["alarm"]


def test_one_thing_is_one_alarm_over_a_change_of_patrols(street: Street) -> None:
    street.add("a")
    _parked(street)
    first = street.patrol()
    street.go(first, LEARNT + DWELL + 5)

    # The first was killed: what it knew last lies in the database since its alarm.
    second = street.patrol()
    street.go(second, DWELL + 5)

    assert street.run_jobs() == ["alarm"]


def test_what_a_patrol_writes_that_another_took_over_from_is_refused(street: Street) -> None:
    street.add("a")
    _parked(street)
    stalled = street.patrol()
    street.go(stalled, LEARNT + 5)
    street.patrol()

    with pytest.raises(Superseded):
        street.go(stalled, DWELL + 10)
    assert street.run_jobs() == []


def test_a_patrol_that_was_superseded_ends_and_lets_go_of_its_cameras(street: Street) -> None:
    street.add("a")
    stalled = street.patrol()
    street.patrol()

    stalled.run(threading.Event())

    assert street.scenes["a"].closed == 1


def test_it_ends_when_it_is_told_to_and_keeps_what_it_knows(street: Street) -> None:
    street.add("a")
    patrol = street.patrol()
    street.go(patrol, 3)
    told = threading.Event()
    told.set()
    street.rows("DELETE FROM camera_state RETURNING 1")

    patrol.run(told)

    assert len(street.rows("SELECT content FROM camera_state WHERE content <> ''")) == 1


def test_it_ends_when_there_is_no_camera_to_watch(street: Street) -> None:
    camera = street.add("a")
    patrol = street.patrol()
    with street.database.unit_of_work() as uow:
        registry.set_state(uow, camera, "paused")
    street.go(patrol, 3)

    patrol.run(threading.Event())

    assert street.scenes["a"].closed == 1


def test_a_camera_that_is_added_is_watched_within_moments(street: Street) -> None:
    street.add("a")
    patrol = street.patrol()
    street.go(patrol, 3)

    street.add("b")
    street.go(patrol, 4)

    assert street.scenes["b"].taken


def test_a_zone_that_is_drawn_anew_is_taken_up_without_forgetting_the_background(street: Street) -> None:
    camera = street.add("a")
    patrol = street.patrol()
    street.go(patrol, LEARNT)
    with street.database.unit_of_work() as uow:
        version = registry.save_zone(uow, camera, {**ZONE, "dwell": 10.0})
    _parked(street, after=3)

    street.go(patrol, 3 + 10 + 8)

    assert street.run_jobs() == ["alarm"]
    assert (street.taken[0][1].zone_version, version) == (2, 2)


def test_a_camera_nothing_was_changed_of_keeps_its_eye(street: Street) -> None:
    street.add("a")
    patrol = street.patrol()
    street.add("b")

    street.go(patrol, 4)

    assert street.opened == 2


def test_a_model_that_comes_into_use_reaches_every_eye_which_forgets_nothing(street: Street) -> None:
    street.add("a")
    _parked(street)
    come = [False, True, False, False, False]
    patrol = street.patrol(renewed=lambda: come.pop(0))

    # It is asked for after 20 and 40 seconds; by then the thing has stood there for its time.
    street.go(patrol, LEARNT + DWELL + 15)

    assert street.opened == 2
    assert street.run_jobs() == ["alarm"]


def test_what_a_watch_takes_of_a_processor_counts_its_decoder_too(street: Street) -> None:
    street.add("a")
    worked = 0.0

    def work() -> float:
        nonlocal worked
        worked += 0.5
        return worked

    street.go(street.patrol(worked=work), 10)

    (told,) = street.rows("SELECT load FROM watch")
    assert told.load == pytest.approx(0.25)


@pytest.mark.parametrize("running", [True, False])
def test_a_new_view_is_right_once_somebody_says_that_the_zones_fit_it(street: Street, running: bool) -> None:
    camera_id = street.add("a")
    patrol = street.patrol()
    street.go(patrol, 80)
    street.scenes["a"].picture = ground(9)
    street.go(patrol, 60)
    before = _open_alarms(street)
    if not running:
        patrol.finish()

    with street.database.unit_of_work() as uow:
        registry.confirm_zones(uow, camera_id)
    street.go(patrol if running else street.patrol(), 120)

    assert (before, _open_alarms(street)) == (["moved"], [])
    assert street.rows("SELECT max(version) FROM camera_zone")[0][0] == 2


def _open_alarms(street: Street) -> list[str]:
    return [row.kind for row in street.rows("SELECT kind FROM camera_alarm WHERE ended_at IS NULL")]


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


def test_what_is_known_is_kept_once_a_minute(street: Street) -> None:
    street.add("a")
    patrol = street.patrol()
    street.go(patrol, 5)
    (before,) = street.rows("SELECT saved_at, frames FROM camera_state")

    street.go(patrol, 50)
    (still,) = street.rows("SELECT saved_at, frames FROM camera_state")
    street.go(patrol, 10)
    (after,) = street.rows("SELECT saved_at, frames FROM camera_state")

    assert before.saved_at == still.saved_at < after.saved_at
    assert after.frames >= 60


def test_while_somebody_looks_the_view_is_kept_with_every_picture(street: Street) -> None:
    camera = street.add("a")
    patrol = street.patrol()
    street.go(patrol, 5)
    with street.database.unit_of_work() as uow:
        assert camera_watches.look(uow.conn, camera, uow.now + 30 * SECOND)

    street.go(patrol, 10)

    (row,) = street.rows("SELECT frame_at FROM camera_state")
    assert street.clock.now() - row.frame_at <= 3 * SECOND


def test_a_still_is_kept_each_minute(street: Street) -> None:
    camera = street.add("a")
    patrol = street.patrol()

    street.go(patrol, 130)

    kept = Stills(street.settings)
    assert len(kept.recent(camera)) == 3
    assert kept.newest(camera) is not None


def test_a_sighting_waits_while_the_database_is_away(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    street.add("a")
    _parked(street)
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


def test_a_rule_that_cannot_be_used_is_left_out_and_the_others_hold(street: Street) -> None:
    street.add("a")
    street.rows("UPDATE vision_rule SET expression = 'import os' WHERE key = 'vendor' RETURNING 1")
    _parked(street)
    patrol = street.patrol()

    street.go(patrol, LEARNT + DWELL + 10)

    assert street.run_jobs() == ["alarm"]


def test_a_rule_in_a_new_version_is_taken_up_without_a_restart_and_without_forgetting(street: Street) -> None:
    street.add("a")
    _parked(street)
    patrol = street.patrol()
    street.go(patrol, LEARNT + 5)
    with street.database.unit_of_work() as uow:
        rule = {name: rulebook.known(uow)["standing"][name] for name in ("key", *rulebook.CONTENT)}
        with_categories(uow)
        version = rulebook.save(uow, {**rule, "expression": 'stands("anything") >= dwell * 2'})

    street.go(patrol, DWELL)
    early = street.run_jobs()
    street.go(patrol, DWELL)

    # What stood there before the change counts; who watches is the same, and the sighting names the version.
    assert (early, street.run_jobs()) == ([], ["alarm"])
    assert (street.taken[0][1].rule, street.taken[0][1].rule_version, version) == ("standing", 2, 2)


def test_a_rule_that_is_switched_off_tells_nothing_more(street: Street) -> None:
    street.add("a")
    _parked(street)
    patrol = street.patrol()
    street.go(patrol, LEARNT + 5)
    with street.database.unit_of_work() as uow:
        rulebook.switch(uow, "standing", active=False)

    street.go(patrol, DWELL + 10)

    assert street.run_jobs() == []


def test_what_a_camera_says_that_cannot_be_stored_holds_up_no_other_camera(street: Street) -> None:
    street.add("a")
    street.add("b")
    street.scenes["a"].trouble = SourceTrouble("refused", "it said \0 and \udcff")
    _parked(street, "b")
    patrol = street.patrol()

    street.go(patrol, LEARNT + DWELL + 10)

    assert [row.detail for row in street.rows("SELECT detail FROM camera_alarm")] == ["it said ? and ?"]
    assert street.run_jobs() == ["alarm"]


def test_a_sighting_that_a_full_disk_does_not_take_is_handed_over_later_and_holds_up_no_other_camera(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    street.add("a")
    street.add("b")
    _parked(street)
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
    _parked(street)
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


def test_what_is_known_of_a_camera_is_read_once(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    first = street.add("a")
    asked: list[list[int]] = []
    states = camera_watches.states

    def noted(conn: Any, camera_ids: list[int]) -> Any:
        asked.append(camera_ids)
        return states(conn, camera_ids)

    monkeypatch.setattr(camera_watches, "states", noted)
    patrol = street.patrol()
    second = street.add("b")
    street.go(patrol, 3)

    assert asked == [[first], [second]]
