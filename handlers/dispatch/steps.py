"""Service tasks: the unit that handles a case, found from the type of unit and the place."""

from __future__ import annotations

from dataclasses import dataclass

from engine.actors import unit_tree
from engine.case import Case
from engine.tasks import service_task
from handlers import clock
from handlers.dispatch.units import responsible_unit


@dataclass(frozen=True)
class Assigned:
    """The responsible unit that was found; all None where there is none."""

    unit_id: int | None = None
    code: str | None = None
    name_zh: str | None = None
    name_en: str | None = None


@service_task("dispatch.assign", title={"zh": "确定处置部门", "en": "Assign the responsible unit"})
def assign(case: Case, unit_type: str | None) -> Assigned:
    """Make the unit of this type that serves the case's place responsible for it.

    Units of the case's own platform come first, then those of the platform above it, so a district's own department goes
    before the city's. Among these the one with the smallest area that holds the place counts. Without a type, or where
    no unit fits, nobody is responsible (``unit_id`` is None), and it is for the dispatcher to choose.
    """
    found = responsible_unit(
        unit_tree(case.uow),
        platform_id=case.platform_id,
        unit_type=unit_type or "",
        place_code=case.grid_code or case.community_code or case.street_code or case.district_code or "",
    )
    if found is None:
        case.set(unit_id=None)
        return Assigned()
    case.set(unit_id=found.id)
    return Assigned(found.id, found.code, found.name_zh, found.name_en)


@service_task("dispatch.take_back", title={"zh": "撤回派遣", "en": "Take the case back from its unit"})
def take_back(case: Case) -> None:
    """Make nobody responsible any more, so that the case can be dispatched anew; what was handled is to be handled again."""
    clock.handle_again(case)
    case.set(unit_id=None)
