"""Every job is delivered twice and out of order, and nothing comes of it that would not have come otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from engine import anchors, jobs
from engine.clock import SteppedClock
from engine.store.database import Database
from tests.engine.background import Office
from tests.engine.conftest import Town, rules, town  # noqa: F401 - fixtures
from tests.engine.workers import run_all
from tests.faults.clients import Ledger
from tests.faults.conftest import Tell
from tests.faults.counts import Auditor

CASES = 12

#: Whatever is enqueued is there twice, and in no order: a worker takes what has the highest priority.
_TWICE = """
CREATE FUNCTION deliver_twice() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, args)
        VALUES (NEW.queue_name, NEW.task_name, mod(hashtext(NEW.args::text), 1000), NEW.lock, NEW.args);
    RETURN NULL;
END $$;
CREATE TRIGGER deliver_twice AFTER INSERT ON procrastinate_jobs FOR EACH ROW
    WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION deliver_twice();
"""


@pytest.fixture
def twice(database: Database) -> Iterator[None]:
    """While it lasts, each job is enqueued twice."""
    with database.engine.begin() as conn:
        conn.exec_driver_sql(_TWICE)
    yield
    with database.engine.begin() as conn:
        conn.exec_driver_sql("DROP FUNCTION deliver_twice CASCADE")


def test_jobs_delivered_twice_and_out_of_order_change_nothing(
    town: Town,  # noqa: F811 - the fixture
    twice: None,
    clock: SteppedClock,
    tell: Tell,
) -> None:
    office = Office.founded(town)
    office.sender.answers = [OSError("no line")] * 5
    auditor = Auditor(town.database, Ledger(), task="test.send")
    auditor.ledger.reports.update(
        {f"case-{number}": office.asked(f"case-{number}") for number in range(CASES)}
    )
    late = town.opened("late").id
    with town.database.unit_of_work() as uow:
        for name in ("timers.sweep", "log.anchor", "jobs.retry_stalled"):
            jobs.enqueue(uow, jobs.job_app(town.database), name)
        delivered = int(uow.conn.execute(text("SELECT count(*) FROM procrastinate_jobs")).scalar_one())

    run_all(town.database, concurrency=4)
    auditor.audit()
    clock.advance(timedelta(hours=5))
    run_all(town.database)
    auditor.audit()

    tell(f"every job delivered twice and out of order: {delivered} deliveries, {CASES} cases")
    assert delivered == 2 * (CASES + 3)
    assert {case: office.elements(case) for case in auditor.ledger.reports.values()} == {
        case: ["handle"] for case in auditor.ledger.reports.values()
    }
    assert office.elements(late) == ["accept"]
    assert len(office.receipts()) == len({key for key, _ in office.receipts()}) == CASES
    with town.database.unit_of_work() as uow:
        assert list(anchors.verify(uow)) == []
