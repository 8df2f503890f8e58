"""Two processes that write to each other, and the town with two platforms in which they run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from engine.actors import SYSTEM
from engine.deployment import deploy
from engine.execution import Completion, Execution
from engine.log import data_of
from engine.post import Letter, post
from engine.stopping import stopping
from engine.store import log_entries, units, work_items
from tests.bpmn.diagrams import flows, process
from tests.engine.conftest import Town
from tests.engine.workers import run_all

MESSAGES = '<message id="m_start" name="x.start"/><message id="m_done" name="x.done"/><signal id="storm" name="storm"/>'


def element(kind: str, element_id: str, inner: str = "", marks: str = "", **properties: str) -> str:
    """An element with a name and properties."""
    given = "".join(f'<spiffworkflow:property name="{n}" value="{v}"/>' for n, v in properties.items())
    holder = (
        f"<extensionElements><spiffworkflow:properties>{given}</spiffworkflow:properties></extensionElements>"
    )
    return f'<{kind} id="{element_id}" name="{element_id}" {marks}>{holder}{inner}</{kind}>'


def step(element_id: str) -> str:
    return element("userTask", element_id, role="acceptor", limit="4", unit_of_time="work_hour")


def message(reference: str, payload: str = "") -> str:
    inner = f"<spiffworkflow:messagePayload>{payload}</spiffworkflow:messagePayload>" if payload else ""
    return f'<messageEventDefinition messageRef="{reference}"><extensionElements>{inner}</extensionElements></messageEventDefinition>'


STORM = '<signalEventDefinition signalRef="storm"/>'

#: The city's case: it asks the district, waits for the answer, and a person reads it.
CITY = process(
    '<startEvent id="s"/>'
    + step("ask")
    + element("intermediateThrowEvent", "start", message("m_start", "{'level': 2}"), correlation="key", to="'east'")
    + element("intermediateCatchEvent", "answer", message("m_done"), correlation="key")
    + step("read") + '<endEvent id="e"/>' + flows("s ask start answer read e"),
    before=MESSAGES,
    name="case",
)  # fmt: skip

#: The city's case as it waits for two answers under one key at the same time.
TWICE = process(
    '<startEvent id="s"/>'
    + step("ask")
    + '<parallelGateway id="fork"/>'
    + element("intermediateCatchEvent", "one", message("m_done"), correlation="key")
    + element("intermediateCatchEvent", "two", message("m_done"), correlation="key")
    + '<parallelGateway id="join"/>'
    + step("read") + '<endEvent id="e"/>'
    + flows("s ask fork one join read e", "fork two join"),
    before=MESSAGES,
    name="case",
)  # fmt: skip

#: The district's: begun by the message, answered after a person did it.
DISTRICT = process(
    element("startEvent", "begin", message("m_start"), key_variable="city_key")
    + step("do")
    + element("endEvent", "tell", message("m_done", "{'result': result, 'level': level}"), correlation="city_key")
    + flows("begin do tell"),
    before=MESSAGES,
    name="help",
)  # fmt: skip


@dataclass
class Two:
    """The town with a district's platform and both processes."""

    town: Town
    east: int

    def run(self) -> None:
        run_all(self.town.database)

    def at(self) -> list[tuple[int, str]]:
        """Case and element of every open work item."""
        with self.town.database.unit_of_work() as uow:
            found = uow.conn.execute(
                text("SELECT case_id, element_id FROM work_item WHERE state = 'open' ORDER BY id")
            )
            return [(case_id, name) for case_id, name in found]

    def do(self, case_id: int, **values: Any) -> None:
        """Complete the only open work item of a case."""
        with self.town.database.unit_of_work() as uow:
            (item,) = work_items.open_of_case(uow.conn, case_id)
            row = work_items.lock(uow.conn, item["id"])
            assert row is not None

            with stopping("step", row, task_id=row["item_task_id"]):
                execution = Execution.of(uow, row, self.town.acceptor)
                execution.complete(row["item_task_id"], values)
                execution.write(Completion(item["id"], item["version"], item["task_id"], None))

    def count(self, table: str, condition: str = "true") -> int:
        with self.town.database.unit_of_work() as uow:
            return int(uow.conn.execute(text(f"SELECT count(*) FROM {table} WHERE {condition}")).scalar_one())

    def deploy(self, **files: bytes) -> None:
        with self.town.database.unit_of_work() as uow:
            deploy(uow, {f"{name}.bpmn": content for name, content in files.items()}, SYSTEM)

    def send(self, message_id: str = "m1", **changes: Any) -> bool:
        """A message of a foreign program."""
        given: dict[str, Any] = {
            "sender": "hospital",
            "message_id": message_id,
            "name": "x.done",
            "key": "k1",
            "payload": "{}",
            "platform_id": self.town.city,
        }
        with self.town.database.unit_of_work() as uow:
            return post(uow, Letter(**{**given, **changes}))

    def log(self, case_id: int, action: str) -> list[Mapping[str, Any]]:
        with self.town.database.unit_of_work() as uow:
            rows = log_entries.of_case(uow.conn, case_id)
        return [data_of(row) for row in rows if row["action"] == action]


def founded(town: Town) -> Two:
    """The town with a district's platform and both processes."""
    with town.database.unit_of_work() as uow:
        east = units.save(
            uow.conn,
            {
                "code": "east", "name_zh": "东", "name_en": "East", "kind": "district", "parent_id": town.city,
                "is_platform": True, "area_code": None, "unit_type": None,
            },
        )  # fmt: skip
        uow.changed("units")
    made = Two(town, east)
    made.deploy(case=CITY)
    made.deploy(help=DISTRICT)
    return made


def asked(two: Two, key: str = "k1", report: str = "first") -> int:
    """A city's case that has asked under a key."""
    opened = two.town.opened(report)
    two.do(opened.id, key=key)
    return opened.id
