"""A case that stopped goes on at another element of its diagram, with who and why in its log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from engine import effect_jobs, incidents, log, reroutes, timers
from engine.actors import SYSTEM, Actor
from engine.clock import SteppedClock
from engine.deployment import deploy, read_folder
from engine.effects import Outcome
from engine.errors import Conflict, Forbidden, Invalid, Stopped
from engine.store import instances
from tests.engine.background import Office
from tests.engine.conftest import Town
from tests.engine.test_effects import _request
from tests.engine.test_incidents import ENDLESS, FAILURES, _failed, _stopped, endless, office, supervisor
from tests.engine.workers import run_all

__all__ = ["endless", "office", "supervisor"]


def _go(office: Office, incident: int, actor: Actor, to: str) -> None:
    with office.town.database.unit_of_work() as uow:
        reroutes.reroute(uow, incident, actor, to, "told them by telephone")


def _row(town: Town, case_id: int) -> Mapping[str, Any]:
    with town.database.unit_of_work() as uow:
        row = instances.of_case(uow.conn, case_id)
        assert row is not None
        return dict(row)


def _open(town: Town) -> list[Mapping[str, Any]]:
    with town.database.unit_of_work() as uow:
        return list(incidents.listed(uow, SYSTEM))


def test_the_case_goes_on_there_and_the_incident_is_closed(office: Office, supervisor: Actor) -> None:
    case, incident = _failed(office)

    _go(office, incident, supervisor, "handle")

    assert (office.elements(case), list(office.incidents())) == (["handle"], [])
    with office.town.database.unit_of_work() as uow:
        closed = incidents.read(uow, incident, supervisor)
    assert (closed["resolution"], closed["reason"], closed["closed_by"]) == (
        "rerouted",
        "told them by telephone",
        supervisor.person_id,
    )


def test_the_log_says_who_why_and_where(office: Office, supervisor: Actor) -> None:
    case, incident = _failed(office)

    _go(office, incident, supervisor, "handle")

    (said,) = office.log(case, "incident_rerouted")
    assert (said["from"], said["to"], said["reason"]) == ("send", "handle", "told them by telephone")
    with office.town.database.unit_of_work() as uow:
        assert list(log.verify(uow)) == []


def test_the_timers_of_the_step_are_gone(office: Office, supervisor: Actor, clock: SteppedClock) -> None:
    case, incident = _failed(office)

    _go(office, incident, supervisor, "handle")
    clock.advance(timedelta(hours=4))

    assert timers.sweep(office.town.database) == 0
    assert office.elements(case) == ["handle"]


def test_an_answer_that_comes_later_is_only_logged(office: Office, supervisor: Actor) -> None:
    office.sender.answers = list(FAILURES)
    case = office.asked()
    request = _request(office)
    run_all(office.town.database)
    _go(office, int(office.incidents()[0]["id"]), supervisor, "look")

    effect_jobs.settle(office.town.database, request, Outcome("fine"), 1)

    assert office.elements(case) == ["look"]
    assert office.log(case, "service")[-1]["late"]


def test_a_step_that_stopped_is_left_for_another(endless: Town, supervisor: Actor) -> None:
    opened = endless.opened()
    _stopped(endless, opened.id)
    (found,) = _open(endless)

    with endless.database.unit_of_work() as uow:
        reroutes.reroute(uow, found["id"], supervisor, "closed", "it is done")

    assert (_row(endless, opened.id)["status"], _open(endless)) == ("closed", [])


def test_a_timer_that_stopped_is_left_where_the_case_waits_at_one_step(
    endless: Town, supervisor: Actor, clock: SteppedClock
) -> None:
    opened = endless.opened()
    clock.advance(timedelta(hours=4))
    timers.sweep(endless.database)
    (found,) = _open(endless)

    with endless.database.unit_of_work() as uow:
        reroutes.reroute(uow, found["id"], supervisor, "closed", "it is done")

    assert _row(endless, opened.id)["status"] == "closed"


def test_an_element_at_which_the_process_stops_again_changes_nothing(
    endless: Town, supervisor: Actor
) -> None:
    opened = endless.opened()
    _stopped(endless, opened.id)
    (found,) = _open(endless)
    before = _row(endless, opened.id)

    with pytest.raises(Stopped), endless.database.unit_of_work() as uow:
        reroutes.reroute(uow, found["id"], supervisor, "count", "trying")

    (still,) = _open(endless)
    assert (still["id"], still["attempts"]) == (found["id"], 2)
    assert _row(endless, opened.id) == before


@pytest.mark.parametrize(
    ("to", "said"),
    [("nowhere", "no element nowhere"), ("late", "cannot go on at late"), ("start", "cannot go on")],
)
def test_what_is_not_safe_is_refused_with_the_reason(
    office: Office, supervisor: Actor, to: str, said: str
) -> None:
    case, incident = _failed(office)
    before = _row(office.town, case)

    with pytest.raises(Invalid, match=said) as refused:
        _go(office, incident, supervisor, to)

    assert list(refused.value.fields) == ["to"]
    assert _row(office.town, case) == before
    assert [one["id"] for one in office.incidents()] == [incident]


def test_where_the_case_waits_no_more_it_is_told(
    office: Office, supervisor: Actor, clock: SteppedClock
) -> None:
    _, incident = _failed(office)
    clock.advance(timedelta(hours=4))
    timers.sweep(office.town.database)

    with pytest.raises(Conflict, match="does not wait at this step"):
        _go(office, incident, supervisor, "handle")


def test_other_roles_may_not(office: Office) -> None:
    _, incident = _failed(office)

    with pytest.raises(Forbidden):
        _go(office, incident, office.town.leader, "handle")


def test_the_elements_offered_are_those_that_can_be_entered(office: Office, supervisor: Actor) -> None:
    _, incident = _failed(office)

    with office.town.database.unit_of_work() as uow:
        offered = reroutes.destinations(uow, incidents.read(uow, incident, supervisor))

    assert [one.id for one in offered] == ["accept", "send", "fine", "look", "handle", "closed"]


def test_a_case_that_could_not_be_opened_goes_nowhere(town: Town, supervisor: Actor) -> None:
    from tests.engine.test_incidents import (
        test_a_process_that_cannot_begin_is_an_incident_without_a_case as begin,
    )

    begin(town)
    (found,) = _open(town)

    with pytest.raises(Conflict), town.database.unit_of_work() as uow:
        reroutes.reroute(uow, found["id"], supervisor, "accept", "trying")
    with town.database.unit_of_work() as uow:
        deploy(uow, read_folder(ENDLESS), SYSTEM)
