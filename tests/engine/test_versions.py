"""A designer's change takes effect for the next case; the cases under way end on the diagram with which they began."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from engine import bundles, cases, work
from engine.actors import SYSTEM, Actor
from engine.deployment import deploy, read_folder
from engine.store import instances, work_items
from engine.store.database import Database
from handlers.reporting import ReportInput, submit
from handlers.scenarios.town import Town, build

APPROVE_FORM = {
    "type": "object",
    "x-title": {"zh": "立案审批", "en": "Approve"},
    "properties": {
        "decision": {
            "type": "string",
            "x-widget": "decision",
            "oneOf": [{"const": "approve", "x-title": {"zh": "同意", "en": "Approve"}, "x-tone": "primary"}],
        }
    },
    "required": ["decision"],
}

APPROVE_TASK = """<bpmn:userTask id="approve" name="立案审批">
      <bpmn:extensionElements>
        <spiffworkflow:properties>
          <spiffworkflow:property name="form" value="forms/approve.json" />
          <spiffworkflow:property name="stage" value="filing" />
          <spiffworkflow:property name="limit" value="1" />
          <spiffworkflow:property name="unit_of_time" value="work_hour" />
          <spiffworkflow:property name="name_en" value="Approve" />
        </spiffworkflow:properties>
      </bpmn:extensionElements>
      <bpmn:incoming>file_to_start_clock</bpmn:incoming>
      <bpmn:outgoing>approve_to_start_clock</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="approve_to_start_clock" sourceRef="approve" targetRef="start_clock" />
  </bpmn:process>"""


def with_second_approval(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The bundle after a designer drew a second approval between filing and the start of the clock."""
    text = files["case.bpmn"].decode()
    for old, new in (
        ("</bpmn:process>", APPROVE_TASK),
        ('sourceRef="file_result" targetRef="start_clock"', 'sourceRef="file_result" targetRef="approve"'),
        (
            "<bpmn:incoming>file_to_start_clock</bpmn:incoming>",
            "<bpmn:incoming>approve_to_start_clock</bpmn:incoming>",
        ),
        ("<bpmn:flowNodeRef>file<", "<bpmn:flowNodeRef>approve</bpmn:flowNodeRef><bpmn:flowNodeRef>file<"),
    ):
        assert old in text
        # The first place only: the new task's own lines come after it.
        text = text.replace(old, new, 1)
    return {**files, "case.bpmn": text.encode(), "forms/approve.json": orjson.dumps(APPROVE_FORM)}


@dataclass
class City:
    """A small city in which cases run."""

    database: Database
    town: Town
    files: dict[str, bytes]

    def opened(self, key: str) -> int:
        with self.database.unit_of_work() as uow:
            lon, lat = self.town.places["西一路"]
            return submit(
                uow, ReportInput("citizen", "event", "0405", "店外经营", lon=lon, lat=lat, submission_key=key)
            ).id

    def waiting(self, case_id: int) -> Mapping[str, Any]:
        with self.database.unit_of_work() as uow:
            (item,) = work_items.open_of_case(uow.conn, case_id)
            return item

    def decide(self, case_id: int, *decisions: str) -> None:
        """Each is made by whoever the case waits for."""
        for decision in decisions:
            item = self.waiting(case_id)
            actor: Actor = self.town.actors[item["role"], item["unit_id"]]
            with self.database.unit_of_work() as uow:
                work.complete(uow, item["id"], actor, {"decision": decision})

    def deploy(self, files: Mapping[str, bytes]) -> int:
        with self.database.unit_of_work() as uow:
            return deploy(uow, files, SYSTEM)[0].version

    def read(self, case_id: int) -> Mapping[str, Any]:
        with self.database.unit_of_work() as uow:
            row = instances.of_case(uow.conn, case_id)
            assert row is not None
            return row

    def visited(self, case_id: int) -> Mapping[str, Any]:
        leader = next(actor for (role, _), actor in self.town.actors.items() if role == "shift_leader")
        with self.database.unit_of_work() as uow:
            return cases.view(uow, case_id, leader).visited


@pytest.fixture
def city(database: Database, processes: Path) -> City:
    files = read_folder(processes / "case")
    with database.unit_of_work() as uow:
        town = build(uow, processes / "case" / "scenarios" / "city")
        deploy(uow, files, SYSTEM)
    return City(database, town, files)


def test_the_next_case_waits_at_the_new_step(city: City) -> None:
    assert city.deploy(with_second_approval(city.files)) == 2

    case = city.opened("after")
    city.decide(case, "accept", "file")

    assert (city.waiting(case)["element_id"], city.waiting(case)["role"]) == ("approve", "shift_leader")
    assert city.read(case)["filed_at"] is None


def test_the_next_case_goes_on_from_the_new_step_to_its_end(city: City) -> None:
    city.deploy(with_second_approval(city.files))
    case = city.opened("after")

    city.decide(case, "accept", "file", "approve", "done", "passed", "close")

    assert (city.read(case)["status"], city.read(case)["process_number"]) == ("closed", 2)
    assert city.visited(case)["approve"][0] == 1


@pytest.mark.parametrize("before", [(), ("accept",), ("accept", "file"), ("accept", "file", "done")])
def test_a_case_under_way_ends_on_the_diagram_with_which_it_began(
    city: City, before: tuple[str, ...]
) -> None:
    case = city.opened("before")
    city.decide(case, *before)
    city.deploy(with_second_approval(city.files))
    # As a process started after the deployment finds it: nothing but the database.
    bundles._cache.clear()

    way = ("accept", "file", "done", "passed", "close")
    city.decide(case, *way[len(before) :])

    assert (city.read(case)["status"], city.read(case)["process_number"]) == ("closed", 1)
    assert "approve" not in city.visited(case)


def test_a_case_under_way_shows_the_diagram_with_which_it_began(city: City) -> None:
    case = city.opened("before")
    city.deploy(with_second_approval(city.files))

    with city.database.unit_of_work() as uow:
        diagram = cases.diagram_of(uow, case, city.town.actors["acceptor", city.read(case)["platform_id"]])

    assert diagram.encode() == city.files["case.bpmn"]


def test_files_that_are_deployed_already_make_no_version(city: City) -> None:
    assert city.deploy(city.files) == 1
    assert city.deploy(with_second_approval(city.files)) == 2
    assert city.deploy(with_second_approval(city.files)) == 2


def test_going_back_to_older_files_is_a_version_of_its_own(city: City) -> None:
    city.deploy(with_second_approval(city.files))

    assert city.deploy(city.files) == 3
    case = city.opened("again")
    city.decide(case, "accept", "file")
    assert city.waiting(case)["element_id"] == "handle"
