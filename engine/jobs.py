"""Background jobs on Procrastinate: a job lies in the same PostgreSQL as the cases, and is enqueued with them or not at all."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

import structlog
from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status

from engine import (
    anchors,
    correlation,
    effect_jobs,
    errands,
    housekeeping,
    rounds,
    signals,
    stop_signals,
    timers,
    watches,
)
from engine.effects import Request
from engine.errors import Conflict
from engine.job_queue import ADVANCE, CAMERAS, EFFECTS, ERRANDS, HOUSEKEEPING, ROUNDS, TIMERS
from engine.program_log import scope
from engine.settings import Settings
from engine.store.database import Database
from engine.store.unit_of_work import UnitOfWork

logger = structlog.get_logger()

#: A worker that is silent for this long is dead, and its jobs start again.
HEARTBEAT, STALLED = 2.0, 6.0

#: The job of a watch.
WATCH = "watches.stand"

#: After this time a sweep ends with the portion it has, and the next tick goes on: a worker that stops is not held up.
SWEEP_SECONDS = 10.0


def sweep_timers(context: JobContext) -> None:
    """Fire the timers that are due."""
    fired, until = 0, time.monotonic() + SWEEP_SECONDS
    # In portions, until nothing is due: what falls due together does not wait for the next tick of the clock.
    while portion := timers.sweep(_database(context)):
        fired += portion
        if time.monotonic() > until:
            break
    logger.info("timers fired", cases=fired)


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


def go_round(context: JobContext, which: str) -> None:
    """Do what is done every few minutes."""
    rounds.go(_database(context), context.additional_context["settings"], which)


def do_errand(context: JobContext, name: str, values: dict[str, Any]) -> None:
    """Do what another room asked for."""
    errands.do(_database(context), context.additional_context["settings"], name, values)


async def stand_watch(context: JobContext, which: str, key: str) -> None:
    """Keep the process of a watch until the worker is told to stop."""
    await watches.keep(which, key, context.additional_context["told"])


async def retry_stalled(context: JobContext) -> None:
    """Start the jobs of dead workers again."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED):
        try:
            await manager.retry_job(job)
        except UniqueViolation:
            # Another one of its kind waits, which will do what this one left undone.
            assert job.id is not None, "a stored job has a number"
            await manager.finish_job_by_id_async(job.id, Status.FAILED, delete_job=True)
            logger.info("job of a dead worker is left to the next", job=job.id, task=job.task_name)
        except ConnectorException as error:
            # It ended in between, perhaps: the others have their turn, and this one with the next look.
            logger.warning("job of a dead worker does not start again", job=job.id, error=str(error))
        else:
            logger.warning("job of a dead worker starts again", job=job.id, task=job.task_name)


def run_effect(context: JobContext, request: str) -> None:
    """Carry out a background task."""
    settings = context.additional_context.get("settings")
    effect_jobs.carry_out(_database(context), Request.from_text(request), context.job.attempts, settings)


def advance_case(context: JobContext, key: str) -> None:
    """Let a case go on with what came out of a background task."""
    effect_jobs.advance(_database(context), key)


def take_message(context: JobContext, inbox_id: int) -> None:
    """Let a message of the inbox be taken."""
    correlation.take(_database(context), inbox_id)


def spread_signal(context: JobContext, **values: Any) -> None:
    """Let a portion of those who wait for a signal take it."""
    signals.spread(_database(context), **values)


def take_signal(context: JobContext, **values: Any) -> None:
    """Let one case take a signal."""
    signals.take(_database(context), **values)


class EffectRetry(BaseRetryStrategy):
    """Background tasks are tried again as they or their diagrams say.

    There is no last attempt here: when a task is out of attempts its job opens an incident and succeeds. One that could not
    even do that, because the database was away, must come back.
    """

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """Wait longer after each failure; under a limit, let those pass that have not failed."""
        wait = Request.from_text(str(job.task_kwargs["request"])).wait(job.attempts + 1)
        # A job that waits holds up the later ones of its lock, unless they come before it.
        priority = job.priority - 1 if job.lock else None
        return RetryDecision(retry_in={"seconds": round(wait)}, priority=priority)


