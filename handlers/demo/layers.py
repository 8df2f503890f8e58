"""The made layers of the demonstration city as rows: zones, roads, points of interest, components, responsibility grids."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import shapely

from engine.actors import unit_tree
from engine.store.unit_of_work import UnitOfWork
from engine.store.units import UnitTree
from gis.made.components import Component
from gis.made.responsibility import Duty
from gis.made.xian import MadeLayers, make_xian
from gis.xian import cached_xian
from handlers import city
from handlers.reporting import SCHEME
from handlers.store import areas
from handlers.store import layers as tables
from handlers.store.catalogue import Catalogue
from handlers.store.filling import refill
from handlers.store.validity import ALWAYS

#: What a profession is called in the names of its grids.
_CALLED = {
    "law_enforcement": ("执法", "Law enforcement"),
    "sanitation": ("环卫", "Sanitation"),
    "municipal_works": ("市政", "Municipal works"),
    "greenery": ("园林", "Greenery"),
    "gas_and_heat": ("燃气热力", "Gas and heat"),
}
#: The stations of the city's gas and heat centre, which has no teams in the districts.
_GAS_STATIONS = {
    "610102": "xian-gas-and-heat-east",
    "610103": "xian-gas-and-heat-south",
    "610104": "xian-gas-and-heat-west",
}
_WALL_PARK = "xian-wall-park"
#: Whose components belong to nobody whom the city has as a unit.
_OTHER_OWNER = "产权单位"
#: One in so many is damaged.
_DAMAGED = 89

_HELD = ("made", "valid_from")
_NAMED = ("code", "name_zh", "name_en", "outline", *_HELD)
_OF_COMPONENT = (*_NAMED, "scheme", "category", "manager", "owner", "keeper", "state", "address")

Rows = Iterator[dict[str, Any]]


def store_made(uow: UnitOfWork, cache: Path) -> dict[str, int]:
    """Make these layers and put them in the place of those that are there; gives how many rows each has.

    Units, catalogue and areas of the city are there already.
    """
    made, tree = make_xian(cached_xian(cache)), unit_tree(uow)
    components = _components(made, tree, city.catalogue(uow))
    counts = {
        "zone": areas.replace(uow.conn, "zone", _zones(made)),
        tables.ROADS: refill(uow.conn, tables.road, _NAMED, _roads(made)),
        tables.POINTS_OF_INTEREST: refill(
            uow.conn,
            tables.point_of_interest,
            ("code", "kind", "name_zh", "name_en", "lon", "lat", *_HELD),
            _landmarks(made),
        ),
        tables.COMPONENTS: refill(uow.conn, tables.component, _OF_COMPONENT, components),
        tables.RESPONSIBILITY_GRIDS: refill(
            uow.conn,
            tables.responsibility_grid,
            (*_NAMED, "profession", "unit_id", "rank"),
            _responsibility_grids(made, tree),
        ),
    }
    for revision in (areas.REVISION, *list(counts)[1:]):
        uow.changed(revision)
    return counts


def standing(uow: UnitOfWork) -> dict[str, list[shapely.Point]]:
    """Where the components of each category stand."""
    rows = list(tables.read_components(uow.conn, uow.now))
    places = shapely.centroid(shapely.from_wkb([row["outline"] for row in rows]))
    found: dict[str, list[shapely.Point]] = defaultdict(list)
    for row, place in zip(rows, places, strict=True):
        found[row["category"]].append(place)
    return dict(found)


def _row(code: str, name_zh: str, name_en: str, **others: Any) -> dict[str, Any]:
    return {
        "code": code,
        "name_zh": name_zh,
        "name_en": name_en,
        "made": True,
        "valid_from": ALWAYS,
        **others,
    }


def _outline(geometry: shapely.Geometry) -> bytes:
    return bytes(shapely.to_wkb(geometry, byte_order=1))


def _zones(made: MadeLayers) -> Rows:
    for code, name, name_en, outline in made.zones:
        yield _row(code, name, name_en, kind="zone", parent_code="", outline=_outline(outline))


def _roads(made: MadeLayers) -> Rows:
    for road, line in made.roads:
        yield _row(road.code, road.name, road.name_en, outline=_outline(line))


def _landmarks(made: MadeLayers) -> Rows:
    for one in made.landmarks:
        yield _row(one.code, one.name, one.name_en, kind=one.kind, lon=one.lon, lat=one.lat)


def _components(made: MadeLayers, tree: UnitTree, catalogue: Catalogue) -> Rows:
    districts = _districts(tree)
    keepers = {
        (duty.profession, community): _team(duty, districts)
        for duty in made.duties
        for community in duty.communities
    }
    owners: dict[tuple[str, str], str] = {}
    names = {area.code: area.name for area in made.communities}
    for one in made.components:
        category = catalogue.categories[SCHEME, "component", one.category]
        key = one.community[:9], category.unit_type
        if key not in owners:
            owners[key] = _owner(tree, districts[one.community[:6]], *key)
        profession = catalogue.unit_types[category.unit_type]["profession"]
        yield _row(
            one.code,
            category.name_zh,
            category.name_en,
            scheme=SCHEME,
            category=one.category,
            manager=f"{districts[one.community[:6]]}-urban-management",
            owner=owners[key],
            keeper=keepers.get((profession, one.community), owners[key]),
            state=_state(one),
            address=(one.road or names[one.community]) + "旁",
            outline=_outline(one.outline),
        )


def _state(component: Component) -> str:
    return "damaged" if int(component.code[-6:]) % _DAMAGED == 0 else "normal"


def _districts(tree: UnitTree) -> dict[str, str]:
    """The codes of the units that are districts, by the digits of their area."""
    return {one.area_code or "": one.code for one in tree.by_id.values() if one.kind == "district"}


def _owner(tree: UnitTree, district: str, street: str, unit_type: str) -> str:
    """The unit of a type nearest to a place: the district's own, its street's, else the city's."""
    own = tree.by_code[district]
    found = [
        one
        for one in tree.by_id.values()
        if one.unit_type == unit_type and one.parent_id in {own.id, own.parent_id}
        if one.kind != "street" or one.area_code == street
    ]
    nearest = sorted(found, key=lambda one: (one.parent_id != own.id, one.code))
    return nearest[0].code if nearest else _OTHER_OWNER


def _team(duty: Duty, districts: dict[str, str]) -> str:
    if duty.profession == "gas_and_heat":
        return _GAS_STATIONS[duty.district]
    return f"{districts[duty.district]}-{duty.profession.replace('_', '-')}-{duty.team}"


def _responsibility_grids(made: MadeLayers, tree: UnitTree) -> Rows:
    districts = _districts(tree)
    for duty in made.duties:
        called, called_en = _CALLED[duty.profession]
        number, district = f"{duty.sequence:03d}", tree.by_code[districts[duty.district]]
        yield _row(
            f"{duty.district}-{number}",
            f"{district.name_zh}{called}责任网格 {number}",
            f"{district.name_en} {called_en} Grid {number}",
            profession=duty.profession,
            unit_id=tree.by_code[_team(duty, districts)].id,
            rank=1,
            outline=_outline(duty.outline),
        )
    # The park's own people go before those of the district around it.
    yield _row(
        "610100-001",
        "环城公园园林责任网格",
        "City Wall Park Greenery Grid",
        profession="greenery",
        unit_id=tree.by_code[_WALL_PARK].id,
        rank=0,
        outline=_outline(made.wall_park),
    )
