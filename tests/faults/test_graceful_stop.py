"""A stop lets what is under way come to its end, also when it is asked for twice; what it cannot wait for starts again."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine import jobs
from tests.faults import late
from tests.installation import Installation, wait_until


@pytest.fixture(scope="module")
def city() -> Iterator[Installation]:
    """An installation of which no process runs."""
    with late.late_installation() as installation:
        yield installation


@pytest.fixture
def sweeping(city: Installation, request: pytest.FixtureRequest) -> int:
    """A case whose timer is due and for which a job waits."""
    (case_id,) = late.open_late(city, [request.node.name])
    with city.database() as database, database.unit_of_work() as uow:
        jobs.enqueue(uow, jobs.job_app(database), "timers.sweep")
    return case_id


#: What a sweep waits for; a case that somebody holds it would pass over.
LOG = "LOCK TABLE log_entry IN EXCLUSIVE MODE"


def _lock(case_id: int) -> str:
    return f'SELECT FROM "case" WHERE id = {case_id} FOR UPDATE'


def test_a_request_under_way_is_answered(city: Installation) -> None:
    (case_id,) = late.open_late(city, ["request"])
    ((item_id,),) = late.rows(
        city, "SELECT id FROM work_item WHERE case_id = :case AND state = 'open'", case=case_id
    )
    token = late.token_for(city, "acceptor")
    web = city.start("web")
    city.wait_until_up()

    with ThreadPoolExecutor() as pool:
        with late.held(city, _lock(case_id)) as conn:
            answer = pool.submit(late.complete, city, token, item_id)
            late.wait_until_held_up(conn)
            web.send_signal(signal.SIGTERM)
            web.send_signal(signal.SIGTERM)
            wait_until(lambda: "Handling signal: term" in city.output(), city.output)
        status = answer.result(30)

    assert (status, web.wait(30)) == (200, 0)
    assert late.elements(city, case_id) == []


def test_a_job_under_way_is_finished(city: Installation, sweeping: int) -> None:
    worker = city.start("worker")

    with late.held(city, LOG) as conn:
        late.wait_until_held_up(conn)
        worker.send_signal(signal.SIGTERM)
        worker.send_signal(signal.SIGTERM)

    assert worker.wait(30) == 0
    assert late.elements(city, sweeping) == ["look"]
    assert late.rows(city, "SELECT id FROM procrastinate_jobs") == []


def test_a_job_that_was_cut_off_starts_again_and_takes_effect_once(city: Installation, sweeping: int) -> None:
    worker = city.start("worker")
    with late.held(city, LOG) as conn:
        late.wait_until_held_up(conn)
        city.stop(worker, signal.SIGKILL)
    assert late.elements(city, sweeping) == ["accept"]

    others = [city.start("worker"), city.start("scheduler")]
    wait_until(lambda: late.elements(city, sweeping) == ["look"], city.output)
    for process in others:
        city.stop(process)

    fired = late.rows(
        city, "SELECT seq FROM log_entry WHERE case_id = :case AND action = 'timer'", case=sweeping
    )
    assert len(fired) == 1


def test_a_firing_under_way_is_finished(city: Installation) -> None:
    (case_id,) = late.open_late(city, ["firing"])
    with late.held(city, "LOCK TABLE procrastinate_jobs IN EXCLUSIVE MODE") as conn:
        scheduler = city.start("scheduler")
        late.wait_until_held_up(conn)
        scheduler.send_signal(signal.SIGTERM)
        scheduler.send_signal(signal.SIGTERM)

    assert scheduler.wait(30) == 0
    assert "was put off" not in city.output()
    assert late.rows(city, "SELECT task_name FROM procrastinate_jobs WHERE task_name = 'timers.sweep'")
    assert late.elements(city, case_id) == ["accept"]
