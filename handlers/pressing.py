"""Service tasks: the lights of a case, and those who press for it."""

from __future__ import annotations

from dataclasses import dataclass

from engine.case import Case
from engine.tasks import service_task
from handlers import clock

#: The least priority of a case that somebody urged or supervises.
URGED, SUPERVISED = 1, 2


@dataclass(frozen=True)
class Pressed:
    """Who pressed (None for the process itself) with which remark, and how often that was done now."""

    by: str | None
    remark: str
    times: int


@service_task("clock.light", title={"zh": "亮灯", "en": "Show the light"})
def light(case: Case) -> str:
    """Note that the case has reached ``yellow`` or ``red``, and give which; ``alarm_at`` then is the next light."""
    return clock.show_light(case)


@service_task("cases.urge", title={"zh": "催办", "en": "Urge"})
def urge(case: Case, remark: str = "") -> Pressed:
    """Urge the unit: one more mark on the case and its open work items, and a higher priority."""
    case.set(urged=case.urged + 1, priority=max(case.priority, URGED))
    return Pressed(_name(case), remark, case.urged)


@service_task("cases.supervise", title={"zh": "督办", "en": "Supervise"})
def supervise(case: Case, remark: str = "") -> Pressed:
    """Put the case under supervision: a mark on it and its open work items, and the highest priority of these."""
    case.set(supervised=case.supervised + 1, priority=max(case.priority, SUPERVISED))
    return Pressed(_name(case), remark, case.supervised)


def _name(case: Case) -> str | None:
    return case.actor.name if case.actor.person_id is not None else None
