"""A town of two districts, with people, tokens and the small process of the engine's tests, behind the real API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from flask import Flask
from flask.testing import FlaskClient
from shapely import box
from werkzeug.test import TestResponse

from engine import lanes, tasks
from engine.actors import SYSTEM
from engine.case import Case
from engine.deployment import deploy, read_folder
from engine.settings import Settings
from engine.store import people, units, work_items
from engine.store.database import Database
from engine.store.unit_of_work import UnitOfWork
from engine.tokens import issue
from gis.areas import Area, Layers
from handlers.catalogue import import_catalogue
from handlers.layers import store_layers
from tests.conftest import SHANGHAI
from tests.engine.conftest import DIAGRAMS
from web.app import create_app

PREFIX = "/api/v1"

ROLES = {
    "acceptor": "受理员",
    "shift_leader": "值班长",
    "dispatcher": "派遣员",
    "handler": "处置人员",
    "collector": "采集员",
    "supervisor": "督查员",
    "reviewer": "视频复核员",
}

#: login: role and unit
STAFF = {
    "acceptor": ("acceptor", "610102"),
    "second_acceptor": ("acceptor", "610102"),
    "handler": ("handler", "crew"),
    "leader": ("shift_leader", "610102"),
    "dispatcher": ("dispatcher", "610102"),
    "collector": ("collector", "610102"),
    "stranger": ("acceptor", "610104"),
    "foreign_leader": ("shift_leader", "610104"),
}

REPORT = {
    "channel": "hotline",
    "kind": "event",
    "category": "0101",
    "description": "Rubbish beside the road",
    "address": "West Street 5",
    "lon": 108.96,
    "lat": 34.26,
}


class Reply(TestResponse):
    """A response whose JSON a test reads as it is."""

    @property
    def json(self) -> Any:
        """The JSON of the body."""
        return self.get_json()


@dataclass
class Town:
    """The application with a token for each person.

    Attributes:
        tokens: by login.
    """

    database: Database
    app: Flask
    tokens: dict[str, str]
    people: dict[str, int]
    units: dict[str, int] = field(default_factory=dict)

    def call(self, method: str, path: str, who: str | None = "acceptor", **options: Any) -> Reply:
        """One request, by a client of its own."""
        headers = dict(options.pop("headers", {}))
        if who is not None:
            headers["Authorization"] = f"Bearer {self.tokens[who]}"
        address = path if path.startswith("/api") else PREFIX + path
        client = FlaskClient(self.app, Reply, use_cookies=False)
        return cast(Reply, client.open(address, method=method, headers=headers, **options))

    def get(self, path: str, who: str | None = "acceptor", **options: Any) -> Reply:
        """GET, as somebody."""
        return self.call("GET", path, who, **options)

    def post(self, path: str, json: Any = None, who: str | None = "acceptor", **options: Any) -> Reply:
        """POST of JSON, as somebody."""
        return self.call("POST", path, who, **options, **({} if json is None else {"json": json}))

    def reported(self, **values: Any) -> int:
        """A case that was reported by the API and waits for its first person."""
        response = self.post("/reports", {**REPORT, **values})
        assert response.status_code == 201, response.text
        return int(response.json["id"])

    def waiting(self, case_id: int) -> int:
        """The only open work item of a case."""
        with self.database.unit_of_work() as uow:
            (item,) = work_items.open_of_case(uow.conn, case_id)
            return int(item["id"])

    def first_item(self) -> int:
        """The first work item of a new case, offered to the acceptors of 610102."""
        return self.waiting(self.reported())


@pytest.fixture
def rules() -> Iterator[None]:
    """The service task that the small process needs, beside those of the handlers."""
    kept = dict(tasks.load_service_tasks())
    assert lanes._rules.keys() >= {"handler", lanes.ANY_ROLE}

    @tasks.service_task("test.assign", title={"zh": "分派", "en": "Assign"})
    def assign(case: Case, code: str) -> dict[str, int]:
        """Give the case to the unit with a code."""
        from engine.actors import unit_tree

        unit = unit_tree(case.uow).by_code[code]
        case.set(unit_id=unit.id)
        return {"unit_id": unit.id}

    yield
    tasks._registry.clear()
    tasks._registry.update(kept)


@pytest.fixture
def settings(tmp_path: Path, database: Database) -> Settings:
    """Of an installation whose files are thrown away."""
    return Settings(tmp_path, database.url, "127.0.0.1", 8000, SHANGHAI)


@pytest.fixture
def town(database: Database, settings: Settings, rules: None) -> Town:
    """The town with the small process of the engine's tests: accept, handle, and void at any time."""
    return founded(database, settings, DIAGRAMS)


def founded(database: Database, settings: Settings, process: Path) -> Town:
    """A town whose cases live by the process of a folder."""
    with database.unit_of_work() as uow:
        unit_ids = _organise(uow)
        people_ids, tokens = {}, {}
        for login, (role, unit) in STAFF.items():
            person = {"login": login, "name": login.replace("_", " ").title(), "password_hash": "-"}
            people_ids[login] = people.save(uow.conn, person)
            people.grant(uow.conn, people_ids[login], role, unit_ids[unit])
            tokens[login] = issue(uow, people_ids[login], "tests", timedelta(days=30))
        import_catalogue(uow)
        store_layers(uow, Layers((_district("610102", 108.9), _district("610104", 108.8))))
        deploy(uow, read_folder(process), SYSTEM)
    app = create_app(settings, database)
    app.testing = True
    return Town(database, app, tokens, people_ids, unit_ids)


def _organise(uow: UnitOfWork) -> dict[str, int]:
    for code, name in ROLES.items():
        sees = "unit" if code in ("acceptor", "dispatcher", "shift_leader", "supervisor") else "offered"
        people.save_role(uow.conn, {"code": code, "name_zh": name, "name_en": code, "sees": sees})
    found: dict[str, int] = {}
    for code, kind, parent in (
        ("610100", "city", None),
        ("610102", "district", "610100"),
        ("610104", "district", "610100"),
        ("crew", "crew", "610102"),
    ):
        row = {
            "code": code,
            "name_zh": f"单位{code}",
            "name_en": f"Unit {code}",
            "kind": kind,
            "parent_id": found.get(parent) if parent else None,
            "is_platform": kind != "crew",
            "area_code": code if code.isdigit() else "610102",
            "unit_type": None if code.isdigit() else "law_enforcement",
        }
        found[code] = units.save(uow.conn, row)
    uow.changed("units")
    uow.changed("roles")
    return found


def _district(code: str, west: float) -> Area:
    return Area("district", code, f"区{code}", box(west, 34.2, west + 0.1, 34.3), True, f"District {code}")
