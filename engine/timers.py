"""Timers that are due: they move their cases, in short transactions of some cases each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import structlog

from engine.actors import SYSTEM
from engine.errors import ConfigurationError, Conflict, Stopped
from engine.execution import Execution
from engine.program_log import scope
from engine.stopping import stopping
from engine.store import instances, timers
from engine.store.database import Database
from engine.store.unit_of_work import UnitOfWork

logger = structlog.get_logger()

#: How many cases one transaction moves: their people wait for no longer than it takes.
PORTION = 25

#: A case whose process stopped at a timer is tried again after this time, and one that failed otherwise after that.
PAUSE, RETRY = timedelta(minutes=10), timedelta(minutes=1)


def any_due(uow: UnitOfWork) -> bool:
    """Whether a timer is due: one look into an index, however many cases wait."""
    return timers.any_due(uow.conn, uow.now)


def fire(uow: UnitOfWork, case_id: int) -> bool:
    """Fire the due timers of a case, and run its process until it waits again; False if another did so already."""
    row = instances.of_case(uow.conn, case_id, lock=True)
    return row is not None and _fire(uow, row)


def _fire(uow: UnitOfWork, row: Mapping[str, Any]) -> bool:
    if row["instance_status"] != "running":
        return False
    execution = Execution.of(uow, row, SYSTEM)
    if not execution.timer_is_due():
        return False
    with stopping("timer", row):
        execution.instance.fire_timers(uow.now)
        execution.case.record("timer")
        execution.advance()
        uow.writes.overtaken.append(f"timer:{row['instance_id']}")
        execution.write()
    return True


def sweep(database: Database) -> int:
    """Fire a portion of what is due, the longest due first; gives how many cases had their turn, 0 when nothing is left.

    Cases that somebody works on at this moment are passed over until the next time: so any number of sweeps share the work.

    Raises:
        ExceptionGroup: of the cases that failed by a mistake of the program, after the others moved.
    """
    taken: list[int] = []
    try:
        with database.unit_of_work() as uow:
            rows = instances.due(uow.conn, uow.now, PORTION)
            taken = [row["id"] for row in rows]
            _fire_all(uow, rows)
    except _HeldUp as held_up:
        logger.info("timers fire one by one", cases=len(taken), error=type(held_up.__cause__).__name__)
        _one_by_one(database, taken)
    return len(taken)


class _HeldUp(Exception):
    """One case of a portion cannot go on: nothing of the portion is kept, and each fires by itself."""


def _fire_all(uow: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> None:
    stale: list[int] = []
    try:
        with uow.gathering():
            for row in rows:
                with scope():
                    if not _fire(uow, row):
                        stale.append(row["id"])
    except Exception as error:
        raise _HeldUp from error
    for case_id in stale:
        # Its timer says otherwise than the case itself: it must not stand before the others for ever.
        timers.put_off(uow.conn, case_id, uow.now, uow.now + PAUSE)


def _one_by_one(database: Database, case_ids: Sequence[int]) -> None:
    failures: list[Exception] = []
    for case_id in case_ids:
        try:
            with scope(), database.unit_of_work() as uow:
                fire(uow, case_id)
        except ConfigurationError:
            raise
        except Conflict:
            # Somebody works on it at this moment: it has its turn the next time.
            logger.info("a case is passed over", case_id=case_id)
        except Stopped:
            # An incident is noted of it; until somebody sees to that, the others must not wait behind it.
            _put_off(database, case_id, PAUSE)
        except Exception as error:  # noqa: BLE001 - raised below, when the others had their turn
            failures.append(error)
            _put_off(database, case_id, RETRY)
    if failures:
        raise ExceptionGroup("timers that could not fire", failures)


def _put_off(database: Database, case_id: int, pause: timedelta) -> None:
    with database.unit_of_work() as uow:
        timers.put_off(uow.conn, case_id, uow.now, uow.now + pause)
