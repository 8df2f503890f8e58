"""What the jobs of background tasks do: carry an effect out, record what came of it once, and let the case go on with it.

The effect runs in no transaction. What came of it is recorded in the transaction in which the case goes on, so that it counts once
however often its job is delivered; where the case cannot go on at that moment it is recorded by itself, so that the effect is not
repeated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import structlog

from engine import job_queue
from engine.actors import SYSTEM, Actor
from engine.bpmn import BpmnError
from engine.effects import CaseFacts, Effect, Outcome, Request
from engine.errors import Conflict, GridcaseError, Stopped
from engine.execution import Execution
from engine.messages import Message
from engine.settings import Settings
from engine.stopping import incident_row, stopping
from engine.store import effect_receipts, incidents, instances
from engine.store.database import Database
from engine.store.unit_of_work import UnitOfWork
from engine.tasks import load_service_tasks

logger = structlog.get_logger()

#: How often a worker may die at one and the same task, besides its retries, before nobody tries any more.
DEATHS = 3


class Died(GridcaseError):
    """The worker ended again and again while it was at this task."""


def carry_out(database: Database, request: Request, attempts: int, settings: Settings | None = None) -> None:
    """Carry a background task out after so many attempts before this one; the last that fails opens an incident.

    Args:
        settings: of the installation; those of the environment if they are not given.

    Raises:
        Exception: whatever the function raised, while attempts are left.
    """
    try:
        if attempts > request.retries + DEATHS:
            raise Died(Message("The worker died at this task %(n)s times.", n=attempts))
        effect = _begin(database, request, attempts, settings)
        if effect is not None:
            settle(database, request, _perform(effect, request), attempts + 1)
    except Exception as error:
        if attempts < request.retries:
            logger.warning(
                "background task failed and is tried again",
                task=request.task,
                key=request.key,
                case=request.case_id,
                attempt=attempts + 1,
                error=type(error).__name__,
            )
            raise
        give_up(database, request, attempts + 1, error)


def _begin(database: Database, request: Request, attempts: int, settings: Settings | None) -> Effect | None:
    """What the function is given; None if its outcome was recorded before, or nobody waits for it any more."""
    with database.unit_of_work() as uow:
        if effect_receipts.read(uow.conn, request.key) is not None:
            return None
        row = instances.of_case(uow.conn, request.case_id)
        if row is None or not _waits(uow, row, request.key):
            logger.info("nobody waits for this background task any more", task=request.task, key=request.key)
            return None
        given = settings or Settings.from_environment()
        return Effect(request.key, attempts + 1, CaseFacts(row), uow.now, database, given)


def _waits(uow: UnitOfWork, row: Mapping[str, Any], key: str) -> bool:
    return row["instance_status"] == "running" and Execution.of(uow, row, SYSTEM).waits_for_effect(key)


def _perform(effect: Effect, request: Request) -> Outcome:
    task = load_service_tasks().get(request.task)
    if task is None:
        raise GridcaseError(Message("There is no service task %(name)s.", name=request.task))
    try:
        outcome = Outcome(task.run(effect, request.parameters))
    except BpmnError as error:
        outcome = Outcome(error=error)
    # A result that cannot be kept is a failure of the function, and so of this attempt.
    outcome.to_text()
    return outcome


def settle(database: Database, request: Request, outcome: Outcome, attempts: int) -> None:
    """Record an outcome and let the case go on with it; if the case cannot, the outcome is kept for later."""
    try:
        with database.unit_of_work() as uow:
            row = instances.of_case(uow.conn, request.case_id, lock=True)
            assert row is not None, "no case is ever deleted"
            if effect_receipts.add(uow.conn, _receipt(uow, request, outcome, attempts, taken=True)):
                with _uncaught(request, outcome, attempts):
                    hand_over(uow, row, Handed(request.key, request.task, request.element_id, outcome))
    except (Stopped, Conflict) as error:
        if isinstance(error, Stopped) and error.__cause__ is outcome.error:
            return
        with database.unit_of_work() as uow:
            kept = effect_receipts.add(uow.conn, _receipt(uow, request, outcome, attempts, taken=False))
            # Where the process stopped, an incident is noted and a person decides.
            if kept and isinstance(error, Conflict):
                job_queue.put(uow, [job_queue.advance_job(request.case_id, request.key)])


@contextmanager
def _uncaught(request: Request, outcome: Outcome, attempts: int) -> Iterator[None]:
    """An error that no event of the diagram catches is a failure of the task: it can be asked again."""
    try:
        yield
    except Stopped as stop:
        if stop.__cause__ is outcome.error:
            stop.incident |= {"kind": "effect", "request": request.to_text(), "attempts": attempts}
        raise


def _receipt(
    uow: UnitOfWork, request: Request, outcome: Outcome, attempts: int, *, taken: bool
) -> dict[str, Any]:
    return {
        "key": request.key,
        "case_id": request.case_id,
        "element_id": request.element_id,
        "task": request.task,
        "outcome": outcome.to_text(),
        "attempts": attempts,
        "recorded_at": uow.now,
        "taken_at": uow.now if taken else None,
    }


@dataclass(frozen=True)
class Handed:
    """What a case is handed.

    Attributes:
        key: the id of the task in the process, which is the idempotency key.
        task: the name of the service task.
    """

    key: str
    task: str
    element_id: str
    outcome: Outcome

    def said(self) -> dict[str, Any]:
        """What the log says of it."""
        said: dict[str, Any] = {"task": self.task, "result": self.outcome.value}
        if self.outcome.error is not None:
            said |= {"error": self.outcome.error.code, "message": self.outcome.error.message}
        return said


def hand_over(
    uow: UnitOfWork,
    row: Mapping[str, Any],
    handed: Handed,
    entry: tuple[str, Actor, Mapping[str, Any]] = ("service", SYSTEM, {}),
) -> None:
    """Give a waiting background task its outcome; if it waits no more, the log says what came too late.

    Args:
        row: of the case, locked, from `engine.store.instances.of_case`.
        entry: of the log: the action, on whose behalf, and what it says besides the outcome.

    Raises:
        Stopped: the process cannot go on with it.
        Conflict: somebody else moved the case.
    """
    action, actor, data = entry
    execution = Execution.of(uow, row, actor)
    if row["instance_status"] != "running" or not execution.waits_for_effect(handed.key):
        execution.case.record(action, handed.element_id, {**handed.said(), **data, "late": True})
        execution.case.save()
        return
    with stopping("advance", row, task_id=handed.key, element_id=handed.element_id):
        execution.case.record(action, handed.element_id, {**handed.said(), **data})
        execution.answer(handed.key, handed.outcome)
        uow.writes.overtaken.append(handed.key)
        execution.write()


def advance(database: Database, key: str) -> None:
    """Give a process an outcome that was recorded before, once.

    Raises:
        Conflict: somebody else moved the case; it may succeed a moment later.
    """
    try:
        with database.unit_of_work() as uow:
            found = effect_receipts.read(uow.conn, key)
            if found is not None and found["taken_at"] is None:
                take_up(uow, found)
    except Stopped as stop:
        logger.warning("the process cannot go on", key=key, error=str(stop))


def take_up(uow: UnitOfWork, receipt: Mapping[str, Any]) -> None:
    """Give a process the outcome of a receipt, unless it took it before.

    Raises:
        Stopped, Conflict: as `hand_over`.
    """
    row = instances.of_case(uow.conn, receipt["case_id"], lock=True)
    assert row is not None, "no case is ever deleted"
    if effect_receipts.take(uow.conn, receipt["key"], uow.now):
        outcome = Outcome.from_text(receipt["outcome"])
        hand_over(uow, row, Handed(receipt["key"], receipt["task"], receipt["element_id"], outcome))


def give_up(database: Database, request: Request, attempts: int, error: Exception) -> None:
    """Open an incident for a background task that failed at its last attempt."""
    logger.error(
        "background task failed for good",
        task=request.task,
        key=request.key,
        case=request.case_id,
        attempts=attempts,
        error=type(error).__name__,
    )
    with database.unit_of_work() as uow:
        row = instances.of_case(uow.conn, request.case_id)
        assert row is not None, "no case is ever deleted"
        if effect_receipts.read(uow.conn, request.key) is not None:
            return
        noted = incident_row(
            "effect",
            row,
            error,
            request.key,
            request.element_id,
            request=request.to_text(),
            attempts=attempts,
        )
        incidents.note(uow.conn, noted, uow.now)
