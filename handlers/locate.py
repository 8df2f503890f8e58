"""Service task: where a case lies on the unit grid."""

from __future__ import annotations

from dataclasses import dataclass

from engine.case import Case
from engine.tasks import service_task
from gis.places import Place
from handlers import city


@dataclass(frozen=True)
class GridPlace:
    """The codes of the areas that hold a point, from the district down to the cell; None where the layers know none."""

    district_code: str | None
    street_code: str | None
    community_code: str | None
    grid_code: str | None

    @classmethod
    def of(cls, place: Place | None) -> GridPlace:
        """The codes of a place; all None outside the city."""
        if place is None:
            return cls(None, None, None, None)
        smaller = (place.street, place.community, place.cell)
        return cls(place.district.code, *(None if one is None else one.code for one in smaller))


@service_task("gis.locate", title={"zh": "单元网格定位", "en": "Locate on the unit grid"})
def locate(case: Case) -> GridPlace:
    """Find the district, street, community and unit grid cell of the case's point, and keep their codes with it.

    The result has ``district_code``, ``street_code``, ``community_code`` and ``grid_code``, each None where the layers know no
    such area there. A case without an address gets the names of these areas as its address.
    """
    found = city.place(case.uow, case.lon, case.lat)
    place = GridPlace.of(found)
    case.set(
        district_code=place.district_code,
        street_code=place.street_code,
        community_code=place.community_code,
        grid_code=place.grid_code,
    )
    if found is not None and not case.address:
        case.set(address=city.address_of(found))
    return place
