"""A toy city of two districts with the real process of a case, people of every role, and browsers to be them."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from io import BytesIO
from itertools import count
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from shapely.geometry import box
from werkzeug.serving import ThreadedWSGIServer, make_server
from werkzeug.test import TestResponse

import processes as package
from engine.actors import SYSTEM, Actor
from engine.clock import SteppedClock
from engine.deployment import deploy, read_folder
from engine.organisation import import_roles
from engine.settings import Settings
from engine.store import people, units, work_items
from engine.store.database import Database
from engine.store.unit_of_work import UnitOfWork
from handlers.catalogue import import_catalogue
from handlers.layers import ResponsibilityGrid, save_responsibility, store_layers
from handlers.reporting import ReportInput, submit
from tests.conftest import SHANGHAI
from tests.handlers.conftest import EAST, UNDRAWN, WEST, toy_layers
from web.app import create_app

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

PROCESSES = Path(package.__path__[0])

#: In the western district, in the cell 610102001001002.
LON, LAT = 108.9005, 34.2005

#: The western and the eastern half of the western district.
LEFT, RIGHT = box(108.900, 34.2, 108.902, 34.202), box(108.902, 34.2, 108.904, 34.202)

#: code: kind, parent, whether it is a platform, area, type of unit
UNITS: Mapping[str, tuple[str, str | None, bool, str | None, str | None]] = {
    "city": ("city", None, True, "6101", None),
    "west": ("district", "city", True, WEST, None),
    "east": ("district", "city", True, EAST, None),
    "west-cleaners": ("department", "west", False, WEST, "sanitation"),
}

#: login: name, role, unit
STAFF = {
    "acceptor": ("王秀英", "acceptor", "west"),
    "second": ("赵磊", "acceptor", "west"),
    "leader": ("张敏", "shift_leader", "west"),
    "dispatcher": ("刘洋", "dispatcher", "west"),
    "collector": ("李建国", "collector", "west"),
    "handler": ("周强", "handler", "west-cleaners"),
    "stranger": ("孙丽", "acceptor", "east"),
    "supervisor": ("陈静", "supervisor", "city"),
}


@dataclass
class Town:
    """The city, its application, and who is in it."""

    database: Database
    app: Flask
    units: Mapping[str, int]
    people: Mapping[str, int]

    def browser(self, login: str | None = None, language: str = "zh-CN") -> FlaskClient:
        """A browser that asks for a language; signed in as somebody, if somebody is named."""
        client = self.app.test_client()
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
        client.environ_base["HTTP_ACCEPT"] = "text/html"
        if login is not None:
            response = client.post("/sign-in/demonstration", data={"person": self.people[login]})
            assert response.status_code == 303, response.text
        return client

    def actor(self, login: str) -> Actor:
        """The person with a login, as one who gives commands."""
        with self.database.unit_of_work() as uow:
            row = people.read(uow.conn, self.people[login])
            assert row is not None
            return Actor.of(row)

    def reported(self, **values: Any) -> int:
        """A case of the western district that waits for its acceptors."""
        given = {
            "channel": "citizen",
            "kind": "event",
            "category": "0101",
            "description": "垃圾堆积",
            **values,
        }
        given = {"lon": LON, "lat": LAT, "submission_key": f"key-{next(_keys)}", **given}
        with self.database.unit_of_work() as uow:
            return submit(uow, ReportInput(**given)).id

    def waiting(self, case_id: int) -> Mapping[str, Any]:
        """The only open work item of a case."""
        with self.database.unit_of_work() as uow:
            (item,) = work_items.open_of_case(uow.conn, case_id)
            return dict(item)

    def complete(self, case_id: int, login: str, **values: str) -> TestResponse:
        """Complete the open work item of a case by its form."""
        item = self.waiting(case_id)
        data = {"form": "1", "version": item["version"], "key": f"key-{next(_keys)}"}
        data |= {f"f.{name}": value for name, value in values.items()}
        return self.browser(login).post(f"/work-items/{item['id']}/complete", data=data)


_keys = count(1)


@pytest.fixture
def settings(tmp_path: Path, database: Database) -> Settings:
    """Of an installation whose files are thrown away."""
    return Settings(tmp_path, database.url, "127.0.0.1", 8000, SHANGHAI)


@pytest.fixture
def town(database: Database, settings: Settings) -> Town:
    """The city with its people and no case."""
    with database.unit_of_work() as uow:
        unit_ids = _units(uow)
        import_roles(uow, PROCESSES / "city" / "roles.csv")
        import_catalogue(uow)
        store_layers(uow, toy_layers(), UNDRAWN)
        person_ids = {}
        for login, (name, role, unit) in STAFF.items():
            row = {"login": login, "name": name, "password_hash": "-", "is_demo": True}
            person_ids[login] = people.save(uow.conn, row)
            people.grant(uow.conn, person_ids[login], role, unit_ids[unit])
        deploy(uow, read_folder(PROCESSES / "case"), SYSTEM)
    app = create_app(settings, database)
    app.testing = True
    return Town(database, app, unit_ids, person_ids)


@pytest.fixture
def grids(town: Town, clock: SteppedClock) -> Town:
    """The town, its western district divided between two cleaning units."""
    ids: dict[str, int] = {}
    with town.database.unit_of_work() as uow:
        for code in ("west-first", "west-second"):
            row: dict[str, Any] = {
                "code": code,
                "name_zh": f"环卫 {code}",
                "name_en": code,
                "kind": "department",
            }
            row |= {"parent_id": town.units["west"], "is_platform": False, "area_code": None}
            ids[code] = units.save(uow.conn, {**row, "unit_type": "sanitation"})
        uow.changed("units")
    for code, outline in (("left", LEFT), ("right", RIGHT)):
        unit = "west-first" if code == "left" else "west-second"
        with town.database.unit_of_work() as uow:
            grid = ResponsibilityGrid(
                "sanitation", code, outline, unit, f"网格 {code}", rank=int(code == "left")
            )
            save_responsibility(uow, town.actor("supervisor"), grid)
    clock.advance(timedelta(minutes=1))
    return replace(town, units={**town.units, **ids})


def _units(uow: UnitOfWork) -> dict[str, int]:
    found: dict[str, int] = {}
    for code, (kind, parent, is_platform, area_code, unit_type) in UNITS.items():
        row = {
            "code": code,
            "name_zh": f"单位 {code}",
            "name_en": f"Unit {code}",
            "kind": kind,
            "parent_id": found.get(parent or ""),
            "is_platform": is_platform,
            "area_code": area_code,
            "unit_type": unit_type,
        }
        found[code] = units.save(uow.conn, row)
    uow.changed("units")
    return found


@pytest.fixture
def jpeg() -> bytes:
    """A small photograph."""
    return jpeg_of((320, 240))


def jpeg_of(size: tuple[int, int]) -> bytes:
    """A photograph of a width and a height, unlike any other."""
    stream = BytesIO()
    Image.effect_noise(size, 60).convert("RGB").save(stream, "JPEG")
    return stream.getvalue()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A headless Chromium."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "no browser: run the tests by `make test`, which finds or installs one"
    # A busy machine is slow, not wrong.
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture
def page(town: Town, chromium: Browser) -> Iterator[Page]:
    """A page in front of the town; a script that fails, or a request to anybody else, fails the test."""
    server = make_server("127.0.0.1", 0, _read_whole(town.app), threaded=True)
    # A request that is still under way at the end is waited for: its connection belongs to the town's database.
    assert isinstance(server, ThreadedWSGIServer)
    server.daemon_threads = False
    thread = Thread(target=server.serve_forever)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    context = chromium.new_context(base_url=address, locale="zh-CN", viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    trouble: list[str] = []
    opened.on("pageerror", lambda error: trouble.append(str(error)))
    opened.on("console", lambda said: _complaint(said, trouble))
    opened.on("request", lambda asked: _foreign(asked.url, address, trouble))
    yield opened
    context.close()
    server.shutdown()
    thread.join()
    server.server_close()
    assert trouble == []


def _read_whole(app: Flask) -> WSGIApplication:
    """The application, whose answers are read before they are sent: the server of the tests leaves files open if a browser goes away."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        parts = app(environ, start_response)
        try:
            return [b"".join(parts)]
        finally:
            close = getattr(parts, "close", None)
            if close is not None:
                close()

    return answer


def _complaint(said: ConsoleMessage, trouble: list[str]) -> None:
    # A form that is refused comes back with this status: the browser takes note of it, nothing is wrong.
    if said.type == "error" and not re.search("status of (409|422)", said.text):
        trouble.append(said.text)


def _foreign(url: str, address: str, trouble: list[str]) -> None:
    if not url.startswith((address, "data:", "blob:")):
        trouble.append(f"asked for {url}")


def become(page: Page, name: str) -> None:
    """Sign in as one of the people, by their name."""
    page.goto("/sign-in")
    page.get_by_role("button", name=re.compile(name)).click()
    arrive(page, "/inbox")


def arrive(page: Page, address: str) -> None:
    """Wait for the page with an address (a pattern), until its scripts listen: a key pressed earlier is lost."""
    expect(page).to_have_url(re.compile(address))
    page.wait_for_load_state()
