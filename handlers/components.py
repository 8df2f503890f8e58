"""Which component a case is about."""

from __future__ import annotations

from engine.case import Case
from engine.store.unit_of_work import UnitOfWork
from gis.index.locator import NEAR_METRES
from gis.places import NearComponent
from handlers import city

# So many of one category stand within `NEAR_METRES` of a point where they stand closest.
_MOST = 32


def component_of(case: Case) -> NearComponent | None:
    """The component that a case is about: the one noted with it, else the nearest of its category that still stands.

    Only those within `gis.index.locator.NEAR_METRES` count, and None is the answer for a case that is about no component.
    """
    locator = city.locator(case.uow)
    if case.kind != "component" or locator.components is None:
        return None
    categories = _known_as(case.uow, case, locator.components.schemes)
    near = locator.components_near(case.lon, case.lat, NEAR_METRES, _MOST, categories)
    noted = (one for one in near if one.code == case.component_code)
    return next(noted, None) or next((one for one in near if one.state != "removed"), None)


def _known_as(uow: UnitOfWork, case: Case, schemes: frozenset[str]) -> set[tuple[str, str]]:
    """The case's category in each of these schemes that has it."""
    catalogue = city.catalogue(uow)
    found = {
        scheme: catalogue.equivalent(case.scheme, case.kind, case.category, scheme) for scheme in schemes
    }
    return {(scheme, code) for scheme, code in found.items() if code is not None}
