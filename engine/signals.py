"""Signals: what is thrown in one case reaches every case that waits for it at that instant, each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

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
    database: Database, *, name: str, payload: str, at: str, case_id: int | None, after: Sequence[Any]
) -> None:
    """Enqueue a job for each of the next cases that waited for a signal, and one for the portion behind them.

    Args:
        payload: JSON.
        at: the instant of the signal: one who began to wait later did not hear it.
        case_id: of the case that threw it, which has it already.
        after: instance and task of the last one of the portion before.
    """
    with database.unit_of_work() as uow:
        rows = subscriptions.waiting_for_signal(
            uow.conn,
            name,
            datetime.fromisoformat(at),
            beside=case_id,
            after=(int(after[0]), str(after[1])),
            limit=PORTION,
        )
        jobs = [
            job_queue.signal_job(case_id=row["case_id"], task_id=row["task_id"], name=name, payload=payload)
            for row in rows
        ]
        if len(rows) == PORTION:
            last = [rows[-1]["instance_id"], rows[-1]["task_id"]]
            jobs.append(job_queue.spread_job(name=name, payload=payload, at=at, case_id=case_id, after=last))
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
        stop.incident["request"] = job_queue.to_text(job)
        raise
