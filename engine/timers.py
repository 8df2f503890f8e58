"""Timers that are due: each moves its case, in a transaction of its own."""

from __future__ import annotations

from datetime import timedelta

from engine.actors import SYSTEM
from engine.errors import Stopped
from engine.execution import Execution
from engine.program_log import scope
from engine.stopping import stopping
from engine.store import instances, timers
from engine.store.database import Database
from engine.store.unit_of_work import UnitOfWork

PORTION = 100

#: A case whose process stopped at a timer is tried again after this time.
PAUSE = timedelta(minutes=10)


def any_due(uow: UnitOfWork) -> bool:
    """Whether a timer is due: one look into an index, however many cases wait."""
    return bool(timers.due_cases(uow.conn, uow.now, 1))


def fire(uow: UnitOfWork, case_id: int) -> bool:
    """Fire the due timers of a case, and run its process until it waits again; False if another did so already."""
    row = instances.of_case(uow.conn, case_id, lock=True)
    if row is None or row["instance_status"] != "running":
        return False
    execution = Execution.of(uow, row, SYSTEM)
    if not execution.timer_is_due():
        return False
    with stopping("timer", row):
        execution.instance.fire_timers(uow.now)
        execution.case.record("timer")
        execution.advance()
        execution.write()
    return True


def sweep(database: Database) -> int:
    """Fire what is due; gives how many cases moved. One failure does not hold the others up: it is raised at the end."""
    failures: list[Exception] = []
    moved = 0
    with database.unit_of_work() as uow:
        waiting = timers.due_cases(uow.conn, uow.now, PORTION)
    for case_id in waiting:
        try:
            with scope(), database.unit_of_work() as uow:
                moved += fire(uow, case_id)
        except Stopped:
            # An incident is noted of it; until somebody sees to that, the others must not wait behind it.
            with database.unit_of_work() as uow:
                timers.put_off(uow.conn, case_id, uow.now, uow.now + PAUSE)
        except Exception as error:  # noqa: BLE001 - raised below, when the others had their turn
            failures.append(error)
    if failures:
        raise ExceptionGroup("timers that could not fire", failures)
    return moved
