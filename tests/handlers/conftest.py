"""A toy city: two districts side by side, the western one with two streets of two communities and a unit grid."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
import shapely

from engine.actors import SYSTEM, Actor, unit_tree
from engine.case import Case
from engine.deployment import deploy
from engine.log import GENESIS
from engine.store import cases, people, units
from engine.store.unit_of_work import UnitOfWork
from gis.areas import Area, Layers
from gis.names import AreaName
from handlers.catalogue import import_catalogue
from handlers.layers import store_layers

WEST, EAST = "610102", "610103"

#: A place in the first cell of the western district, one in its last cell, one in the eastern district, one outside.
FIRST_CELL, LAST_CELL = (108.9005, 34.2005), (108.9035, 34.2015)
IN_THE_EAST, OUTSIDE = (108.9060, 34.2010), (109.5, 34.5)

_DIAGRAM = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" id="d" targetNamespace="http://gridcase.org/tests">
  <bpmn:collaboration id="c"><bpmn:participant id="p" name="Case" processRef="case"/></bpmn:collaboration>
  <bpmn:process id="case" name="One step" isExecutable="true">
    <bpmn:laneSet id="lanes"><bpmn:lane id="lane" name="受理员"><bpmn:flowNodeRef>start</bpmn:flowNodeRef>
      <bpmn:flowNodeRef>locate</bpmn:flowNodeRef><bpmn:flowNodeRef>accept</bpmn:flowNodeRef>
      <bpmn:flowNodeRef>end</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>
    <bpmn:startEvent id="start"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="locate"/>
    <bpmn:serviceTask id="locate" name="Locate"><bpmn:extensionElements>
      <spiffworkflow:serviceTaskOperator id="gis.locate" resultVariable="place"/></bpmn:extensionElements>
      <bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing></bpmn:serviceTask>
    <bpmn:sequenceFlow id="f2" sourceRef="locate" targetRef="accept"/>
    <bpmn:userTask id="accept" name="受理"><bpmn:extensionElements><spiffworkflow:properties>
      <spiffworkflow:property name="form" value="forms/accept.json"/></spiffworkflow:properties></bpmn:extensionElements>
      <bpmn:incoming>f2</bpmn:incoming><bpmn:outgoing>f3</bpmn:outgoing></bpmn:userTask>
    <bpmn:sequenceFlow id="f3" sourceRef="accept" targetRef="end"/>
    <bpmn:endEvent id="end"><bpmn:incoming>f3</bpmn:incoming></bpmn:endEvent>
  </bpmn:process>
</bpmn:definitions>
"""

_FORM = """{"title": "受理", "type": "object", "properties": {
  "category": {"type": "string", "maxLength": 20, "x-to": "case"}, "condition_no": {"type": "integer", "x-to": "case"},
  "unit_id": {"type": "integer", "x-to": "case"}, "similar_id": {"type": "integer", "x-to": "case"}}}
"""

BUNDLE = {"case.bpmn": _DIAGRAM.encode(), "forms/accept.json": _FORM.encode()}

#: code, kind, parent, platform, area, type of unit
_UNITS = (
    ("city", "city", None, True, "6101", None),
    ("west", "district", "city", True, WEST, None),
    ("east", "district", "city", True, EAST, None),
    ("zone", "zone", "city", True, None, None),
    ("city-water", "department", "city", False, None, "water_supply"),
    ("city-sanitation", "department", "city", False, None, "sanitation"),
    ("west-sanitation", "department", "west", False, None, "sanitation"),
    ("west-sanitation-crew", "crew", "west-sanitation", False, None, "sanitation"),
    ("east-greenery", "department", "east", False, None, "greenery"),
    ("zone-power", "department", "zone", False, None, "power"),
    ("street-1", "street", "west", False, f"{WEST}001", "street_office"),
    ("street-2", "street", "west", False, f"{WEST}002", "street_office"),
)


