"""A small city with a small process: the engine's tests need no place and no picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine import lanes, tasks
from engine.actors import PUBLIC, SYSTEM, Actor
from engine.case import Case
from engine.deployment import deploy, read_folder
from engine.reports import Opened, Report, open_case
from engine.store import people, units
from engine.store.database import Database

DIAGRAMS = Path(__file__).parent / "diagrams"

ROLES = {"acceptor": "受理员", "handler": "处置人员", "shift_leader": "值班长", "supervisor": "督查员"}


@dataclass(frozen=True)
class Town:
    """A city unit with two crews under it, and people with roles there."""

    database: Database
    city: int
    crew: int
    other_crew: int
    acceptor: Actor
    second_acceptor: Actor
    handler: Actor
    leader: Actor
    stranger: Actor

    def report(self, key: str = "first", **values: object) -> Report:
        """A report that opens a case."""
        given = {
            "platform_id": self.city,
            "channel": "citizen",
            "scheme": "gb30428",
            "kind": "event",
            "category": "0101",
            "description": "rubbish beside the road",
            "address": "West Street",
            "lon": 108.9,
            "lat": 34.2,
            "submission_key": key,
        }
        return Report(**{**given, **values})  # type: ignore[arg-type]

    def opened(self, key: str = "first", actor: Actor = PUBLIC) -> Opened:
        """A case that waits for an acceptor."""
        with self.database.unit_of_work() as uow:
            return open_case(uow, self.report(key), actor)

    def waiting(self, case_id: int) -> int:
        """The only open work item of a case."""
        from engine.store import work_items

        with self.database.unit_of_work() as uow:
            (item,) = work_items.open_of_case(uow.conn, case_id)
            return int(item["id"])


@pytest.fixture(autouse=True)
def rules() -> Iterator[None]:
    """The rule and the service task that the small process needs, beside those of the handlers."""
    # In this order: loading the service tasks registers the rules of the handlers, once in a process.
    kept = dict(tasks.load_service_tasks())
    before = dict(lanes._rules)

    @tasks.service_task("test.assign", title={"zh": "分派", "en": "Assign"})
    def assign(case: Case, code: str) -> dict[str, int]:
        """Give the case to the unit with a code."""
        from engine.actors import unit_tree

        unit = unit_tree(case.uow).by_code[code]
        case.set(unit_id=unit.id)
        return {"unit_id": unit.id}

    lanes._rules.clear()
    lanes.lane_rule("handler")(lambda case, _role: case.unit_id)
    lanes.lane_rule(lanes.ANY_ROLE)(lambda case, _role: case.platform_id)
    yield
    lanes._rules.clear()
    lanes._rules.update(before)
    tasks._registry.clear()
    tasks._registry.update(kept)


@pytest.fixture
def town(database: Database, rules: None) -> Town:
    """The small city, with the small process deployed."""
    with database.unit_of_work() as uow:
        for code, name in ROLES.items():
            people.save_role(uow.conn, {"code": code, "name_zh": name, "name_en": code, "sees": "unit"})
        base = {"area_code": None, "unit_type": None}
        city = units.save(
            uow.conn,
            {
                "code": "city",
                "name_zh": "城",
                "name_en": "City",
                "kind": "city",
                "parent_id": None,
                "is_platform": True,
            }
            | base,
        )
        crews = [
            units.save(
                uow.conn,
                {
                    "code": code,
                    "name_zh": code,
                    "name_en": code,
                    "kind": "crew",
                    "parent_id": city,
                    "is_platform": False,
                }
                | base,
            )
            for code in ("crew", "other")
        ]
        uow.changed("units")
        uow.changed("roles")
        staff = {
            "acceptor": ("acceptor", city),
            "second_acceptor": ("acceptor", city),
            "handler": ("handler", crews[0]),
            "leader": ("shift_leader", city),
            "stranger": ("handler", crews[1]),
        }
        actors = {}
        for login, (role, unit_id) in staff.items():
            person_id = people.save(uow.conn, {"login": login, "name": login.title(), "password_hash": "-"})
            people.grant(uow.conn, person_id, role, unit_id)
            row = people.read(uow.conn, person_id)
            assert row is not None
            actors[login] = Actor.of(row)
        deploy(uow, read_folder(DIAGRAMS), SYSTEM)
    return Town(database, city, crews[0], crews[1], **actors)
