"""Service tasks: what a case may be allowed, an extension of its limit or a suspension of its clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta

from engine.bpmn import BpmnError
from engine.case import Case
from engine.errors import Conflict, Invalid
from engine.messages import Message
from engine.tasks import service_task
from handlers import clock

#: How often a case may be extended and suspended, and for how long suspended at most.
MOST_EXTENSIONS = 2
MOST_SUSPENSIONS = 1
LONGEST_SUSPENSION = timedelta(days=366)


@dataclass(frozen=True)
class Request:
    """What is asked for, ``extension`` or ``suspension``, and how often it was granted before."""

    what: str
    granted: int


@dataclass(frozen=True)
class Extended:
    """The due date after an extension (ISO 8601, UTC), and how many there were."""

    due_at: str
    extensions: int


@dataclass(frozen=True)
class Paused:
    """Until when the clock stands (ISO 8601, UTC), unless somebody lets it go on before."""

    until: str


@service_task("clock.request", title={"zh": "核对期限申请", "en": "Check a request about the limit"})
def request(case: Case, what: str) -> Request:
    """Refuse whoever asks for an ``extension`` or a ``suspension`` that cannot be granted, with the reason.

    Nothing of the step is kept then, and the person is told.
    """
    if what not in ("extension", "suspension"):
        raise Invalid(Message("Ask for an extension or a suspension, not for %(what)s.", what=what[:40]))
    if not clock.is_started(case) or case.pause is not None:
        raise Conflict(Message("The clock of this case does not run."))
    granted: int = case.extensions if what == "extension" else case.suspensions
    if what == "extension" and granted >= MOST_EXTENSIONS:
        raise Conflict(Message("This case was extended %(n)s times already.", n=granted))
    if what == "suspension" and granted >= MOST_SUSPENSIONS:
        raise Conflict(Message("This case was suspended before."))
    return Request(what, granted)


@service_task("clock.extend", title={"zh": "延期", "en": "Extend the limit"})
def extend(case: Case) -> Extended:
    """Give the case its limit once more, at most twice; open work items that are due with the case move with it.

    Whoever grants it while the clock stands, because the work was done meanwhile, is refused. One that was extended twice ends the step with the error ``extended_twice``, one that is not filed with ``not_running``.
    """
    _require_clock(case)
    if case.pause is not None:
        raise Conflict(Message("The clock of this case does not run."))
    if case.extensions >= MOST_EXTENSIONS:
        raise BpmnError(
            "extended_twice", Message("This case was extended %(n)s times already.", n=case.extensions)
        )
    clock.extend(case)
    return Extended(case.due_at.astimezone(UTC).isoformat(), case.extensions)


@service_task("clock.pause", title={"zh": "挂账", "en": "Suspend the clock"})
def pause(case: Case, days: float) -> Paused:
    """Let the clock of the case stand for so many calendar days, once and up to a year.

    A clock that does not run, as while the work is checked, ends the step with the error ``not_running``; a second suspension
    with ``suspended_before``, a time that is not between 0 and 366 days with ``too_long``.
    """
    _require_clock(case)
    if case.pause is not None:
        raise BpmnError("not_running", Message("The clock of this case does not run."))
    if case.suspensions >= MOST_SUSPENSIONS:
        raise BpmnError("suspended_before", Message("This case was suspended before."))
    if not 0 < days <= LONGEST_SUSPENSION.days:
        raise BpmnError(
            "too_long", Message("A suspension lasts at most %(n)s days.", n=LONGEST_SUSPENSION.days)
        )
    zone = case.uow.database.time_zone
    until = (case.now.astimezone(zone) + timedelta(days=days)).astimezone(UTC)
    case.set(suspensions=case.suspensions + 1)
    clock.pause(case, clock.SUSPENSION, until)
    return Paused(until.isoformat())


@service_task("clock.resume", title={"zh": "恢复计时", "en": "Let the clock go on"})
def resume(case: Case) -> None:
    """Let the clock of a suspended case go on with what was left; one that stands for a check, or runs, is left alone."""
    if case.pause == clock.SUSPENSION:
        clock.resume(case)


def _require_clock(case: Case) -> None:
    if not clock.is_started(case):
        raise BpmnError("not_running", Message("The clock of this case does not run."))
