"""Three sanitation crews in the western district, and a process that hands a case to their department at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from engine import work
from engine.actors import PUBLIC, SYSTEM, Actor
from engine.deployment import deploy
from engine.reports import Report, open_case
from engine.store import people, units, work_items
from engine.store.unit_of_work import UnitOfWork
from handlers.crews.replanning import plan_anew
from handlers.store import crews

DIAGRAM = Path(__file__).parent / "case.bpmn"

#: East of the first crew, a kilometre and more apart.
HOMES = {"crew-a": (108.90, 34.20), "crew-b": (108.92, 34.20), "crew-c": (108.94, 34.20)}


@dataclass
class Yard:
    """The crews, by code, with one member each, and cases for them.

    Attributes:
        ids: of the units of the city.
        members: the person of each crew.
        leader: a dispatcher of the district.
    """

    uow: UnitOfWork
    ids: dict[str, int]
    members: dict[str, Actor]
    leader: Actor
    numbers: Any

    def case(self, lon: float, lat: float = 34.2, **values: Any) -> int:
        """A case there that its department has to handle, and that a crew was looked for."""
        given = {"scheme": "gb30428", "kind": "event", "category": "0101", **values}
        report = Report(
            platform_id=self.ids["west"],
            channel="citizen",
            description="",
            address="",
            lon=lon,
            lat=lat,
            submission_key=f"report-{next(self.numbers)}",
            place={"district_code": "610102"},
            **given,
        )
        return open_case(self.uow, report, PUBLIC).id

    def crew_of(self, case_id: int) -> str | None:
        """The code of the crew that a case is placed with."""
        row = crews.of_case(self.uow.conn, case_id)
        return None if row is None else self.code(row["crew_id"])

    def code(self, crew_id: int) -> str:
        """The code of a crew."""
        return next(code for code, unit_id in self.ids.items() if unit_id == crew_id)

    def claim(self, case_id: int, crew: str) -> None:
        """Let a member of a crew begin a case."""
        (item,) = work_items.open_of_case(self.uow.conn, case_id)
        work.claim(self.uow, item["id"], self.members[crew])

    def only(self, code: str) -> None:
        """Leave no room at any other crew."""
        for other in self.members:
            self.change(other, capacity=20 if other == code else 0)

    def commit(self) -> None:
        """Let others see what was done so far."""
        self.uow.driver.commit()

    def plan(self) -> int:
        """Plan the crews of the department anew, as it is done every few minutes."""
        self.commit()
        return plan_anew(self.uow.database, self.ids["west-sanitation"])

    def change(self, code: str, **values: Any) -> None:
        """Change what is stored of a crew."""
        (row,) = [one for one in crews.read(self.uow.conn) if one["unit_id"] == self.ids[code]]
        crews.save(self.uow.conn, {**row, **values})
        self.uow.changed(crews.REVISION)


def crew_row(unit_id: int, home: tuple[float, float]) -> dict[str, Any]:
    """An ordinary crew: days from eight to six, 20 km/h, anything its unit does."""
    return {
        "unit_id": unit_id,
        "skills": [],
        "shift_begins": time(8),
        "shift_ends": time(18),
        "days": "every",
        "home_lon": home[0],
        "home_lat": home[1],
        "kmh": 20.0,
        "capacity": 20,
    }


@pytest.fixture
def yard(uow: UnitOfWork, toy: Mapping[str, int]) -> Yard:
    """The crews with their people, at work on a Monday at ten."""
    ids = dict(toy)
    members = {}
    for code, home in HOMES.items():
        row: dict[str, Any] = {"code": code, "name_zh": f"{code}队", "name_en": code.title(), "kind": "crew"}
        row |= {
            "parent_id": ids["west-sanitation"],
            "is_platform": False,
            "area_code": None,
            "unit_type": None,
        }
        ids[code] = units.save(uow.conn, row)
        crews.save(uow.conn, crew_row(ids[code], home))
        members[code] = _person(uow, code, ("handler", ids["west-sanitation"]), ("handler", ids[code]))
    people.save_role(
        uow.conn, {"code": "dispatcher", "name_zh": "派遣员", "name_en": "Dispatcher", "sees": "below"}
    )
    for revision in ("units", "roles", crews.REVISION):
        uow.changed(revision)
    leader = _person(uow, "leader", ("dispatcher", ids["west"]))
    deploy(uow, {"case.bpmn": DIAGRAM.read_bytes()}, SYSTEM)
    return Yard(uow, ids, members, leader, count())


def _person(uow: UnitOfWork, login: str, *grants: tuple[str, int]) -> Actor:
    person_id = people.save(uow.conn, {"login": login, "name": login, "password_hash": "-"})
    for role, unit_id in grants:
        people.grant(uow.conn, person_id, role, unit_id)
    row = people.read(uow.conn, person_id)
    assert row is not None
    return Actor.of(row)
