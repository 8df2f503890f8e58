"""Jobs: in the same transaction as the rest, one at a time under a queueing lock, and run by a worker."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from engine import jobs, timers
from engine.actors import SYSTEM
from engine.clock import SteppedClock
from engine.deployment import deploy, read_folder
from engine.store import work_items
from engine.store.database import Database
from tests.engine.conftest import Town
from tests.engine.test_timers import LATE
from tests.engine.workers import run_all, waiting


class Refused(Exception):
    """Raised by a test to roll a unit of work back."""


def test_a_job_of_a_rolled_back_transaction_is_not_there(database: Database) -> None:
    app = jobs.job_app(database)

    def enqueue_and_fail() -> None:
        with database.unit_of_work() as uow:
            jobs.enqueue(uow, app, "log.anchor")
            raise Refused

    with pytest.raises(Refused):
        enqueue_and_fail()

    assert waiting(database) == 0


def test_a_job_under_a_queueing_lock_waits_once(database: Database) -> None:
    app = jobs.job_app(database)

    with database.unit_of_work() as uow:
        answers = [jobs.enqueue(uow, app, "log.anchor", queueing_lock="anchor") for _ in range(2)]

    assert (answers, waiting(database)) == ([True, False], 1)


def test_a_dead_workers_job_that_another_waits_for_holds_nobody_up(database: Database) -> None:
    app = jobs.job_app(database)
    with database.unit_of_work() as uow:
        jobs.enqueue(uow, app, "timers.sweep", queueing_lock="timers.sweep")
        jobs.enqueue(uow, app, "log.anchor")
        dead = "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour') RETURNING id"
        uow.conn.execute(
            text(
                f"WITH dead AS ({dead}) UPDATE procrastinate_jobs SET status = 'doing', worker_id = dead.id FROM dead"
            )
        )
    with database.unit_of_work() as uow:
        jobs.enqueue(uow, app, "timers.sweep", queueing_lock="timers.sweep")
        jobs.enqueue(uow, app, "jobs.retry_stalled")
        # It has its turn while the other one waits still.
        uow.conn.execute(
            text("UPDATE procrastinate_jobs SET priority = 9 WHERE task_name = 'jobs.retry_stalled'")
        )

    run_all(database)

    with database.unit_of_work() as uow:
        assert uow.conn.execute(text("SELECT task_name, status FROM procrastinate_jobs")).all() == []


def test_a_worker_fires_timers(town: Town, clock: SteppedClock) -> None:
    with town.database.unit_of_work() as uow:
        deploy(uow, read_folder(LATE), SYSTEM)
    opened = town.opened()
    clock.advance(timedelta(hours=4))
    with town.database.unit_of_work() as uow:
        jobs.enqueue(uow, jobs.job_app(town.database), "timers.sweep")

    run_all(town.database)

    with town.database.unit_of_work() as uow:
        (item,) = work_items.open_of_case(uow.conn, opened.id)
    assert item["element_id"] == "look"


def test_one_sweep_goes_on_until_nothing_is_due(
    town: Town, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timers, "PORTION", 1)
    with town.database.unit_of_work() as uow:
        deploy(uow, read_folder(LATE), SYSTEM)
    for number in range(3):
        town.opened(f"case {number}")
    clock.advance(timedelta(hours=4))
    with town.database.unit_of_work() as uow:
        jobs.enqueue(uow, jobs.job_app(town.database), "timers.sweep")

    run_all(town.database)

    with town.database.unit_of_work() as uow:
        assert not timers.any_due(uow)


def test_a_finished_job_leaves_nothing_behind(town: Town) -> None:
    with town.database.unit_of_work() as uow:
        jobs.enqueue(uow, jobs.job_app(town.database), "log.anchor")

    run_all(town.database)

    assert waiting(town.database) == 0


def test_every_queue_has_workers_of_its_own_and_effects_as_many_as_asked_for() -> None:
    sizes = jobs.sizes(7, jobs.QUEUES)

    assert sizes["effects"] == 7
    assert set(sizes) == {"timers", "housekeeping", "rounds", "advance", "effects", "errands", "cameras"}
    assert all(size >= 1 for size in sizes.values())


def test_a_process_may_work_some_queues_only() -> None:
    assert jobs.sizes(3, ["effects"]) == {"effects": 3}
