"""Incidents as the people who see to them use them: listed, retried one by one or all alike, completed by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from engine import job_queue, timers
from engine.actors import SYSTEM, Actor, require_role, unit_tree
from engine.case import Case
from engine.effect_jobs import Handed, hand_over
from engine.effects import Outcome, Request
from engine.errors import Conflict, GridcaseError, Invalid, NotFound
from engine.execution import Execution
from engine.messages import Message
from engine.reasons import MAX_REASON, check_reason
from engine.store import effect_receipts, incidents, instances
from engine.store.database import Database
from engine.store.unit_of_work import UnitOfWork

__all__ = [
    "MAX_REASON",
    "ROLES",
    "alike",
    "close",
    "complete",
    "listed",
    "read",
    "retry",
    "retry_alike",
    "said",
    "take",
]

logger = structlog.get_logger()

#: Who may look after incidents, at the units where they hold one of these roles and below.
ROLES = ("admin", "supervisor")

#: Of alike incidents, how many are retried at once.
MAX_ALIKE = 1000


def listed(
    uow: UnitOfWork, actor: Actor, *, limit: int = 50, before: int | None = None
) -> Sequence[Mapping[str, Any]]:
    """Open incidents that an actor may look after, newest first; `before` is the identifier of the last one of the page before.

    Raises:
        Forbidden: the actor holds none of the roles.
    """
    return incidents.listed(uow.conn, _scope(uow, actor), limit=limit, before=before)


def read(uow: UnitOfWork, incident_id: int, actor: Actor) -> Mapping[str, Any]:
    """One incident, open or closed.

    Raises:
        Forbidden: the actor holds none of the roles.
        NotFound: there is none, or none at their units.
    """
    row = incidents.read(uow.conn, incident_id)
    if row is None or not _covers(uow, actor, row):
        raise NotFound(Message("There is no incident %(id)s that you may see.", id=incident_id))
    return row


def take(
    uow: UnitOfWork, incident_id: int, actor: Actor, reason: str
) -> tuple[Mapping[str, Any], Mapping[str, Any] | None]:
    """An open incident that an actor is about to see to, and its case, locked; None where none could be opened.

    Raises:
        Forbidden, NotFound: as `read`.
        Invalid: there is no reason, or it is too long.
        Conflict: somebody closed the incident before.
    """
    check_reason(reason)
    found = read(uow, incident_id, actor)
    if found["closed_at"] is not None:
        raise _closed(found)
    if found["case_id"] is None:
        return found, None
    return found, instances.of_case(uow.conn, found["case_id"], lock=True)


def close(uow: UnitOfWork, found: Mapping[str, Any], resolution: str, actor: Actor, reason: str) -> None:
    """Close an incident that was taken.

    Raises:
        Conflict: somebody closed it a moment ago.
    """
    if not incidents.close(uow.conn, found["id"], resolution, reason, actor.person_id, uow.now):
        raise Conflict(Message("Somebody has seen to this incident already."))


def said(found: Mapping[str, Any], reason: str) -> dict[str, Any]:
    """What the log of the case says of an incident."""
    return {"incident": found["id"], "kind": found["kind"], "message": found["message"], "reason": reason}


def retry(uow: UnitOfWork, incident_id: int, actor: Actor, reason: str) -> str:
    """Let the process try again what it stopped at, and close the incident.

    A background task gets all its attempts anew; a timer fires, an outcome is handed over again, at once; a step waits
    for the person whose step it is, as before.

    Returns:
        The resolution: ``retried``, or ``obsolete`` if the process waits there no more.

    Raises:
        Forbidden, NotFound: as `read`.
        Invalid: there is no reason, or it is too long.
        Conflict: somebody closed the incident before.
        Stopped: the process cannot go on still.
    """
    found, row = take(uow, incident_id, actor, reason)
    resolution = _again(uow, found, row)
    close(uow, found, resolution, actor, reason)
    if row is not None:
        _log(uow, row["id"], actor, found, {**said(found, reason), "resolution": resolution})
    return resolution


def complete(uow: UnitOfWork, incident_id: int, actor: Actor, value: Any, reason: str) -> None:
    """Give a background task its result by hand, let the case go on with it, and close the incident.

    Args:
        value: what the task would have returned.

    Raises:
        Forbidden, NotFound, Invalid, Conflict: as `retry`; Conflict too if the process waits there no more.
        Stopped: the process cannot go on with this value.
    """
    found, row = take(uow, incident_id, actor, reason)
    if found["kind"] not in ("effect", "advance") or row is None:
        raise Conflict(Message("Only a background task can be completed by hand: retry this one."))
    if not _waits(uow, row, found["task_id"]):
        raise Conflict(
            Message("The process does not wait for this task any more: retry closes the incident.")
        )
    handed = _keep(uow, found, Outcome(value))
    close(uow, found, "completed", actor, reason)
    hand_over(uow, row, handed, ("incident_completed", actor, said(found, reason)))


def alike(uow: UnitOfWork, incident_id: int, actor: Actor) -> list[int]:
    """Open incidents of the same kind at the same element of the same process that an actor may look after, this one among them.

    Raises:
        Forbidden, NotFound: as `read`.
    """
    row = read(uow, incident_id, actor)
    return incidents.alike(uow.conn, row, _scope(uow, actor), limit=MAX_ALIKE)


def retry_alike(database: Database, incident_id: int, actor: Actor, reason: str) -> tuple[int, int]:
    """Retry all incidents that are alike, each in a transaction of its own.

    Returns:
        How many were retried, and how many were refused.

    Raises:
        Forbidden, NotFound, Invalid: as `retry`.
    """
    check_reason(reason)
    with database.unit_of_work() as uow:
        found = alike(uow, incident_id, actor)
    refused = 0
    for one in found:
        try:
            with database.unit_of_work() as uow:
                retry(uow, one, actor, reason)
        except GridcaseError as error:
            refused += 1
            logger.warning("incident was not retried", incident=one, error=str(error))
    return len(found) - refused, refused


def _units(uow: UnitOfWork, actor: Actor) -> frozenset[int]:
    require_role(actor, *ROLES)
    tree = unit_tree(uow)
    return frozenset().union(*(tree.below(unit_id) for role, unit_id in actor.grants if role in ROLES))


def _scope(uow: UnitOfWork, actor: Actor) -> list[int] | None:
    """None for the program itself, which sees everything."""
    return None if actor is SYSTEM else sorted(_units(uow, actor))


def _covers(uow: UnitOfWork, actor: Actor, row: Mapping[str, Any]) -> bool:
    return actor is SYSTEM or not _units(uow, actor).isdisjoint({row["platform_id"], row["unit_id"]})


def _closed(found: Mapping[str, Any]) -> Conflict:
    return Conflict(Message("Somebody has seen to this incident already."), None, found["closed_at"])


def _again(uow: UnitOfWork, found: Mapping[str, Any], row: Mapping[str, Any] | None) -> str:
    kind = found["kind"]
    if kind in ("message", "signal"):
        job_queue.put(uow, [job_queue.from_text(found["request"])])
        return "retried"
    if row is None or kind in ("step", "opening"):
        return "retried"
    if kind == "timer":
        timers.fire(uow, row["id"])
        return "retried"
    if not _waits(uow, row, found["task_id"]):
        return "obsolete"
    if kind == "advance":
        job_queue.put(uow, [job_queue.advance_job(row["id"], found["task_id"])])
    else:
        asked = Request.from_text(found["request"])
        job = job_queue.effect_job(found["request"], lock=asked.lock, priority=asked.priority)
        job_queue.put(uow, [job])
    return "retried"


def _waits(uow: UnitOfWork, row: Mapping[str, Any], task_id: str) -> bool:
    return row["instance_status"] == "running" and Execution.of(uow, row, SYSTEM).waits_for_effect(task_id)


def _log(
    uow: UnitOfWork, case_id: int, actor: Actor, found: Mapping[str, Any], data: Mapping[str, Any]
) -> None:
    # Read anew: a timer that fired has written to the log already.
    row = instances.of_case(uow.conn, case_id)
    assert row is not None, "no case is ever deleted"
    case = Case(uow, row, actor)
    case.record("incident_retried", found["element_id"], data)
    case.save()


def _keep(uow: UnitOfWork, found: Mapping[str, Any], outcome: Outcome) -> Handed:
    """Record the value given by hand under the idempotency key: what comes later under it counts no more."""
    try:
        text = outcome.to_text()
    except TypeError as error:
        message = Message("The value is not JSON.")
        raise Invalid(message, {"value": message}) from error
    key, element_id = found["task_id"], found["element_id"] or ""
    before = effect_receipts.read(uow.conn, key)
    if before is not None:
        if not effect_receipts.take(uow.conn, key, uow.now, text):
            raise Conflict(Message("The process has its result already."))
        return Handed(key, before["task"], element_id, outcome)
    task = Request.from_text(found["request"]).task
    row = {
        "key": key,
        "case_id": found["case_id"],
        "element_id": element_id,
        "task": task,
        "outcome": text,
        "attempts": found["attempts"],
        "recorded_at": uow.now,
        "taken_at": uow.now,
    }
    effect_receipts.add(uow.conn, row)
    return Handed(key, task, element_id, outcome)
