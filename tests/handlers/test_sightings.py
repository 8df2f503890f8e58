"""Sightings become cases: opened, joined, answered, merged, voided, with evidence and a still at the check."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine import actions, work
from engine.actors import SYSTEM
from engine.bpmn import BpmnError
from engine.clock import SteppedClock
from engine.effect_jobs import Handed, hand_over
from engine.effects import CaseFacts, Effect, Outcome
from engine.errors import NotFound
from engine.execution import Execution
from engine.store import attachments, instances
from engine.store.database import Database
from handlers.cameras.stills import Stills
from handlers.evidence import stills, verifying
from handlers.sightings import checking, holding
from handlers.sightings.evidence import complete_rejected, evidence
from handlers.store import evidence as stored_evidence
from handlers.store import sealed_stills
from tests.engine.workers import run_all
from tests.handlers import sights
from tests.handlers.sights import BOX, ELSEWHERE, Sights
from tests.statements import statements
from vision.evidence import keys, layout
from vision.evidence.verify import bundles_in, verify

Installed = Callable[..., Sights]


@pytest.fixture
def installed(database: Database, processes: Path, tmp_path: Path) -> Installed:
    return lambda **zone: sights.installed(database, processes, tmp_path, **zone)


@pytest.fixture
def road(installed: Installed) -> Sights:
    return installed()


def finish_evidence(road: Sights, case_id: int, outcome: Outcome | None = None) -> None:
    """Do what the job of the background task does."""
    with road.database.unit_of_work() as uow:
        row = instances.of_case(uow.conn, case_id, lock=True)
        assert row is not None
        (token,) = Execution.of(uow, row, SYSTEM).instance.pending_services()
        effect = Effect(token.task_id, 1, CaseFacts(row), uow.now, road.database, road.settings)
    found = outcome or Outcome(vars(evidence(effect)))
    with road.database.unit_of_work() as uow:
        row = instances.of_case(uow.conn, case_id, lock=True)
        assert row is not None
        hand_over(uow, row, Handed(token.task_id, "vision.evidence", token.element_id, found))


def confirmed(road: Sights, clock: SteppedClock) -> int:
    """A sighting that a reviewer confirmed, up to the handler."""
    road.sees(clock.now())
    case_id = int(road.rows()[0]["case_id"])
    road.does(case_id, decision="yes")
    finish_evidence(road, case_id)
    return case_id


def test_an_alarm_opens_a_case_of_the_cameras_unit_that_waits_for_a_reviewer(
    road: Sights, clock: SteppedClock
) -> None:
    road.sees(clock.now())

    (row,) = road.rows()
    item = road.item(row["case_id"])
    assert (row["status"], row["stage"], row["channel"]) == ("open", "verifying", "camera")
    assert (row["category"], row["joined"], row["certain"]) == ("0409", False, False)
    assert (item["element_id"], item["role"]) == ("review", "reviewer")
    assert road.town is not None
    assert item["unit_id"] == road.town.units.by_code["XC"].id


def test_an_alarm_told_twice_is_one_case(road: Sights, clock: SteppedClock) -> None:
    road.sees(clock.now())
    road.sees(clock.now())

    (row,) = road.rows()
    assert road.log(row["case_id"]).count("reported") == 1


def test_the_frames_of_an_alarm_are_sealed_evidence_and_no_photographs_of_the_case(
    road: Sights, clock: SteppedClock
) -> None:
    # What is no film does not keep the rest from being kept.
    road.sees(clock.now(), clip=b"no film")

    (row,) = road.rows()
    with road.database.unit_of_work() as uow:
        kept = attachments.of_case(uow.conn, row["case_id"])
    (folder,) = bundles_in(road.settings.evidence)
    (alarm,) = folder.glob("*-alarm.jpg")
    assert kept == []
    assert alarm.read_bytes() == sights.picture(70)
    assert list(road.settings.photos.rglob("*.jpg")) == []


@pytest.mark.parametrize(
    ("other", "cases"),
    [
        ({"slot": "s1", "rule": "parking"}, 1),
        ({"slot": "s2", "box": BOX}, 1),
        ({"slot": "s2", "box": ELSEWHERE}, 2),
    ],
)
def test_what_stands_where_something_stands_joins_its_case_and_what_stands_beside_it_does_not(
    road: Sights, clock: SteppedClock, other: Mapping[str, Any], cases: int
) -> None:
    road.sees(clock.now())

    road.sees(clock.now(), **other)

    assert len({row["case_id"] for row in road.rows()}) == cases


def test_what_comes_to_a_place_that_was_left_is_a_case_of_its_own(road: Sights, clock: SteppedClock) -> None:
    road.sees(clock.now())
    road.sees(clock.now(), "over")

    road.sees(clock.now(), slot="s2")

    first, second = road.rows()
    assert first["over_at"] == clock.now()
    assert first["case_id"] != second["case_id"]


def test_a_joined_sighting_brings_its_pictures_and_a_line_in_the_log(
    road: Sights, clock: SteppedClock
) -> None:
    road.sees(clock.now())
    road.sees(clock.now(), slot="s2")

    first, second = road.rows()
    assert (second["joined"], second["case_id"]) == (True, first["case_id"])
    assert road.log(first["case_id"])[-1] == "sighting_joined"


def test_that_it_still_stands_there_is_told_once_in_half_an_hour(road: Sights, clock: SteppedClock) -> None:
    road.sees(clock.now())
    case_id = road.rows()[0]["case_id"]

    for _ in range(7):
        clock.advance(timedelta(minutes=10))
        road.sees(clock.now(), "goes_on")

    assert road.log(case_id).count("sighting_goes_on") == 2


def test_what_left_is_told_once_and_its_case_goes_on(road: Sights, clock: SteppedClock) -> None:
    road.sees(clock.now())
    case_id = road.rows()[0]["case_id"]

    road.sees(clock.now(), "over")
    road.sees(clock.now(), "over")

    assert road.log(case_id).count("sighting_over") == 1
    assert road.item(case_id)["element_id"] == "review"


def test_a_turn_of_an_alarm_that_never_came_is_let_go(road: Sights, clock: SteppedClock) -> None:
    road.sees(clock.now(), "goes_on")

    assert road.rows() == []


def test_a_confirmed_sighting_is_filed_at_once_and_dispatched(road: Sights, clock: SteppedClock) -> None:
    case_id = confirmed(road, clock)

    (row,) = road.rows()
    log = road.log(case_id)
    assert road.item(case_id)["element_id"] == "handle"
    assert (row["answer"], row["answered_at"]) == ("yes", clock.now())
    assert "accept" not in log


def test_a_rejected_sighting_ends_its_case_and_keeps_the_reason(road: Sights, clock: SteppedClock) -> None:
    road.sees(clock.now())
    case_id = road.rows()[0]["case_id"]

    road.does(case_id, decision="no", reason="公交车上下客")

    (row,) = road.rows()
    assert (row["status"], row["answer"], row["reason"]) == ("rejected", "no", "公交车上下客")


def test_what_was_rejected_has_the_decision_in_its_bundle_signed(road: Sights, clock: SteppedClock) -> None:
    road.sees(clock.now())
    case_id = int(road.rows()[0]["case_id"])
    road.does(case_id, decision="no", reason="公交车上下客")

    run_all(road.database, settings=road.settings)
    complete_rejected(road.database, road.settings, case_id)

    (folder,) = bundles_in(road.settings.evidence)
    decision = json.loads((folder / layout.DECISION).read_bytes())
    assert (decision["answer"], decision["reason"]) == ("no", "公交车上下客")
    assert decision["by"]
    assert verify(folder, keys.of_home(road.settings.home)) == []


def test_a_decision_that_was_taken_away_is_missed(road: Sights, clock: SteppedClock) -> None:
    road.sees(clock.now())
    road.does(int(road.rows()[0]["case_id"]), decision="no", reason="公交车上下客")
    run_all(road.database, settings=road.settings)
    with road.database.unit_of_work() as uow:
        row = stored_evidence.of_sighting(uow.conn, road.rows()[0]["id"])
    (folder,) = bundles_in(road.settings.evidence)
    assert row is not None
    assert verifying.problems_of(road.settings, row) == []

    for name in (layout.DECISION, layout.signature_of(layout.DECISION)):
        (folder / name).unlink()

    assert [file for file, _ in verifying.problems_of(road.settings, row)] == [layout.DECISION]


def test_what_is_to_be_watched_on_is_not_decided_about(road: Sights, clock: SteppedClock) -> None:
    road.sees(clock.now())

    road.does(int(road.rows()[0]["case_id"]), decision="keep")

    run_all(road.database, settings=road.settings)
    (folder,) = bundles_in(road.settings.evidence)
    assert not (folder / layout.DECISION).exists()


def test_a_decision_waits_for_a_bundle_that_is_not_written_yet(road: Sights, clock: SteppedClock) -> None:
    road.sees(clock.now())
    case_id = int(road.rows()[0]["case_id"])
    with road.database.unit_of_work() as uow:
        uow.conn.exec_driver_sql("DELETE FROM evidence_bundle")

    with pytest.raises(NotFound):
        complete_rejected(road.database, road.settings, case_id)


def test_evidence_says_who_confirmed_it_and_verifies(road: Sights, clock: SteppedClock) -> None:
    confirmed(road, clock)

    (folder,) = bundles_in(road.settings.evidence)
    decision = json.loads((folder / layout.DECISION).read_bytes())
    assert "韩复核" in decision.values()
    assert "yes" in decision.values()
    assert verify(folder, keys.of_home(road.settings.home)) == []


def test_a_made_camera_waits_until_its_sightings_are_answered(
    installed: Installed, clock: SteppedClock
) -> None:
    road = installed()
    with road.database.unit_of_work() as uow:
        uow.conn.exec_driver_sql("UPDATE camera SET made = true")

    for number in range(holding.MOST_MADE + 2):
        left = 0.05 * number
        road.sees(clock.now(), slot=f"s{number}", box=(left, 0.5, left + 0.04, 0.6))
    before = len(road.rows())
    road.does(int(road.rows()[0]["case_id"]), decision="no")
    road.sees(clock.now(), slot="later", box=(0.9, 0.1, 0.94, 0.2))

    assert (before, len(road.rows())) == (holding.MOST_MADE, holding.MOST_MADE + 1)


def test_a_case_whose_originals_are_lost_goes_on_without_evidence(road: Sights, clock: SteppedClock) -> None:
    road.sees(clock.now())
    case_id = road.rows()[0]["case_id"]
    road.does(case_id, decision="yes")

    finish_evidence(road, case_id, Outcome(error=BpmnError("evidence_failed", "gone")))

    assert road.item(case_id)["element_id"] == "handle"


def test_a_sighting_is_voided_by_the_action_of_the_called_process(road: Sights, clock: SteppedClock) -> None:
    case_id = confirmed(road, clock)

    with road.database.unit_of_work() as uow:
        actions.act(uow, case_id, "void", road.actor("supervisor"), {"reason": "车已驶离"})

    assert road.stage(case_id) == "void"


def test_a_sighting_is_merged_and_parted_again_inside_the_called_process(
    road: Sights, clock: SteppedClock
) -> None:
    first = confirmed(road, clock)
    road.sees(clock.now(), slot="s2", box=ELSEWHERE)
    second = int(road.rows()[1]["case_id"])
    road.does(second, decision="yes")
    finish_evidence(road, second)
    leader = road.actor("shift_leader")
    with road.database.unit_of_work() as uow:
        into = instances.of_case(uow.conn, first)
        assert into is not None
        actions.act(uow, second, "merge", leader, {"into": into["number"]})
    assert road.stage(second) == "merged"

    from engine import merging

    with road.database.unit_of_work() as uow:
        merging.undo(uow, second, leader)

    assert road.stage(second) == "handling"
    assert road.item(second)["element_id"] == "handle"


def test_a_zone_files_by_itself_only_what_has_proved_right(installed: Installed, clock: SteppedClock) -> None:
    road = installed(auto_file=True)
    road.sees(clock.now())

    (row,) = road.rows()
    assert row["certain"] is False


def test_a_zone_files_by_itself_what_was_right_often_enough(
    installed: Installed, clock: SteppedClock
) -> None:
    road = installed(auto_file=True)
    road.sees(clock.now())
    with road.database.unit_of_work() as uow:
        uow.conn.exec_driver_sql("UPDATE sighting SET answer = 'yes', over_at = now()")
        names = "camera_id, zone_key, zone_version, rule_key, rule_version, box, began_at, alarm_at, last_at, over_at, verified, name, score, model, model_sha256, detections, joined, certain, answer, reason"
        uow.conn.exec_driver_sql(
            f"INSERT INTO sighting ({names}, slot) SELECT {names}, 'o' || n FROM sighting, generate_series(1, 59) n"
        )

    road.sees(clock.now(), slot="s9", box=ELSEWHERE)
    road.sees(clock.now(), slot="s10", box=(0.7, 0.5, 0.9, 0.8), score=0.7)

    sure, unsure = road.rows()[-2:]
    assert (sure["certain"], unsure["certain"]) == (True, False)
    assert unsure["stage"] == "verifying"


def test_a_check_gets_the_fresh_still_of_the_camera_in_view(road: Sights, clock: SteppedClock) -> None:
    case_id = confirmed(road, clock)
    Stills(road.settings).keep(road.camera_id, clock.now(), sights.picture(200), recent=False)
    road.does(case_id, decision="done")

    checking.attach(road.database, road.settings, case_id, road.camera_id)
    checking.attach(road.database, road.settings, case_id, road.camera_id)

    with road.database.unit_of_work() as uow:
        (still,) = sealed_stills.of_case(uow.conn, case_id)
        photographs = attachments.of_case(uow.conn, case_id)
    assert road.item(case_id)["element_id"] == "check"
    assert (still["purpose"], still["taken_at"], still["copy_sha256"]) == ("check", clock.now(), None)
    assert stills.path_of(road.settings, still).read_bytes() == sights.picture(200)
    assert photographs == []
    assert road.log(case_id).count("still") == 1


@pytest.mark.parametrize("age", [None, timedelta(hours=1)])
def test_a_camera_that_is_away_holds_up_no_check(
    road: Sights, clock: SteppedClock, age: timedelta | None
) -> None:
    case_id = confirmed(road, clock)
    if age is not None:
        Stills(road.settings).keep(road.camera_id, clock.now() - age, sights.picture(200), recent=False)
    road.does(case_id, decision="done")

    checking.attach(road.database, road.settings, case_id, road.camera_id)

    with road.database.unit_of_work() as uow:
        kept = sealed_stills.of_case(uow.conn, case_id)
    assert road.item(case_id)["element_id"] == "check"
    assert kept == []


@pytest.mark.parametrize("decision", ["yes", "no"])
def test_a_review_takes_eight_statements_at_most(road: Sights, clock: SteppedClock, decision: str) -> None:
    road.sees(clock.now())
    case_id = road.rows()[0]["case_id"]
    item = road.item(case_id)
    reviewer = road.actor("reviewer")

    with statements() as seen, road.database.unit_of_work() as uow:
        work.complete(uow, item["id"], reviewer, {"decision": decision})

    assert 0 < len(seen) <= 8
