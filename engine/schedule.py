"""The clock of the installation: what is to be done when. A firing only enqueues a job, so two schedulers do no harm."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from procrastinate import App

from engine import rounds, stop_signals, timers, watches
from engine.errors import GridcaseError
from engine.jobs import STALLED, WATCH, enqueue, job_app
from engine.store import jobs
from engine.store.database import Database

logger = structlog.get_logger()

#: How often it is asked whether a timer is due.
TICK_SECONDS = 0.5

#: How often it is asked whether a worker died at its work: one query, and a job only where one did.
STALLED_SECONDS = 1

#: How often it is asked whether each watch is stood.
WATCH_SECONDS = 3

#: How long a firing may be late before it is left out: the next one does its work.
GRACE_SECONDS = 30


def run(database: Database) -> None:
    """Fire until the process is told to stop; a firing under way is finished first."""
    scheduler = BackgroundScheduler(
        timezone=database.time_zone,
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": GRACE_SECONDS},
    )
    app = job_app(database)
    scheduler.add_job(_guarded(lambda: _sweep_if_due(database, app)), IntervalTrigger(seconds=TICK_SECONDS))
    scheduler.add_job(
        _guarded(lambda: retry_if_stalled(database, app)),
        IntervalTrigger(seconds=STALLED_SECONDS),
    )
    scheduler.add_job(_guarded(lambda: set_watches(database, app)), IntervalTrigger(seconds=WATCH_SECONDS))
    scheduler.add_job(_guarded(lambda: _defer(database, app, "log.anchor")), CronTrigger(minute=0))
    scheduler.add_job(
        _guarded(lambda: _defer(database, app, "housekeeping.clean_up")), CronTrigger(hour=3, minute=20)
    )
    for name, one in rounds.rounds().items():
        scheduler.add_job(
            _guarded(partial(go_round, database, app, name)),
            IntervalTrigger(seconds=one.every.total_seconds()),
        )
    with stop_signals.awaited() as wait_for_stop:
        scheduler.start()
        logger.info("scheduler runs")
        wait_for_stop()
        scheduler.shutdown(wait=True)
        logger.info("scheduler stopped")


def _sweep_if_due(database: Database, app: App) -> None:
    with database.unit_of_work() as uow:
        if timers.any_due(uow):
            enqueue(uow, app, "timers.sweep", queueing_lock="timers.sweep")


def retry_if_stalled(database: Database, app: App) -> bool:
    """Have the jobs of dead workers started again, if there are any; whether there are, and that was not yet asked for."""
    with database.unit_of_work() as uow:
        if not jobs.any_stalled(uow.conn, STALLED):
            return False
        return enqueue(uow, app, "jobs.retry_stalled", queueing_lock="jobs.retry_stalled")


def _defer(database: Database, app: App, name: str) -> None:
    with database.unit_of_work() as uow:
        enqueue(uow, app, name, queueing_lock=name)


def go_round(database: Database, app: App, name: str) -> None:
    """Enqueue a round, unless it waits already."""
    with database.unit_of_work() as uow:
        enqueue(uow, app, "rounds.go", queueing_lock=f"round:{name}", lock=f"round:{name}", which=name)


def set_watches(database: Database, app: App) -> int:
    """Enqueue the watches that nobody stands or is about to; gives how many."""
    with database.unit_of_work() as uow:
        wanted = watches.wanted(uow)
        there = jobs.locks(uow.conn, WATCH) if wanted else frozenset()
        missing = {lock: named for lock, named in wanted.items() if lock not in there}
        return sum(
            enqueue(uow, app, WATCH, queueing_lock=lock, lock=lock, which=which, key=key)
            for lock, (which, key) in missing.items()
        )


def _guarded(action: Callable[[], object]) -> Callable[[], None]:
    """A firing that cannot reach the database says so and leaves its work to the next one."""

    def fire() -> None:
        try:
            action()
        except GridcaseError as error:
            logger.warning("scheduled work was put off", reason=str(error))

    return fire
