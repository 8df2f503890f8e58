"""Service tasks: the standard that a case falls under, and the clock that starts with filing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from engine.bpmn import BpmnError
from engine.calendars import due
from engine.case import Case
from engine.messages import Message
from engine.tasks import service_task
from handlers import city, clock
from handlers.store.catalogue import Category, Standard


@dataclass(frozen=True)
class Match:
    """What the catalogue says about a case.

    Attributes:
        unit_type: the type of unit that is responsible.
        condition_no: the filing condition; None while nobody said which of several holds.
        limit, unit_of_time: of that condition; None without one.
    """

    unit_type: str
    condition_no: int | None
    limit: float | None
    unit_of_time: str | None


@dataclass(frozen=True)
class Clock:
    """The clock of a case that was filed.

    Attributes:
        kind, category: of the case as they stand now.
        unit_type: the type of unit that is responsible.
        condition_no: the condition whose limit runs.
        due_at: when it runs out (ISO 8601, UTC).
    """

    kind: str
    category: str
    unit_type: str
    condition_no: int
    limit: float
    unit_of_time: str
    due_at: str


@service_task("standards.match", title={"zh": "匹配立案条件", "en": "Match the standard"})
def match(case: Case) -> Match:
    """Find the filing condition of the case in the catalogue, and the type of unit that is responsible.

    A category with a single condition gives the case this one; a condition that the category does not have is dropped. A
    category that is not in the catalogue ends the step with the error ``unknown_category``.
    """
    category = _category(case)
    if len(category.standards) == 1:
        case.set(condition_no=next(iter(category.standards)))
    elif case.condition_no not in category.standards:
        case.set(condition_no=None)
    standard = _standard(category, case.condition_no)
    if standard is None:
        return Match(category.unit_type, None, None, None)
    return Match(standard.unit_type, standard.condition_no, float(standard.limit), standard.unit_of_time)


@service_task("standards.start_clock", title={"zh": "立案计时", "en": "Start the clock"})
def start_clock(case: Case, yellow: float = 0.75) -> Clock:
    """File the case: the limit of its condition runs from now, by the calendar of the responsible unit or the platform.

    It is yellow after the share `yellow` of the limit (between 0 and 1, else the step ends with the error ``no_share``), and red
    when it is due.

    While nobody said which condition holds, the limit that runs longest counts: no unit is overdue for an urgency that
    nobody stated. A category that is not in the catalogue ends the step with the error ``unknown_category``.
    """
    category = _category(case)
    standard = _standard(category, case.condition_no)
    choice = [standard] if standard else list(category.standards.values())
    if not choice:
        raise BpmnError(
            "unknown_category", Message("The category %(code)s has no standard.", code=category.code)
        )
    if not 0 < yellow < 1:
        raise BpmnError(
            "no_share", Message("Yellow is a share between 0 and 1, not %(share)s.", share=yellow)
        )
    deadlines = [(_due(case, one), one) for one in choice]
    _, running = max(deadlines, key=lambda pair: pair[0])
    due_at = clock.start(case, running.limit, running.unit_of_time, Decimal(str(yellow)))
    return Clock(
        kind=category.kind,
        category=category.code,
        unit_type=standard.unit_type if standard else category.unit_type,
        condition_no=running.condition_no,
        limit=float(running.limit),
        unit_of_time=running.unit_of_time,
        due_at=due_at.astimezone(UTC).isoformat(),
    )


def _due(case: Case, standard: Standard) -> datetime:
    return due(case.uow, case.unit_id or case.platform_id, standard.limit, standard.unit_of_time)


def _category(case: Case) -> Category:
    found = city.catalogue(case.uow).get(case.scheme, case.kind, case.category)
    if found is None:
        raise BpmnError(
            "unknown_category",
            Message(
                "The catalogue has no category %(code)s.", code=f"{case.scheme} {case.kind} {case.category}"
            ),
        )
    return found


def _standard(category: Category, condition_no: int | None) -> Standard | None:
    return None if condition_no is None else category.standards.get(condition_no)
