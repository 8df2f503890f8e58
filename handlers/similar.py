"""Service tasks: cases alike near by, and the marks that a case gets when it was handled or must be handled again."""

from __future__ import annotations

from dataclasses import dataclass

from engine.case import Case
from engine.tasks import service_task
from handlers import clock
from handlers.alike import Spot, alike


@dataclass(frozen=True)
class Similar:
    """Cases that are likely about the same problem.

    Attributes:
        count: how many there are.
        case_id, number, metres: the nearest of them, and how far it is; None where there is none.
    """

    count: int
    case_id: int | None = None
    number: str | None = None
    metres: float | None = None


@service_task("cases.similar", title={"zh": "查找相似案卷", "en": "Look for similar cases"})
def similar(case: Case) -> Similar:
    """Look for cases of the same category and platform near by and of late; the nearest is kept as the similar case.

    How near and how late is said by the category: 50 m and 24 h, where it says nothing else.
    """
    found = alike(case.uow, Spot.of(case.document))
    if not found:
        case.set(similar_id=None)
        return Similar(0)
    nearest = found[0]
    case.set(similar_id=nearest.id)
    return Similar(len(found), nearest.id, nearest.number, round(nearest.metres, 1))


@service_task("cases.handled", title={"zh": "记录处置完成", "en": "Note that it was handled"})
def handled(case: Case) -> None:
    """Note that the responsible unit says to be done: this instant decides whether it was in time.

    The clock stands from now until the work begins again; how late it was without excuse is kept.
    """
    clock.handled(case)


@service_task("cases.count_rework", title={"zh": "记录返工", "en": "Count a rework"})
def count_rework(case: Case) -> None:
    """Count that the case must be handled again; it then was not yet handled, and its clock goes on."""
    case.set(rework_count=case.rework_count + 1)
    clock.handle_again(case)
