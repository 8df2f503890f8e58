"""A patrol looks at each camera in its turn, keeps what it knows, and gives way to whoever watches after it."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from handlers.cameras import registry, rulebook
from handlers.cameras.keeping import Superseded
from handlers.cameras.stills import Stills
from handlers.store import camera_watches
from tests.handlers.cameras.conftest import (
    DWELL,
    LEARNT,
    SECOND,
    ZONE,
    Street,
    ground,
    with_categories,
)


def test_what_stands_too_long_is_handed_over_with_its_pictures(street: Street) -> None:
    camera = street.add("a")
    street.parks()
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
    street.parks()
    first = street.patrol()
    street.go(first, LEARNT + 10)
    first.finish()

    second = street.patrol()
    street.go(second, DWELL - 4)

    # It stood there for half of its time under the first, and for the other half under the second.
    assert street.run_jobs() == ["alarm"]


def test_one_thing_is_one_alarm_over_a_change_of_patrols(street: Street) -> None:
    street.add("a")
    street.parks()
    first = street.patrol()
    street.go(first, LEARNT + DWELL + 5)

    # The first was killed: what it knew last lies in the database since its alarm.
    second = street.patrol()
    street.go(second, DWELL + 5)

    assert street.run_jobs() == ["alarm"]


def test_what_a_patrol_writes_that_another_took_over_from_is_refused(street: Street) -> None:
    street.add("a")
    street.parks()
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
    street.parks(after=3)

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
    street.parks()
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


def test_a_rule_that_cannot_be_used_is_left_out_and_the_others_hold(street: Street) -> None:
    street.add("a")
    street.rows("UPDATE vision_rule SET expression = 'import os' WHERE key = 'vendor' RETURNING 1")
    street.parks()
    patrol = street.patrol()

    street.go(patrol, LEARNT + DWELL + 10)

    assert street.run_jobs() == ["alarm"]


def test_a_rule_in_a_new_version_is_taken_up_without_a_restart_and_without_forgetting(street: Street) -> None:
    street.add("a")
    street.parks()
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
    street.parks()
    patrol = street.patrol()
    street.go(patrol, LEARNT + 5)
    with street.database.unit_of_work() as uow:
        rulebook.switch(uow, "standing", active=False)

    street.go(patrol, DWELL + 10)

    assert street.run_jobs() == []


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
