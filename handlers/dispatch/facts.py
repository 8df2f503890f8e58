"""Service task: what the dispatch table asks for, besides what the diagram knows already."""

from __future__ import annotations

from dataclasses import dataclass

from engine.actors import unit_tree
from engine.case import Case
from engine.tasks import service_task
from handlers import city
from handlers.components import component_of
from handlers.dispatch.units import commanding


@dataclass(frozen=True)
class Facts:
    """What a case is about where it lies, for the dispatch table; an empty text is what nobody knows.

    Attributes:
        level: of the centre that dispatches now: ``city``, ``district`` or ``zone``.
        hour: of the local time, 0 to 23.
        weekday: 1 for Monday to 7.
        zone: the smallest development zone at the place.
        grids: the code of the responsibility grid for each profession.
        manager, owner, keeper: of the component that the case is about: the code of a unit, else a name.
    """

    level: str
    hour: int
    weekday: int
    zone: str
    grids: dict[str, str]
    manager: str
    owner: str
    keeper: str


@service_task("dispatch.facts", title={"zh": "派遣依据", "en": "Facts for dispatch"})
def facts(case: Case) -> Facts:
    """Gather what the dispatch table asks for: the level and time, the responsibility grids and the component's departments."""
    place = city.place(case.uow, case.lon, case.lat)
    component = component_of(case)
    tree = unit_tree(case.uow)
    local = case.now.astimezone(case.uow.database.time_zone)
    return Facts(
        level=tree[commanding(tree, case.platform_id, case.unit_id)].kind,
        hour=local.hour,
        weekday=local.isoweekday(),
        zone=place.zones[0].code if place and place.zones else "",
        grids=place.grids if place else {},
        manager=component.manager if component else "",
        owner=component.owner if component else "",
        keeper=component.keeper if component else "",
    )


def place_code(case: Case) -> str:
    """The code of the smallest area that is known of a case's place."""
    return case.grid_code or case.community_code or case.street_code or case.district_code or ""
