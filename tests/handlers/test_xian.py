"""The units of Xi'an that the program brings along: complete, and able to take what the catalogue gives them."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.actors import unit_tree
from engine.organisation import import_units
from engine.store.unit_of_work import UnitOfWork
from engine.store.units import UnitTree
from gis.xian import xian_names
from handlers import city
from handlers.catalogue import import_catalogue
from handlers.dispatch import responsible_unit


@pytest.fixture
def tree(uow: UnitOfWork, processes: Path) -> UnitTree:
    """The units of Xi'an."""
    import_units(uow, processes / "city" / "xian" / "units.csv")
    return unit_tree(uow)


def test_one_city_stands_above_all(tree: UnitTree) -> None:
    roots = [unit.code for unit in tree.by_id.values() if unit.parent_id is None]

    assert roots == ["xian"]


def test_there_are_platforms_for_the_city_its_districts_and_its_zones(tree: UnitTree) -> None:
    platforms = [unit for unit in tree.by_id.values() if unit.is_platform]

    kinds = [unit.kind for unit in platforms]
    assert (kinds.count("city"), kinds.count("district"), kinds.count("zone")) == (1, 13, 3)


def test_every_district_and_street_of_the_tables_is_a_unit(tree: UnitTree) -> None:
    served = {unit.area_code for unit in tree.by_id.values() if unit.kind in {"district", "street"}}

    assert served == {name.code for name in xian_names() if name.kind in {"district", "street"}}


def test_a_zone_has_a_code_of_its_own_and_no_area_code(tree: UnitTree) -> None:
    zones = [(unit.code, unit.area_code) for unit in tree.by_id.values() if unit.kind == "zone"]

    assert zones == [("gaoxin", None), ("jingkai", None), ("qujiang", None)]


def test_every_type_of_unit_is_there_for_a_place_in_any_district(uow: UnitOfWork, tree: UnitTree) -> None:
    import_catalogue(uow)
    types = city.catalogue(uow).unit_types
    streets = [unit for unit in tree.by_id.values() if unit.kind == "street"]

    missing = {
        (street.area_code, unit_type)
        for street in streets
        for unit_type in types
        if responsible_unit(
            tree,
            platform_id=tree.platform(street.id).id,
            unit_type=unit_type,
            place_code=street.area_code or "",
        )
        is None
    }

    # The owner of a thing is whoever owns it: the dispatcher finds out.
    assert missing == {(street.area_code, "owner") for street in streets}