class AdvanceRetry(BaseRetryStrategy):
    """A recorded outcome is handed over sooner or later, whatever stood in the way."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """Wait twice as long after each failure, a minute at most."""
        return RetryDecision(retry_in={"seconds": min(60, 2 ** min(job.attempts, 6))})


class ErrandRetry(AdvanceRetry):
    """Errands are tried again for half an hour; those after them with their lock wait for it."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """Wait twice as long after each failure, a minute at most; None after the last attempt."""
        if job.attempts + 1 >= errands.ATTEMPTS:
            return None
        return super().get_retry_decision(exception=exception, job=job)


_TASKS: dict[str, tuple[str, Callable[..., Any], BaseRetryStrategy | bool]] = {
    "timers.sweep": (TIMERS, sweep_timers, False),
    "log.anchor": (HOUSEKEEPING, anchor_logs, False),
    "housekeeping.clean_up": (HOUSEKEEPING, clean_up, False),
    "rounds.go": (ROUNDS, go_round, False),
    "jobs.retry_stalled": (HOUSEKEEPING, retry_stalled, False),
    "effects.run": (EFFECTS, run_effect, EffectRetry()),
    "effects.advance": (ADVANCE, advance_case, AdvanceRetry()),
    "messages.take": (ADVANCE, take_message, AdvanceRetry()),
    "signals.spread": (ADVANCE, spread_signal, AdvanceRetry()),
    "signals.take": (ADVANCE, take_signal, AdvanceRetry()),
    "errands.do": (ERRANDS, do_errand, ErrandRetry()),
    WATCH: (CAMERAS, stand_watch, AdvanceRetry()),
}

QUEUES = (TIMERS, HOUSEKEEPING, ROUNDS, ADVANCE, EFFECTS, ERRANDS, CAMERAS)

#: How many jobs at a time a queue has workers for; for effects and watches the command line says.
_SIZE = 2
#: How often a worker asks for jobs that nobody told it of, such as those of dead workers, in seconds; and for watches, for which
#: the whole way to another worker is to take few.
_POLL, _POLL_WATCHES = 5.0, 1.0
#: How many watches a worker stands at most, unless the command line says: four to a core, which is 200 cameras.
WATCHES = 4 * (os.cpu_count() or 1)


def job_app(database: Database) -> App:
    """The job engine on the database of an installation."""
    # The workers of each queue listen on a connection of its own.
    connector = PsycopgConnector(conninfo=_conninfo(database.url), max_size=len(QUEUES) + 5)
    app = App(connector=connector)
    # Bound anew for each app: a task belongs to the app that enqueues it.
    for name, (queue, function, retry) in _TASKS.items():
        app.task(name=name, queue=queue, pass_context=True, retry=retry)(_scoped(function))
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


def enqueue(
    uow: UnitOfWork,
    app: App,
    name: str,
    *,
    queueing_lock: str | None = None,
    lock: str | None = None,
    **values: Any,
) -> bool:
    """Enqueue a job in the transaction of a unit of work; False if one with the same queueing lock waits already.

    Args:
        lock: of the jobs with the same lock one runs at a time.
    """
    deferrer = app.configure_task(name, queueing_lock=queueing_lock, lock=lock, connection=uow.driver)
    try:
        # A taken lock is an error to PostgreSQL, and would end the whole transaction.
        with uow.savepoint():
            deferrer.defer(**values)
    except AlreadyEnqueued:
        return False
    return True


def work(
    database: Database,
    settings: Settings,
    *,
    concurrency: int = 4,
    watches_at_most: int = WATCHES,
    queues: Iterable[str] = QUEUES,
) -> None:
    """Run jobs until the process is told to stop; jobs under way are finished first.

    Slow effects never hold up the timers, nor the cases that only have to go on: each queue has workers of its own.

    Args:
        concurrency: how many effects at the same time.
        watches_at_most: how many watches at the same time.
        queues: which queues to work; all by default.
    """
    context = {"database": database, "settings": settings}
    asyncio.run(_work(job_app(database), context, sizes(concurrency, queues, watches_at_most)))


def sizes(concurrency: int, queues: Iterable[str], watches_at_most: int = WATCHES) -> dict[str, int]:
    """How many jobs at a time each of these queues gets."""
    given = {EFFECTS: concurrency, CAMERAS: watches_at_most}
    return {queue: given.get(queue, _SIZE) for queue in QUEUES if queue in set(queues)}


async def _work(app: App, context: Mapping[str, Any], sizes: Mapping[str, int]) -> None:
    async with app.open_async():
        told = asyncio.Event()
        given = {**context, "told": told}
        workers = [asyncio.create_task(_worker(app, given, *item)) for item in sizes.items()]
        loop = asyncio.get_running_loop()
        with stop_signals.heeded(lambda: loop.call_soon_threadsafe(told.set)):
            waiting = asyncio.create_task(told.wait())
            # A worker that ends by itself has lost the database: the whole process ends, and is started again.
            await asyncio.wait([waiting, *workers], return_when=asyncio.FIRST_COMPLETED)
            # Jobs that last end now, however it came to this.
            told.set()
            # Once: to cancel a worker again would cut off the jobs that it lets finish.
            for task in (waiting, *workers):
                task.cancel()
            outcomes = await asyncio.gather(*workers, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome


async def _worker(app: App, context: Mapping[str, Any], queue: str, concurrency: int) -> None:
    await app.run_worker_async(
        queues=[queue],
        concurrency=concurrency,
        fetch_job_polling_interval=_POLL_WATCHES if queue == CAMERAS else _POLL,
        delete_jobs="successful",
        update_heartbeat_interval=HEARTBEAT,
        stalled_worker_timeout=STALLED,
        shutdown_graceful_timeout=20,
        install_signal_handlers=False,
        additional_context=dict(context),
    )


def _database(context: JobContext) -> Database:
    database: Database = context.additional_context["database"]
    return database


def _conninfo(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
