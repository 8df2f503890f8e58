"""Service task: where a case lies on the unit grid, which component it is about, and whose it is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.case import Case
from engine.tasks import service_task
from gis.places import NearComponent, Place
from handlers import city
from handlers.components import component_of


@dataclass(frozen=True)
class CaseComponent:
    """The component that a case is about; what is not known of it is None."""

    code: str
    owner: str | None
    keeper: str | None
    manager: str | None


@dataclass(frozen=True)
class GridPlace:
    """What the layers know of a case's point; None where they know none.

    Attributes:
        district_code, street_code, community_code, grid_code: of the areas that hold it, from the largest to the cell.
        zone_code: of the smallest development zone that holds it.
        component_code, component: the component that the case is about.
        grids: the code of the responsibility grid that answers for each profession.
    """

    district_code: str | None = None
    street_code: str | None = None
    community_code: str | None = None
    grid_code: str | None = None
    zone_code: str | None = None
    component_code: str | None = None
    component: CaseComponent | None = None
    grids: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, place: Place | None, component: NearComponent | None = None) -> GridPlace:
        """The codes of a place and of the component that the case there is about; all None outside the city."""
        if place is None:
            return cls()
        street, community, cell = place.street, place.community, place.cell
        return cls(
            district_code=place.district.code,
            street_code=street.code if street else None,
            community_code=community.code if community else None,
            grid_code=cell.code if cell else None,
            zone_code=place.zones[0].code if place.zones else None,
            component_code=component.code if component else None,
            component=_told(component) if component else None,
            grids=place.grids,
        )


@service_task("gis.locate", title={"zh": "单元网格定位", "en": "Locate on the unit grid"})
def locate(case: Case) -> GridPlace:
    """Find what there is at the case's point, and keep the codes of its areas and its component with it.

    The result has ``district_code``, ``street_code``, ``community_code``, ``grid_code``, ``zone_code`` (the smallest development
    zone) and ``component_code``, each None where the layers know none there; ``component`` (``code``, ``owner``, ``keeper``,
    ``manager``), None for a case that is about none; and ``grids``, the code of the responsibility grid for each profession. A
    case about a component is about the nearest one of its category within 30 m. A case without an address gets that of the place.
    """
    locator = city.locator(case.uow)
    found = locator.locate(case.lon, case.lat)
    place = GridPlace.of(found, component_of(case) if found else None)
    case.set(
        district_code=place.district_code,
        street_code=place.street_code,
        community_code=place.community_code,
        grid_code=place.grid_code,
        component_code=place.component_code,
    )
    if found is not None and not case.address:
        case.set(address=city.address_of(found))
    return place


def _told(component: NearComponent) -> CaseComponent:
    return CaseComponent(
        component.code, component.owner or None, component.keeper or None, component.manager or None
    )
