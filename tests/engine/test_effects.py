"""Background tasks: asked for with the step, carried out by a worker, recorded once, and the case goes on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, text

from engine import effect_jobs, timers, work
from engine.actors import SYSTEM
from engine.bpmn import BpmnError
from engine.clock import SteppedClock
from engine.deployment import deploy, read_folder
from engine.effects import Effect, Outcome, Request
from engine.store import work_items
from engine.tasks import Limit, service_task
from tests.engine.background import Office
from tests.engine.conftest import Town
from tests.engine.workers import run_all, run_one, waiting

MANY = Path(__file__).parent / "diagrams_many"


class Refused(Exception):
    """Raised by a test to roll a unit of work back."""


@pytest.fixture
def office(town: Town) -> Office:
    return Office.founded(town)


def _request(office: Office) -> Request:
    """What the only job that waits was asked."""
    with office.town.database.unit_of_work() as uow:
        args = uow.conn.execute(text("SELECT args FROM procrastinate_jobs")).scalar_one()
    return Request.from_text(args["request"])


def test_nothing_is_carried_out_within_the_step(office: Office) -> None:
    case = office.asked()

    assert (office.sender.calls, office.elements(case), waiting(office.town.database)) == ([], [], 1)


def test_a_rolled_back_step_leaves_no_job(office: Office) -> None:
    opened = office.town.opened()
    item = office.town.waiting(opened.id)

    def complete_and_fail() -> None:
        with office.town.database.unit_of_work() as uow:
            work.complete(uow, item, office.town.acceptor, {})
            raise Refused

    with pytest.raises(Refused):
        complete_and_fail()

    assert waiting(office.town.database) == 0


def test_the_case_goes_on_with_the_result(office: Office) -> None:
    case = office.asked()

    run_all(office.town.database)

    assert office.elements(case) == ["handle"]
    assert waiting(office.town.database) == 0


def test_the_function_sees_its_parameters_the_case_and_the_key(office: Office) -> None:
    case = office.asked()
    key = _request(office).key

    run_all(office.town.database)

    ((effect, said),) = office.sender.calls
    assert (effect.key, effect.attempt, effect.case.id, effect.case.address, said) == (
        key,
        1,
        case,
        "West Street",
        "category 0101",
    )


def test_the_function_cannot_change_the_case(office: Office) -> None:
    office.asked()
    run_all(office.town.database)
    ((effect, _),) = office.sender.calls

    with pytest.raises(AttributeError, match="returns a result"):
        effect.case.address = "elsewhere"


def test_the_log_says_what_came_out(office: Office) -> None:
    case = office.asked()

    run_all(office.town.database)

    assert office.log(case, "service") == [{"task": "test.send", "result": "fine"}]


def test_a_failure_is_tried_again_under_the_same_key(office: Office) -> None:
    office.sender.answers = [OSError("no line"), OSError("no line")]
    case = office.asked()

    run_all(office.town.database)

    attempts = [(effect.attempt, effect.key) for effect, _ in office.sender.calls]
    assert [number for number, _ in attempts] == [1, 2, 3]
    assert len({key for _, key in attempts}) == 1
    assert office.elements(case) == ["handle"]


def test_a_result_that_is_not_json_is_a_failure(office: Office) -> None:
    office.sender.answers = [{1, 2}]
    office.asked()

    run_all(office.town.database)

    assert [effect.attempt for effect, _ in office.sender.calls] == [1, 2]


def test_a_repetition_waits_for_its_time(town: Town) -> None:
    office = Office.founded(town, backoff=600.0)
    office.sender.answers = [OSError("no line")]
    office.asked()

    run_all(town.database)

    with town.database.unit_of_work() as uow:
        seconds = uow.conn.execute(
            text("SELECT extract(epoch FROM scheduled_at - now()) FROM procrastinate_jobs")
        ).scalar_one()
    assert 500 < seconds <= 600


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 10), (2, 20), (5, 160), (40, 3600)])
def test_each_repetition_waits_twice_as_long_an_hour_at_most(attempts: int, seconds: float) -> None:
    asked = Request(1, "key", "send", "test.send", {}, retries=50, backoff=10, lock=None, priority=0)

    assert asked.wait(attempts) == seconds


def test_a_bpmn_error_goes_to_the_boundary_event(office: Office) -> None:
    office.sender.answers = [BpmnError("REFUSED", "the number is blocked")]
    case = office.asked()

    run_all(office.town.database)

    assert office.elements(case) == ["look"]
    assert len(office.sender.calls) == 1
    assert office.log(case, "service")[0]["error"] == "REFUSED"


def test_a_job_that_is_delivered_twice_has_one_effect_on_the_case(office: Office) -> None:
    case = office.asked()
    office.repeat_jobs()

    run_all(office.town.database)

    assert (office.elements(case), len(office.sender.calls), len(office.receipts())) == (["handle"], 1, 1)


def test_of_two_attempts_at_the_same_time_the_first_result_counts(office: Office) -> None:
    case = office.asked()
    asked = _request(office)

    effect_jobs.settle(office.town.database, asked, Outcome("fine"), 1)
    effect_jobs.settle(office.town.database, asked, Outcome("doubtful"), 1)

    assert office.elements(case) == ["handle"]
    assert [outcome for _, outcome in office.receipts()] == ['{"value":"fine"}']


def test_a_result_that_comes_when_nobody_waits_is_noted_and_moves_nothing(
    office: Office, clock: SteppedClock
) -> None:
    case = office.asked()
    asked = _request(office)
    clock.advance(timedelta(hours=4))
    timers.sweep(office.town.database)

    effect_jobs.settle(office.town.database, asked, Outcome("fine"), 1)

    assert office.elements(case) == ["look"]
    assert office.log(case, "service") == [{"task": "test.send", "result": "fine", "late": True}]


def test_a_task_that_the_process_gave_up_is_not_carried_out(office: Office, clock: SteppedClock) -> None:
    office.asked()
    clock.advance(timedelta(hours=4))
    timers.sweep(office.town.database)

    run_all(office.town.database)

    assert office.sender.calls == []


def test_an_advance_that_comes_before_its_result_changes_nothing(office: Office) -> None:
    case = office.asked()
    key = _request(office).key

    effect_jobs.advance(office.town.database, key)

    assert (office.elements(case), office.receipts()) == ([], [])


@contextmanager
def _held(office: Office, case_id: int) -> Iterator[None]:
    """Somebody else holds the case, and nobody waits for it longer than an instant."""
    database = office.town.database
    url = database.url.replace("postgresql+psycopg://", "postgresql://", 1)

    def hurry(conn: Any) -> None:
        conn.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")

    event.listen(database.engine, "begin", hurry)
    with psycopg.connect(url) as other:
        other.execute('SELECT 1 FROM "case" WHERE id = %s FOR UPDATE', (case_id,))
        yield
        other.rollback()
    event.remove(database.engine, "begin", hurry)


def _kept_for_later(office: Office) -> int:
    """A case whose background task was done while somebody else held the case; the job of the task is gone."""
    case = office.asked()
    asked = _request(office)
    with _held(office, case):
        effect_jobs.settle(office.town.database, asked, Outcome("fine"), 1)
    with office.town.database.unit_of_work() as uow:
        uow.conn.execute(text("DELETE FROM procrastinate_jobs WHERE queue_name = 'effects'"))
    return case


def test_a_result_is_kept_while_somebody_holds_the_case(office: Office) -> None:
    case = _kept_for_later(office)

    assert (office.elements(case), len(office.receipts())) == ([], 1)


def test_the_case_goes_on_with_a_kept_result_and_the_task_is_not_repeated(office: Office) -> None:
    case = _kept_for_later(office)

    run_all(office.town.database)

    assert (office.elements(case), office.sender.calls) == (["handle"], [])


def test_an_advance_that_is_delivered_twice_moves_the_case_once(office: Office) -> None:
    case = _kept_for_later(office)
    office.repeat_jobs()

    run_all(office.town.database)

    assert (office.elements(case), len(office.log(case, "service"))) == (["handle"], 1)


def test_an_advance_waits_until_nobody_holds_the_case(office: Office) -> None:
    case = _kept_for_later(office)
    with _held(office, case):
        run_one(office.town.database)
    assert waiting(office.town.database) == 1

    for key, _ in office.receipts():
        effect_jobs.advance(office.town.database, key)

    assert office.elements(case) == ["handle"]


def test_effects_take_no_lock(office: Office) -> None:
    office.asked()

    assert _locks(office) == [("effects", None)]


def test_jobs_that_advance_take_the_lock_of_the_case(office: Office) -> None:
    case = _kept_for_later(office)

    assert _locks(office) == [("advance", f"case:{case}")]


def _locks(office: Office) -> list[tuple[str, str | None]]:
    with office.town.database.unit_of_work() as uow:
        rows = uow.conn.execute(text("SELECT queue_name, lock FROM procrastinate_jobs ORDER BY id"))
        return [(queue, lock) for queue, lock in rows]


def test_a_step_before_a_background_task_takes_eight_statements_at_most(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.asked("warm")
    opened = office.town.opened("second")
    item = office.town.waiting(opened.id)
    seen: list[str] = []
    execute = psycopg.Cursor.execute

    def noted(self: Any, query: Any, *arguments: Any, **options: Any) -> Any:
        seen.append(str(query))
        return execute(self, query, *arguments, **options)

    # Below SQLAlchemy: the job's own insert is counted too.
    monkeypatch.setattr(psycopg.Cursor, "execute", noted)
    with office.town.database.unit_of_work() as uow:
        work.complete(uow, item, office.town.acceptor, {})

    assert any("procrastinate_defer_jobs" in statement for statement in seen)
    assert len(seen) <= 8, seen


def _watching(town: Town, limit: Limit | None, function: Any) -> int:
    @service_task(
        "test.watch",
        title={"zh": "查看", "en": "Watch"},
        background=True,
        concurrency=lambda _case, camera: limit and Limit(f"{limit.key}:{camera}", limit.slots),
    )
    def watch(effect: Effect, camera: str) -> str:
        """Watch a camera."""
        function()
        return camera

    with town.database.unit_of_work() as uow:
        deploy(uow, read_folder(MANY), SYSTEM)
    return town.opened().id


@pytest.mark.parametrize(("limit", "together"), [(Limit("camera"), False), (None, True)])
def test_no_more_than_the_limit_run_at_the_same_time(town: Town, limit: Limit | None, together: bool) -> None:
    meeting = threading.Barrier(2, timeout=30.0 if together else 1.0)
    met: list[bool] = []

    def meet() -> None:
        try:
            meeting.wait()
            met.append(True)
        except threading.BrokenBarrierError:
            met.append(False)

    _watching(town, limit, meet)
    run_all(town.database, concurrency=4)

    assert (len(met), any(met)) == (4, together)


def test_all_of_many_come_back_to_one_case(town: Town) -> None:
    case = _watching(town, Limit("camera", 2), lambda: None)

    run_all(town.database, concurrency=4)

    with town.database.unit_of_work() as uow:
        (item,) = work_items.open_of_case(uow.conn, case)
    assert item["element_id"] == "look"


def test_a_diagram_says_how_often_a_task_is_repeated(town: Town) -> None:
    tries: list[int] = []

    def fail() -> None:
        tries.append(1)
        raise OSError("no line")

    _watching(town, None, fail)
    run_all(town.database)

    # Four tasks, each tried once and repeated once, where the function says three times.
    assert len(tries) == 8


def test_a_retry_under_a_limit_lets_the_others_pass(town: Town) -> None:
    tries: list[int] = []

    def fail_once() -> None:
        tries.append(1)
        if len(tries) == 1:
            raise OSError("no line")

    _watching(town, Limit("camera"), fail_once)
    run_one(town.database)

    with town.database.unit_of_work() as uow:
        priorities = uow.conn.execute(text("SELECT priority FROM procrastinate_jobs")).scalars().all()
    assert len(tries) >= 4
    assert all(priority < 0 for priority in priorities)
