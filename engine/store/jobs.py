"""Jobs as the job engine keeps them: which there are under which lock, and whether their workers live."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.engine import Connection

_LOCKS = text(
    "SELECT lock FROM procrastinate_jobs WHERE task_name = :task AND status IN ('todo', 'doing') AND lock IS NOT NULL"
)

#: As the job engine itself picks them, see its select_stalled_jobs_by_heartbeat; a worker that ended in order takes its number along.
_STALLED = text(
    "SELECT EXISTS (SELECT FROM procrastinate_jobs AS job"
    " LEFT JOIN procrastinate_workers AS worker ON worker.id = job.worker_id"
    " WHERE job.status = 'doing' AND (job.worker_id IS NULL"
    " OR worker.last_heartbeat < now() - make_interval(secs => :silence)))"
)


def any_stalled(conn: Connection, silence: float) -> bool:
    """Whether a job is under way whose worker has been silent for so many seconds."""
    return bool(conn.execute(_STALLED, {"silence": silence}).scalar_one())


def locks(conn: Connection, task: str) -> frozenset[str]:
    """The locks of all jobs of a task that wait or are under way."""
    return frozenset(conn.execute(_LOCKS, {"task": task}).scalars())
