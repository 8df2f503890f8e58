"""Lane rules: at which unit a role does a step of a case."""

from __future__ import annotations

from engine.actors import unit_tree
from engine.case import Case
from engine.lanes import ANY_ROLE, lane_rule
from handlers.dispatch.units import commanding


@lane_rule("handler")
def at_responsible_unit(case: Case, role: str) -> int | None:
    """The handlers of the unit that is responsible; nobody's before there is one."""
    unit_id: int | None = case.unit_id
    return unit_id


@lane_rule("dispatcher")
def at_dispatching_centre(case: Case, role: str) -> int | None:
    """The dispatchers of the centre below to which the case was given; of its own platform else."""
    return commanding(unit_tree(case.uow), case.platform_id, case.unit_id)


@lane_rule(ANY_ROLE)
def at_platform(case: Case, role: str) -> int | None:
    """Everybody else works at the platform that supervises the case."""
    platform_id: int = case.platform_id
    return platform_id
