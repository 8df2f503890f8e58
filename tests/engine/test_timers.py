"""Timers as rows: they fire when they are due, once, and an interrupted step leaves the inbox."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from engine import timers, work
from engine.actors import SYSTEM
from engine.clock import SteppedClock
from engine.deployment import deploy, read_folder
from engine.store import log_entries, work_items
from engine.store.timers import timer
from tests.engine.conftest import Town

LATE = Path(__file__).parent / "diagrams_timer"


@pytest.fixture
def late(town: Town) -> Town:
    """The small city with a process that has a boundary timer of four hours."""
    with town.database.unit_of_work() as uow:
        deploy(uow, read_folder(LATE), SYSTEM)
    return town


def _elements(town: Town, case_id: int) -> list[str]:
    with town.database.unit_of_work() as uow:
        return [item["element_id"] for item in work_items.open_of_case(uow.conn, case_id)]


def _timers(town: Town) -> int:
    with town.database.unit_of_work() as uow:
        return int(uow.conn.execute(select(func.count()).select_from(timer)).scalar_one())


def test_a_timer_that_is_not_due_moves_nothing(late: Town, clock: SteppedClock) -> None:
    opened = late.opened()
    clock.advance(timedelta(hours=3, minutes=59))

    assert timers.sweep(late.database) == 0
    assert _elements(late, opened.id) == ["accept"]


def test_a_timer_that_is_due_moves_its_case(late: Town, clock: SteppedClock) -> None:
    opened = late.opened()
    clock.advance(timedelta(hours=4))

    timers.sweep(late.database)

    assert _elements(late, opened.id) == ["look"]


def test_a_timer_fires_once(late: Town, clock: SteppedClock) -> None:
    late.opened()
    clock.advance(timedelta(hours=5))

    assert [timers.sweep(late.database), timers.sweep(late.database)] == [1, 0]


def test_a_timer_that_another_sweep_fired_leaves_the_case_as_it_is(late: Town, clock: SteppedClock) -> None:
    opened = late.opened()
    clock.advance(timedelta(hours=5))
    fired = []

    for _ in range(2):
        with late.database.unit_of_work() as uow:
            fired.append(timers.fire(uow, opened.id))

    assert fired == [True, False]
    with late.database.unit_of_work() as uow:
        entries = [entry["action"] for entry in log_entries.of_case(uow.conn, opened.id)]
    assert entries.count("timer") == 1


def test_a_completed_step_takes_its_timer_away(late: Town) -> None:
    opened = late.opened()
    assert _timers(late) == 1

    with late.database.unit_of_work() as uow:
        work.complete(uow, late.waiting(opened.id), late.acceptor, {})

    assert _timers(late) == 0


def test_nothing_is_due_where_no_case_waits_for_a_time(late: Town) -> None:
    with late.database.unit_of_work() as uow:
        assert not timers.any_due(uow)
