"""The queues of background jobs, and the way in: a job is enqueued in the transaction of what it belongs to.

Only jobs that advance a case take its lock; effects take none, or that of the limit under which they fall.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from procrastinate import SyncPsycopgConnector
from procrastinate.jobs import Job
from procrastinate.manager import JobManager

from engine.store.unit_of_work import UnitOfWork

#: Timers have a queue of their own, so that no slow job holds them up; so have the jobs that only move cases on.
TIMERS, HOUSEKEEPING, ADVANCE, EFFECTS = "timers", "housekeeping", "advance", "effects"
#: What is done every few minutes waits for no chore of the night.
ROUNDS = "rounds"
#: What other rooms have done by and by; and the watches of cameras, jobs that last (`engine.watches`).
ERRANDS, CAMERAS = "errands", "cameras"

# It never opens a connection: each enqueuing brings its own.
_manager = JobManager(SyncPsycopgConnector())


def put(uow: UnitOfWork, jobs: Sequence[Job]) -> None:
    """Enqueue jobs in the transaction of a unit of work, in one statement; in a rehearsal none."""
    if uow.rehearsal:
        return
    _manager.batch_defer_jobs(list(jobs), connection=uow.driver)


def effect_job(request: str, *, lock: str | None, priority: int) -> Job:
    """The job that carries out a background task."""
    return Job(
        queue=EFFECTS,
        task_name="effects.run",
        task_kwargs={"request": request},
        lock=lock,
        queueing_lock=None,
        priority=priority,
    )


def advance_job(case_id: int, key: str) -> Job:
    """The job that hands a recorded outcome to its process."""
    return Job(
        queue=ADVANCE,
        task_name="effects.advance",
        task_kwargs={"key": key},
        lock=f"case:{case_id}",
        queueing_lock=None,
    )


def message_job(inbox_id: int) -> Job:
    """The job that lets a message of the inbox be taken."""
    return _moving("messages.take", None, {"inbox_id": inbox_id})


def spread_job(**values: Any) -> Job:
    """The job that lets a portion of those who wait for a signal take it; see `engine.signals.spread`."""
    return _moving("signals.spread", None, values)


def signal_job(**values: Any) -> Job:
    """The job that lets one case take a signal; see `engine.signals.take`."""
    return _moving("signals.take", f"case:{values['case_id']}", values)


def _moving(name: str, lock: str | None, values: dict[str, Any]) -> Job:
    return Job(queue=ADVANCE, task_name=name, task_kwargs=values, lock=lock, queueing_lock=None)


def to_text(job: Job) -> str:
    """A job that moves cases on as JSON, so that it can be asked again."""
    return orjson.dumps([job.task_name, job.lock, job.task_kwargs]).decode()


def from_text(text: str) -> Job:
    """The job that `to_text` wrote."""
    name, lock, values = orjson.loads(text)
    return _moving(name, lock, values)
