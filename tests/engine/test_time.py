"""Timers of every kind as rows: of several the first one counts, of missed periods one, and a followed instant takes them along."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from engine import actions, tasks, timers, work
from engine.actors import SYSTEM
from engine.bpmn import DiagramError
from engine.case import Case
from engine.clock import SteppedClock
from engine.deployment import deploy
from engine.errors import Conflict
from engine.store import instances, work_items
from engine.store.timers import timer as timer_row
from tests.bpmn.diagrams import flows, process, service
from tests.engine.conftest import Town

HOUR = timedelta(hours=1)


def _timer(kind: str, text: str) -> str:
    return f"<timerEventDefinition><{kind}>{text}</{kind}></timerEventDefinition>"


def _properties(**values: str) -> str:
    inner = "".join(
        f'<spiffworkflow:property name="{name}" value="{value}"/>' for name, value in values.items()
    )
    return (
        f"<extensionElements><spiffworkflow:properties>{inner}</spiffworkflow:properties></extensionElements>"
    )


def _step(name: str, **properties: str) -> str:
    return f'<userTask id="{name}" name="{name}">{_properties(role="acceptor", **properties)}</userTask>'


def _catch(name: str, definition: str, **properties: str) -> str:
    given = _properties(**properties) if properties else ""
    return f'<intermediateCatchEvent id="{name}" name="{name}">{given}{definition}</intermediateCatchEvent>'


_MESSAGE = '<messageEventDefinition messageRef="m"/>'

CHOICE = process(
    '<startEvent id="start"/><eventBasedGateway id="choice"/>'
    + _catch("late", _timer("timeDuration", "PT4H"))
    + _catch("early", _timer("timeDuration", "PT1H"))
    + _catch("said", _MESSAGE, roles="acceptor", stages="handling, closing")
    + "".join(_step(name) for name in ("was_late", "was_early", "was_said"))
    + '<endEvent id="end"/>'
    + flows("start choice late was_late end", "choice early was_early end", "choice said was_said end"),
    before='<message id="m" name="say"/>',
    name="case",
)

CYCLE = process(
    '<startEvent id="start"/>'
    + _step("work")
    + f'<boundaryEvent id="again" attachedToRef="work" cancelActivity="false">{_timer("timeCycle", "R4/PT1H")}</boundaryEvent>'
    + _step("look")
    + '<endEvent id="end"/>'
    + flows("start work end", "again look end"),
    name="case",
)

FOLLOWING = process(
    '<startEvent id="start"/><parallelGateway id="both"/>'
    + _step("first")
    + service("move", "test.move", "hours=hours", "moved")
    + _step("second", limit="case")
    + _catch("light", _timer("timeDate", "'9999-12-31T00:00:00+00:00'"), follows="alarm_at")
    + _step("lit", limit="case")
    + '<endEvent id="end"/>'
    + flows("start both first move second end", "both light lit end"),
    name="case",
).replace(b'value="hours"', b'value="2"')


def _opened(town: Town, diagram: bytes) -> int:
    with town.database.unit_of_work() as uow:
        deploy(uow, {"case.bpmn": diagram}, SYSTEM)
    return town.opened().id


def _steps(town: Town, case_id: int) -> list[str]:
    with town.database.unit_of_work() as uow:
        return sorted(item["element_id"] for item in work_items.open_of_case(uow.conn, case_id))


def _due(town: Town, clock: SteppedClock) -> list[timedelta]:
    """In what time the timers that wait as rows are due."""
    with town.database.unit_of_work() as uow:
        found = uow.conn.execute(select(timer_row.c.due_at)).scalars().all()
    return sorted(at - clock.now() for at in found)


@pytest.fixture
def moving(town: Town) -> Town:
    """The town with a service task that sets the light and the due date of a case."""

    @tasks.service_task("test.move", title={"zh": "移", "en": "Move"})
    def move(case: Case, hours: int) -> None:
        """Let the case be lit so many hours from now, and due an hour later."""
        case.set(alarm_at=case.now + hours * HOUR, due_at=case.now + (hours + 1) * HOUR)

    return town


def test_of_several_timers_behind_a_gateway_the_first_one_is_swept(town: Town, clock: SteppedClock) -> None:
    case_id = _opened(town, CHOICE)
    assert _due(town, clock) == [HOUR]
    clock.advance(HOUR)

    assert timers.sweep(town.database) == 1

    assert (_steps(town, case_id), _due(town, clock)) == (["was_early"], [])


def test_of_two_overdue_timers_behind_a_gateway_the_earlier_counts(town: Town, clock: SteppedClock) -> None:
    case_id = _opened(town, CHOICE)
    clock.advance(9 * HOUR)

    assert [timers.sweep(town.database), timers.sweep(town.database)] == [1, 0]

    assert _steps(town, case_id) == ["was_early"]


def test_missed_periods_of_a_cycle_fire_once_and_the_next_one_at_its_time(
    town: Town, clock: SteppedClock
) -> None:
    case_id = _opened(town, CYCLE)
    clock.advance(2.5 * HOUR)

    assert [timers.sweep(town.database), timers.sweep(town.database)] == [1, 0]
    assert (_steps(town, case_id), _due(town, clock)) == (["look", "work"], [0.5 * HOUR])
    clock.advance(0.5 * HOUR)
    timers.sweep(town.database)

    assert _steps(town, case_id) == ["look", "look", "work"]


def test_an_action_is_taken_at_the_stages_that_it_names(town: Town) -> None:
    case_id = _opened(town, CHOICE)
    with town.database.unit_of_work() as uow:
        row = instances.of_case(uow.conn, case_id)
        assert row is not None
        at_other_stage = actions.available(uow, row, town.acceptor)
        at_its_stage = actions.available(uow, {**row, "stage": "closing"}, town.acceptor)

    assert (at_other_stage, [one.name for one in at_its_stage]) == ([], ["say"])
    with pytest.raises(Conflict), town.database.unit_of_work() as uow:
        actions.act(uow, case_id, "say", town.acceptor, {})


def test_a_timer_that_follows_waits_without_a_row_until_its_instant_is_set(
    moving: Town, clock: SteppedClock
) -> None:
    case_id = _opened(moving, FOLLOWING)
    assert _due(moving, clock) == []

    with moving.database.unit_of_work() as uow:
        work.complete(uow, moving.waiting(case_id), moving.acceptor, {})
    assert _due(moving, clock) == [2 * HOUR]
    clock.advance(2 * HOUR)
    timers.sweep(moving.database)

    assert (_steps(moving, case_id), _due(moving, clock)) == (["lit", "second"], [])


def test_a_timer_may_follow_only_an_instant_of_the_case(moving: Town) -> None:
    with pytest.raises(DiagramError) as refused, moving.database.unit_of_work() as uow:
        deploy(uow, {"case.bpmn": FOLLOWING.replace(b'"alarm_at"', b'"opened_at"')}, SYSTEM)

    assert "follows-unknown" in {finding.rule for finding in refused.value.findings}
