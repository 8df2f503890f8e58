"""Incidents: where a process stops by no fault of whoever moved it, people see it, and see to it."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from engine import incidents, log, timers, work
from engine.actors import SYSTEM, Actor
from engine.bpmn import BpmnError
from engine.clock import SteppedClock
from engine.deployment import deploy, read_folder
from engine.errors import Conflict, Forbidden, Invalid, NotFound, Stopped
from engine.reports import open_case
from engine.stopping import incident_row
from engine.store import cases, effect_receipts, log_entries, people
from engine.store import incidents as incidents_table
from tests.engine.background import Office
from tests.engine.conftest import Town
from tests.engine.workers import run_all, waiting

ENDLESS = Path(__file__).parent / "diagrams_endless"

FAILURES = [OSError("no line"), OSError("no line"), OSError("no line at all")]


@pytest.fixture
def office(town: Town) -> Office:
    return Office.founded(town)


def _person(town: Town, login: str, role: str, unit_id: int) -> Actor:
    with town.database.unit_of_work() as uow:
        people.save_role(uow.conn, {"code": "admin", "name_zh": "管理员", "name_en": "admin", "sees": "none"})
        uow.changed("roles")
        person_id = people.save(uow.conn, {"login": login, "name": login.title(), "password_hash": "-"})
        people.grant(uow.conn, person_id, role, unit_id)
        row = people.read(uow.conn, person_id)
        assert row is not None
        return Actor.of(row)


@pytest.fixture
def supervisor(town: Town) -> Actor:
    return _person(town, "supervisor", "supervisor", town.city)


def _failed(office: Office, key: str = "first") -> tuple[int, int]:
    """A case whose background task failed for good, and the incident."""
    office.sender.answers = list(FAILURES)
    case = office.asked(key)
    run_all(office.town.database)
    return case, int(office.incidents()[0]["id"])


def test_the_last_attempt_opens_an_incident(office: Office) -> None:
    case, _ = _failed(office)

    (found,) = office.incidents()
    assert (found["case_id"], found["kind"], found["element_id"], found["attempts"], found["message"]) == (
        case,
        "effect",
        "send",
        3,
        "no line at all",
    )
    assert "OSError: no line at all" in found["traceback"]


def test_a_failed_task_leaves_no_job(office: Office) -> None:
    _failed(office)

    assert [waiting(office.town.database, status) for status in ("todo", "doing", "failed")] == [0, 0, 0]


def test_a_task_that_kills_its_worker_every_time_is_given_up(office: Office) -> None:
    from engine import effect_jobs
    from tests.engine.test_effects import _request

    office.asked()
    effect_jobs.carry_out(office.town.database, _request(office), attempts=6)

    assert office.sender.calls == []
    assert [found["message"] for found in office.incidents()] == ["The worker died at this task 6 times."]


def test_retry_by_hand_lets_the_case_go_on(office: Office, supervisor: Actor) -> None:
    case, incident = _failed(office)

    with office.town.database.unit_of_work() as uow:
        assert incidents.retry(uow, incident, supervisor, "the line is back") == "retried"
    run_all(office.town.database)

    assert (office.elements(case), list(office.incidents())) == (["handle"], [])


def test_a_retried_task_has_all_its_attempts_again(office: Office, supervisor: Actor) -> None:
    case, incident = _failed(office)
    office.sender.answers = list(FAILURES[:2])

    with office.town.database.unit_of_work() as uow:
        incidents.retry(uow, incident, supervisor, "the line is back")
    run_all(office.town.database)

    assert office.elements(case) == ["handle"]


def test_a_retry_is_logged_with_who_and_why(office: Office, supervisor: Actor) -> None:
    case, incident = _failed(office)

    with office.town.database.unit_of_work() as uow:
        incidents.retry(uow, incident, supervisor, "the line is back")

    with office.town.database.unit_of_work() as uow:
        entry = [row for row in log_entries.of_case(uow.conn, case) if row["action"] == "incident_retried"]
        assert list(log.verify(uow)) == []
    assert [(row["person_name"], log.data_of(row)["reason"]) for row in entry] == [
        ("Supervisor", "the line is back")
    ]


def test_completion_by_hand_lets_the_case_go_on_with_the_value(office: Office, supervisor: Actor) -> None:
    case, incident = _failed(office)

    with office.town.database.unit_of_work() as uow:
        incidents.complete(uow, incident, supervisor, "doubtful", "told them by telephone")

    assert (office.elements(case), list(office.incidents())) == (["look"], [])
    (entry,) = office.log(case, "incident_completed")
    assert (entry["result"], entry["reason"]) == ("doubtful", "told them by telephone")


def test_a_value_given_by_hand_is_the_one_that_counts(office: Office, supervisor: Actor) -> None:
    case, incident = _failed(office)
    with office.town.database.unit_of_work() as uow:
        incidents.retry(uow, incident, supervisor, "once more")
    office.repeat_jobs()
    office.sender.answers = FAILURES * 2
    run_all(office.town.database)
    second = int(office.incidents()[0]["id"])

    with office.town.database.unit_of_work() as uow:
        incidents.complete(uow, second, supervisor, "doubtful", "told them by telephone")
    run_all(office.town.database)

    assert office.elements(case) == ["look"]
    assert [outcome for _, outcome in office.receipts()] == ['{"value":"doubtful"}']


def test_a_late_success_closes_the_incident(office: Office) -> None:
    office.sender.answers = list(FAILURES)
    case = office.asked()
    office.repeat_jobs()

    run_all(office.town.database)

    assert (office.elements(case), list(office.incidents())) == (["handle"], [])


def test_an_incident_is_seen_to_once(office: Office, supervisor: Actor) -> None:
    _, incident = _failed(office)
    with office.town.database.unit_of_work() as uow:
        incidents.retry(uow, incident, supervisor, "the line is back")

    with pytest.raises(Conflict), office.town.database.unit_of_work() as uow:
        incidents.retry(uow, incident, supervisor, "me too")


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "a\x00b"])
def test_a_reason_must_be_given(office: Office, supervisor: Actor, reason: str) -> None:
    _, incident = _failed(office)

    with pytest.raises(Invalid) as refused, office.town.database.unit_of_work() as uow:
        incidents.retry(uow, incident, supervisor, reason)

    assert list(refused.value.fields) == ["reason"]


def test_all_alike_are_retried_at_once(office: Office, supervisor: Actor) -> None:
    found = [_failed(office, key) for key in ("first", "second", "third")]

    done = incidents.retry_alike(office.town.database, found[0][1], supervisor, "the line is back")
    run_all(office.town.database)

    assert done == (3, 0)
    assert [office.elements(case) for case, _ in found] == [["handle"]] * 3


def test_other_roles_may_not_look_after_incidents(office: Office) -> None:
    _, incident = _failed(office)

    for actor in (office.town.acceptor, office.town.leader, office.town.stranger):
        with pytest.raises(Forbidden), office.town.database.unit_of_work() as uow:
            incidents.retry(uow, incident, actor, "why not")
        with pytest.raises(Forbidden), office.town.database.unit_of_work() as uow:
            incidents.listed(uow, actor)


def test_incidents_of_other_units_are_not_there(office: Office) -> None:
    _, incident = _failed(office)
    elsewhere = _person(office.town, "elsewhere", "supervisor", office.town.crew)

    with office.town.database.unit_of_work() as uow:
        assert list(incidents.listed(uow, elsewhere)) == []
    with pytest.raises(NotFound), office.town.database.unit_of_work() as uow:
        incidents.retry(uow, incident, elsewhere, "why not")


def test_an_administrator_of_the_city_sees_its_incidents(office: Office) -> None:
    _, incident = _failed(office)
    administrator = _person(office.town, "administrator", "admin", office.town.city)

    with office.town.database.unit_of_work() as uow:
        assert [row["id"] for row in incidents.listed(uow, administrator)] == [incident]


def test_where_nobody_waits_any_more_a_retry_closes_the_incident(
    office: Office, supervisor: Actor, clock: SteppedClock
) -> None:
    _, incident = _failed(office)
    clock.advance(timedelta(hours=4))
    timers.sweep(office.town.database)

    with office.town.database.unit_of_work() as uow:
        assert incidents.retry(uow, incident, supervisor, "tidy up") == "obsolete"

    assert (waiting(office.town.database), list(office.incidents())) == (0, [])


def test_an_error_that_no_event_catches_is_an_incident_and_can_be_asked_again(
    office: Office, supervisor: Actor
) -> None:
    office.sender.answers = [BpmnError("UNKNOWN", "nobody knows")]
    case = office.asked()
    run_all(office.town.database)
    (found,) = office.incidents()
    assert found["kind"] == "effect"

    with office.town.database.unit_of_work() as uow:
        incidents.retry(uow, found["id"], supervisor, "it knows now")
    run_all(office.town.database)

    assert office.elements(case) == ["handle"]


def test_a_process_that_cannot_go_on_with_a_result_keeps_it(office: Office) -> None:
    office.sender.answers = ["something else"]
    case = office.asked()

    run_all(office.town.database)

    (found,) = office.incidents()
    assert (found["kind"], found["element_id"], found["case_id"]) == ("advance", "fine", case)
    assert [outcome for _, outcome in office.receipts()] == ['{"value":"something else"}']


def test_another_value_by_hand_takes_the_place_of_one_that_leads_nowhere(
    office: Office, supervisor: Actor
) -> None:
    office.sender.answers = ["something else"]
    case = office.asked()
    run_all(office.town.database)

    with office.town.database.unit_of_work() as uow:
        incidents.complete(uow, office.incidents()[0]["id"], supervisor, "fine", "they meant fine")

    assert office.elements(case) == ["handle"]
    assert len(office.sender.calls) == 1


def test_a_task_that_stops_in_another_way_is_retried_in_that_way(office: Office, supervisor: Actor) -> None:
    case, incident = _failed(office)
    with office.town.database.unit_of_work() as uow:
        found = incidents_table.read(uow.conn, incident)
        assert found is not None
        # A second run of its job succeeded, and the process could not go on with what came of it.
        same = {name: found[name] for name in ("case_id", "element_id", "attempts")}
        outcome = {"key": found["task_id"], "task": "test.send", "outcome": '{"value":"fine"}'}
        effect_receipts.add(uow.conn, {**same, **outcome, "recorded_at": uow.now})
        stopped = incident_row("advance", {**found, "id": case}, OSError("once"), found["task_id"], None)
        incidents_table.note(uow.conn, stopped, uow.now)
    sent = len(office.sender.calls)

    with office.town.database.unit_of_work() as uow:
        incidents.retry(uow, incident, supervisor, "the line is back")
    run_all(office.town.database)

    assert (office.elements(case), list(office.incidents())) == (["handle"], [])
    assert len(office.sender.calls) == sent


def test_a_value_that_leads_nowhere_changes_nothing(office: Office, supervisor: Actor) -> None:
    case, incident = _failed(office)

    with pytest.raises(Stopped), office.town.database.unit_of_work() as uow:
        incidents.complete(uow, incident, supervisor, "nonsense", "trying")

    (found,) = office.incidents()
    assert (found["id"], office.receipts(), office.elements(case)) == (incident, [], [])


def test_a_retry_of_a_result_hands_it_over_again_without_asking_again(
    office: Office, supervisor: Actor
) -> None:
    office.sender.answers = ["something else"]
    office.asked()
    run_all(office.town.database)

    with office.town.database.unit_of_work() as uow:
        incidents.retry(uow, office.incidents()[0]["id"], supervisor, "once more")
    run_all(office.town.database)

    assert len(office.sender.calls) == 1
    assert [found["kind"] for found in office.incidents()] == ["advance"]


@pytest.fixture
def endless(town: Town) -> Town:
    """A process that never waits again after its first step."""
    with town.database.unit_of_work() as uow:
        deploy(uow, read_folder(ENDLESS), SYSTEM)
    return town


def _stopped(town: Town, case_id: int) -> Stopped:
    item = town.waiting(case_id)
    with pytest.raises(Stopped) as stop, town.database.unit_of_work() as uow:
        work.complete(uow, item, town.acceptor, {})
    return stop.value


def test_a_step_without_end_is_rolled_back_and_becomes_an_incident(endless: Town) -> None:
    opened = endless.opened()

    stop = _stopped(endless, opened.id)

    assert "200" not in str(stop)
    assert endless.waiting(opened.id)
    with endless.database.unit_of_work() as uow:
        (found,) = incidents.listed(uow, SYSTEM)
    assert "more than 200 steps" in found["message"]
    assert (found["kind"], found["case_id"], found["attempts"]) == ("step", opened.id, 1)


def test_the_same_step_is_one_incident_however_often_it_stops(endless: Town) -> None:
    opened = endless.opened()

    for _ in range(3):
        _stopped(endless, opened.id)

    with endless.database.unit_of_work() as uow:
        assert [found["attempts"] for found in incidents.listed(uow, SYSTEM)] == [3]


def test_a_timer_that_stops_is_an_incident_and_is_not_tried_again_at_once(
    endless: Town, clock: SteppedClock
) -> None:
    endless.opened()
    clock.advance(timedelta(hours=4))

    for _ in range(2):
        timers.sweep(endless.database)

    with endless.database.unit_of_work() as uow:
        found = [(one["kind"], one["attempts"]) for one in incidents.listed(uow, SYSTEM)]
        assert not timers.any_due(uow)
    assert found == [("timer", 1)]


def test_a_timer_goes_on_beside_one_that_stopped(office: Office, clock: SteppedClock) -> None:
    case = office.asked()
    with office.town.database.unit_of_work() as uow:
        deploy(uow, read_folder(ENDLESS), SYSTEM)
    office.town.opened("second")
    clock.advance(timedelta(hours=4))

    timers.sweep(office.town.database)

    assert office.elements(case) == ["look"]


def test_a_timer_that_stopped_is_tried_again_later(endless: Town, clock: SteppedClock) -> None:
    endless.opened()
    clock.advance(timedelta(hours=4))
    timers.sweep(endless.database)
    clock.advance(timers.PAUSE)

    timers.sweep(endless.database)

    with endless.database.unit_of_work() as uow:
        assert [found["attempts"] for found in incidents.listed(uow, SYSTEM)] == [2]


def test_a_failing_service_task_is_an_incident_and_no_fault_of_the_person(town: Town) -> None:
    from engine import tasks

    opened = town.opened()
    item = town.waiting(opened.id)
    tasks._registry.pop("test.assign")

    @tasks.service_task("test.assign", title={"zh": "分派", "en": "Assign"})
    def assign(case: object, code: str) -> dict[str, int]:
        """Fail as no author foresaw."""
        raise KeyError(code)

    with pytest.raises(Stopped, match="KeyError"), town.database.unit_of_work() as uow:
        work.complete(uow, item, town.acceptor, {"decision": "accept"})

    with town.database.unit_of_work() as uow:
        (found,) = incidents.listed(uow, SYSTEM)
    assert found["element_id"] == "assign"


def test_a_process_that_cannot_begin_is_an_incident_without_a_case(town: Town) -> None:
    files = read_folder(ENDLESS)
    drawn = files["case.bpmn"].decode()
    for flow, target in (("f1", "count"), ("f5", "accept"), ("f2", "closed")):
        drawn = re.sub(rf'(id="{flow}" sourceRef="\w+" targetRef=)"\w+"', rf'\1"{target}"', drawn)
    with town.database.unit_of_work() as uow:
        deploy(uow, {**files, "case.bpmn": drawn.encode()}, SYSTEM)

    for key in ("first", "second"):
        with pytest.raises(Stopped), town.database.unit_of_work() as uow:
            open_case(uow, town.report(key))

    with town.database.unit_of_work() as uow:
        (found,) = incidents.listed(uow, SYSTEM)
        assert cases.read(uow.conn, 1) is None
    assert (found["kind"], found["case_id"], found["attempts"]) == ("opening", None, 2)
