"""Background jobs on Procrastinate: a job lies in the same PostgreSQL as the cases, and is enqueued with them or not at all."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

import structlog
from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued

from engine import anchors, housekeeping, timers
from engine.errors import Conflict
from engine.program_log import scope
from engine.settings import Settings
from engine.store.database import Database
from engine.store.unit_of_work import UnitOfWork

logger = structlog.get_logger()

#: Timers have a queue of their own, so that no slow job holds them up.
TIMERS, HOUSEKEEPING = "timers", "housekeeping"

#: A worker that is silent for this long is dead, and its jobs start again.
HEARTBEAT, STALLED = 2.0, 6.0

#: After this time a sweep ends with the portion it has, and the next tick goes on: a worker that stops is not held up.
SWEEP_SECONDS = 10.0


def sweep_timers(context: JobContext) -> None:
    """Fire the timers that are due."""
    moved, until = 0, time.monotonic() + SWEEP_SECONDS
    # In portions, until nothing is due: what falls due together does not wait for the next tick of the clock.
    while portion := timers.sweep(_database(context)):
        moved += portion
        if time.monotonic() > until:
            break
    logger.info("timers fired", cases=moved)


def anchor_logs(context: JobContext) -> None:
    """Tie the logs of all cases together."""
    try:
        root = anchors.anchor(_database(context))
    except Conflict as busy:
        logger.warning("anchoring is left to the next hour", reason=str(busy))
    else:
        logger.info("logs anchored", root=root.hex())


def clean_up(context: JobContext) -> None:
    """Do the chores of the night."""
    housekeeping.clean_up(_database(context), context.additional_context["settings"])


async def retry_stalled(context: JobContext) -> None:
    """Start the jobs of dead workers again."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED):
        logger.warning("job of a dead worker starts again", job=job.id, task=job.task_name)
        await manager.retry_job(job)


_TASKS: dict[str, tuple[str, Callable[..., Any]]] = {
    "timers.sweep": (TIMERS, sweep_timers),
    "log.anchor": (HOUSEKEEPING, anchor_logs),
    "housekeeping.clean_up": (HOUSEKEEPING, clean_up),
    "jobs.retry_stalled": (HOUSEKEEPING, retry_stalled),
}


def job_app(database: Database) -> App:
    """The job engine on the database of an installation."""
    app = App(connector=PsycopgConnector(conninfo=_conninfo(database.url)))
    # Bound anew for each app: a task belongs to the app that enqueues it.
    for name, (queue, function) in _TASKS.items():
        app.task(name=name, queue=queue, pass_context=True)(_scoped(function))
    return app


def _scoped(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function of a job, each line of whose log says which job it is."""
    if iscoroutinefunction(function):

        @wraps(function)
        async def run_async(context: JobContext, **values: Any) -> Any:
            with scope(job=context.job.id, task=context.job.task_name):
                return await function(context, **values)

        return run_async

    @wraps(function)
    def run(context: JobContext, **values: Any) -> Any:
        with scope(job=context.job.id, task=context.job.task_name):
            return function(context, **values)

    return run


def enqueue(uow: UnitOfWork, app: App, name: str, *, queueing_lock: str | None = None, **values: Any) -> bool:
    """Enqueue a job in the transaction of a unit of work; False if one with the same queueing lock waits already."""
    deferrer = app.configure_task(name, queueing_lock=queueing_lock, connection=uow.driver)
    try:
        # A taken lock is an error to PostgreSQL, and would end the whole transaction.
        with uow.savepoint():
            deferrer.defer(**values)
    except AlreadyEnqueued:
        return False
    return True


def work(database: Database, settings: Settings, *, concurrency: int = 4) -> None:
    """Run jobs until the process is told to stop; jobs under way are finished first."""
    job_app(database).run_worker(
        concurrency=concurrency,
        delete_jobs="successful",
        update_heartbeat_interval=HEARTBEAT,
        stalled_worker_timeout=STALLED,
        shutdown_graceful_timeout=20,
        additional_context={"database": database, "settings": settings},
    )


def _database(context: JobContext) -> Database:
    database: Database = context.additional_context["database"]
    return database


def _conninfo(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