def toy_layers() -> Layers:
    """Squares of a thousandth of a degree: the western district is four cells wide and two high, the eastern one is empty."""
    cells, communities, streets = [], [], []
    for s in range(2):
        street = f"{WEST}{s + 1:03d}"
        west = 108.900 + s * 0.002
        for c in range(2):
            community = f"{street}{c + 1:03d}"
            x = west + c * 0.001
            for n, y in enumerate((34.201, 34.200), start=1):
                outline = shapely.box(x, y, x + 0.001, y + 0.001)
                cells.append(
                    Area("cell", f"{community}{n:03d}", f"单元网格 {n:03d}", outline, True, f"Cell {n:03d}")
                )
            outline = shapely.box(x, 34.2, x + 0.001, 34.202)
            communities.append(
                Area(
                    "community", community, f"{s + 1}{c + 1}社区", outline, True, f"Community {s + 1}{c + 1}"
                )
            )
        outline = shapely.box(west, 34.2, west + 0.002, 34.202)
        streets.append(Area("street", street, f"{s + 1}号街道", outline, True, f"Street {s + 1}"))
    districts = (
        Area("district", WEST, "西区", shapely.box(108.900, 34.2, 108.904, 34.202), False, "West District"),
        Area("district", EAST, "东区", shapely.box(108.904, 34.2, 108.908, 34.202), False, "East District"),
    )
    return Layers(districts, tuple(streets), tuple(communities), tuple(cells), 100.0)


#: Known by name, but without an outline.
UNDRAWN = (
    AreaName("street", f"{EAST}001", "东街道", "East Street", EAST),
    AreaName("community", f"{EAST}001001", "无界社区", "Boundless Community", f"{EAST}001"),
)


@pytest.fixture
def toy(uow: UnitOfWork) -> dict[str, int]:
    """The toy city in the database, with the real catalogue and a process of one step; identifiers of its units by code."""
    ids: dict[str, int] = {}
    for code, kind, parent, is_platform, area_code, unit_type in _UNITS:
        row = {
            "code": code,
            "name_zh": code,
            "name_en": code,
            "kind": kind,
            "parent_id": ids.get(parent or ""),
        }
        row |= {"is_platform": is_platform, "area_code": area_code, "unit_type": unit_type}
        ids[code] = units.save(uow.conn, row)
    for role, name in (("acceptor", "受理员"), ("handler", "处置人员")):
        people.save_role(uow.conn, {"code": role, "name_zh": name, "name_en": role.title(), "sees": "unit"})
    uow.changed("units")
    uow.changed("roles")
    import_catalogue(uow)
    store_layers(uow, toy_layers(), UNDRAWN)
    deploy(uow, BUNDLE, SYSTEM)
    return {unit.code: unit.id for unit in unit_tree(uow).by_id.values()}


@pytest.fixture
def acceptor(uow: UnitOfWork, toy: dict[str, int]) -> Actor:
    """An acceptor of the western district."""
    person_id = people.save(uow.conn, {"login": "wang", "name": "王芳", "password_hash": "-"})
    people.grant(uow.conn, person_id, "acceptor", toy["west"])
    row = people.read(uow.conn, person_id)
    assert row is not None
    return Actor.of(row)


StoredCase = Callable[..., Case]


@pytest.fixture
def stored_case(uow: UnitOfWork, toy: dict[str, int]) -> StoredCase:
    """Makes a stored case; what is not named has an ordinary value."""
    numbers = count(1)

    def make(**values: Any) -> Case:
        lon, lat = values.pop("at", FIRST_CELL)
        row = {
            "platform_id": toy["west"],
            "number": f"20261123{next(numbers):06d}",
            "status": "open",
            "stage": "collecting",
            "channel": "citizen",
            "scheme": "gb30428",
            "kind": "component",
            "category": "0101",
            "condition_no": None,
            "description": "",
            "address": "",
            "lon": lon,
            "lat": lat,
            "opened_at": uow.now,
            "rework_count": 0,
            "priority": 0,
            "log_seq": 0,
            "log_hash": GENESIS,
            **values,
        }
        case_id = cases.add(uow.conn, row)
        document = cases.read(uow.conn, case_id)
        assert document is not None
        return Case(uow, document, SYSTEM)

    return make
