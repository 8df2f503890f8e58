"""Signals: thrown in one case, they reach every case that waits; and what a called process does."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from engine import work
from engine.reports import open_case
from engine.store import work_items
from tests.bpmn.diagrams import flows, process
from tests.engine.conftest import Town
from tests.engine.correspondence import MESSAGES, STORM, Two, element, founded, step


@pytest.fixture
def two(town: Town) -> Two:
    return founded(town)


LISTENS = process(
    '<startEvent id="s"/>'
    + step("wait")
    + element("boundaryEvent", "hears", STORM, 'attachedToRef="wait"')
    + step("shelter") + '<endEvent id="e"/>' + flows("s wait e", "hears shelter e"),
    before=MESSAGES,
    name="case",
)  # fmt: skip
CALLS = process(
    '<startEvent id="s"/>' + step("look")
    + element("intermediateThrowEvent", "warn", STORM)
    + step("after") + '<endEvent id="e"/>' + flows("s look warn after e"),
    before=MESSAGES,
    name="weather",
)  # fmt: skip


def warned(two: Two) -> list[int]:
    return [case for case, name in two.at() if name == "shelter"]


@pytest.fixture
def listening(two: Two) -> Two:
    two.deploy(case=LISTENS)
    two.deploy(weather=CALLS)
    return two


def warn(two: Two, report: str = "w") -> None:
    with two.town.database.unit_of_work() as uow:
        opened = open_case(uow, two.town.report(report), process_key="weather")
    two.do(opened.id)


def test_a_signal_reaches_every_case_that_waits(listening: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.signals.PORTION", 2)
    waiting_cases = [listening.town.opened(f"r{n}").id for n in range(5)]

    warn(listening)
    listening.run()

    assert warned(listening) == waiting_cases
    assert listening.count("subscription") == 0


def test_a_signal_that_comes_twice_changes_nothing(listening: Two) -> None:
    case_id = listening.town.opened().id
    warn(listening)
    columns = "queue_name, task_name, priority, lock, args"
    with listening.town.database.unit_of_work() as uow:
        uow.conn.execute(
            text(f"INSERT INTO procrastinate_jobs ({columns}) SELECT {columns} FROM procrastinate_jobs")
        )
    listening.run()

    assert warned(listening) == [case_id]
    assert len(listening.log(case_id, "signal")) == 1


def test_who_begins_to_wait_later_does_not_hear_it(listening: Two) -> None:
    warn(listening)
    listening.town.opened()

    listening.run()

    assert warned(listening) == []


def test_a_called_process_has_its_steps_and_the_caller_waits_for_it(two: Two) -> None:
    caller = process(
        '<startEvent id="s"/><callActivity id="call" name="call" calledElement="visit"/>' + step("read")
        + '<endEvent id="e"/>' + flows("s call read e"), name="case",
    )  # fmt: skip
    visit = process(
        '<startEvent id="vs"/>' + step("go") + '<endEvent id="ve"/>' + flows("vs go ve"), name="visit"
    )
    two.deploy(case=caller, visit=visit)
    case_id = two.town.opened().id
    assert two.at() == [(case_id, "go")]

    with two.town.database.unit_of_work() as uow:
        (item,) = work_items.open_of_case(uow.conn, case_id)
        work.complete(uow, item["id"], two.town.acceptor, {})

    assert two.at() == [(case_id, "read")]
