"""Signals: what is thrown in one case reaches every case that waits for it at that instant, each in a transaction of its own."""

from __future__ import annotations

import orjson
import structlog

from engine import job_queue
from engine.actors import SYSTEM
from engine.bpmn import Subscription
from engine.correlation import hand_over
from engine.errors import Stopped
from engine.execution import Execution
from engine.store import instances, subscriptions
from engine.store.database import Database
from engine.store.unit_of_work import UnitOfWork

logger = structlog.get_logger()

PORTION = 100


def spread(
    database: Database, *, name: str, payload: str, case_id: int | None, after: int, before: int
) -> None:
    """Enqueue a job for each of the next cases that waited for a signal, and one for the portion behind them.

    Args:
        payload: JSON.
        case_id: of the case that threw it, which has it already.
        after, before: numbers of `engine.store.subscriptions`: of the last one of the portion before, and when the signal was
            thrown; one who began to wait later did not hear it.
    """
    with database.unit_of_work() as uow:
        rows = subscriptions.waiting_for_signal(
            uow.conn, name, beside=case_id, after=after, before=before, limit=PORTION
        )
        jobs = [
            job_queue.signal_job(case_id=row["case_id"], task_id=row["task_id"], name=name, payload=payload)
            for row in rows
        ]
        if len(rows) == PORTION:
            last = rows[-1]["number"]
            jobs.append(
                job_queue.spread_job(name=name, payload=payload, case_id=case_id, after=last, before=before)
            )
        if jobs:
            job_queue.put(uow, jobs)


def take(database: Database, *, case_id: int, task_id: str, name: str, payload: str) -> None:
    """Let a case take a signal, unless it has moved on.

    Raises:
        Conflict: somebody else moved the case; it may succeed a moment later.
    """
    try:
        with database.unit_of_work() as uow:
            _hand(uow, case_id, Subscription(task_id, "signal", name, ""), payload)
    except Stopped as stop:
        logger.warning("the process cannot go on with a signal", signal=name, error=str(stop))


def _hand(uow: UnitOfWork, case_id: int, wanted: Subscription, payload: str) -> None:
    row = instances.of_case(uow.conn, case_id, lock=True)
    assert row is not None, "no case is ever deleted"
    execution = Execution.of(uow, row, SYSTEM)
    if row["instance_status"] != "running" or wanted not in execution.instance.subscriptions():
        return
    try:
        hand_over(execution, row, wanted, orjson.loads(payload), {})
    except Stopped as stop:
        job = job_queue.signal_job(case_id=case_id, task_id=wanted.task_id, name=wanted.name, payload=payload)
        # Its own incident: two signals that stop at one task are retried each.
        stop.incident |= {
            "subject": f"signal:{wanted.task_id}:{wanted.name}",
            "request": job_queue.to_text(job),
        }
        raise
