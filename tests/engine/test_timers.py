"""Timers as rows: they fire when they are due, once, and an interrupted step leaves the inbox."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, func, select, text, update

from engine import log, timers, work
from engine.actors import SYSTEM
from engine.bpmn import RunError, StateError
from engine.clock import SteppedClock
from engine.deployment import deploy, read_folder
from engine.errors import Stopped
from engine.stopping import stopping
from engine.store import incidents, instances, log_entries, work_items
from engine.store.instances import instance
from engine.store.timers import timer
from engine.store.unit_of_work import UnitOfWork
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


def _opened(town: Town, count: int) -> list[int]:
    return [town.opened(f"case {number}").id for number in range(count)]


def _looked_at(town: Town, cases: list[int]) -> list[int]:
    return [case_id for case_id in cases if _elements(town, case_id) == ["look"]]


def test_a_case_that_somebody_works_on_is_passed_over_until_the_next_time(
    late: Town, clock: SteppedClock
) -> None:
    cases = _opened(late, 3)
    clock.advance(timedelta(hours=4))

    with late.database.unit_of_work() as uow:
        instances.of_case(uow.conn, cases[1], lock=True)
        timers.sweep(late.database)
    moved = _looked_at(late, cases)
    timers.sweep(late.database)

    assert moved == [cases[0], cases[2]]
    assert _looked_at(late, cases) == cases


def test_a_timer_that_fires_after_all_closes_its_incident(late: Town, clock: SteppedClock) -> None:
    opened = late.opened()
    clock.advance(timedelta(hours=4))
    with late.database.unit_of_work() as uow:
        row = instances.of_case(uow.conn, opened.id)
        assert row is not None
    with (
        pytest.raises(Stopped),
        late.database.unit_of_work(),
        stopping("timer", row),
    ):
        raise RunError("not this time")

    timers.sweep(late.database)

    with late.database.unit_of_work() as uow:
        assert list(incidents.listed(uow.conn, None, limit=9)) == []


def test_a_case_that_is_held_when_the_others_fire_one_by_one_is_no_failure(
    late: Town, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, free = _opened(late, 2)
    clock.advance(timedelta(hours=4))
    fire = timers.fire

    def held_up(uow: UnitOfWork, case_id: int) -> bool:
        if case_id == held:
            uow.conn.execute(text("SET LOCAL lock_timeout = 50"))
        return fire(uow, case_id)

    monkeypatch.setattr(timers, "fire", held_up)
    with late.database.unit_of_work() as uow:
        instances.of_case(uow.conn, held, lock=True)
        timers._one_by_one(late.database, [held, free])

    assert _looked_at(late, [held, free]) == [free]


def test_two_sweeps_share_what_is_due(
    late: Town, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timers, "PORTION", 2)
    cases = _opened(late, 4)
    clock.advance(timedelta(hours=4))

    with late.database.unit_of_work() as uow:
        first = instances.due(uow.conn, uow.now, timers.PORTION)
        timers.sweep(late.database)

    assert [row["id"] for row in first] == cases[:2]
    assert _looked_at(late, cases) == cases[2:]


def test_many_cases_take_no_more_statements_than_one(late: Town, clock: SteppedClock) -> None:
    cases = _opened(late, 20)
    clock.advance(timedelta(hours=4))
    statements: list[str] = []
    event.listen(late.database.engine, "before_cursor_execute", lambda *seen: statements.append(seen[2]))

    timers.sweep(late.database)

    # One takes the cases, one writes all that they did.
    assert [statement.split()[0] for statement in statements] == ["SELECT", "WITH"]
    assert _looked_at(late, cases) == cases


def test_a_case_that_fails_does_not_take_the_others_with_it(late: Town, clock: SteppedClock) -> None:
    cases = _opened(late, 3)
    clock.advance(timedelta(hours=4))
    with late.database.unit_of_work() as uow:
        damaged = update(instance).where(instance.c.case_id == cases[0]).values(state=b"")
        uow.conn.execute(damaged)

    with pytest.raises(ExceptionGroup) as failed:
        timers.sweep(late.database)

    assert [type(one) for one in failed.value.exceptions] == [StateError]
    assert _looked_at(late, cases) == cases[1:]
    assert timers.sweep(late.database) == 0


def test_a_portion_writes_logs_that_verify(late: Town, clock: SteppedClock) -> None:
    cases = _opened(late, 3)
    clock.advance(timedelta(hours=4))

    timers.sweep(late.database)

    with late.database.unit_of_work() as uow:
        assert list(log.verify(uow)) == []
        actions = [[entry["action"] for entry in log_entries.of_case(uow.conn, one)] for one in cases]
    assert [of_case.count("timer") for of_case in actions] == [1, 1, 1]


def test_a_timer_that_its_case_does_not_know_lets_the_others_pass(
    late: Town, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timers, "PORTION", 1)
    early, due = _opened(late, 2)
    with late.database.unit_of_work() as uow:
        uow.conn.execute(update(timer).where(timer.c.case_id == early).values(due_at=uow.now))
    clock.advance(timedelta(hours=3))
    assert timers.sweep(late.database) == 1
    clock.advance(timedelta(hours=1))

    timers.sweep(late.database)
    timers.sweep(late.database)

    assert _looked_at(late, [early, due]) == [early, due]
