"""The people of a demonstration, whose password everybody knows, come in from this machine alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from flask import Flask

from engine.settings import Settings
from engine.store import people
from engine.tokens import issue
from tests.web.conftest import Town
from web.app import create_app

PASSWORD = "gridcase-demo"
HASH = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
PROXIED = [
    {"Host": "cases.example.org"},
    {"Host": "evil.example:8000"},
    {"X-Forwarded-For": "203.0.113.5"},
    {"X-Real-IP": "203.0.113.5"},
    {"Forwarded": "for=203.0.113.5"},
]


@pytest.fixture
def known(town: Town) -> Town:
    """The town, where the acceptor of the demonstration has the password."""
    with town.database.unit_of_work() as uow:
        people.set_password(uow.conn, town.people["acceptor"], HASH)
    return town


@pytest.fixture
def public(known: Town, settings: Settings) -> Flask:
    """The same installation, reachable from elsewhere."""
    return create_app(replace(settings, host="10.0.0.5"), known.database)


def test_on_this_machine_the_password_lets_them_in(known: Town) -> None:
    response = known.browser().post("/sign-in", data={"login": "acceptor", "password": PASSWORD})

    assert response.status_code == 303


def test_elsewhere_it_does_not(public: Flask) -> None:
    response = public.test_client().post("/sign-in", data={"login": "acceptor", "password": PASSWORD})

    assert response.status_code == 422


def test_elsewhere_a_session_from_before_is_over(known: Town, public: Flask) -> None:
    browser = known.browser("acceptor")
    cookie = browser.get_cookie("gridcase")
    assert cookie is not None
    elsewhere = public.test_client()
    elsewhere.set_cookie("gridcase", cookie.value)

    assert (browser.get("/inbox").status_code, elsewhere.get("/inbox").status_code) == (200, 401)


def test_elsewhere_a_token_is_refused(known: Town, public: Flask) -> None:
    with known.database.unit_of_work() as uow:
        token = issue(uow, known.people["acceptor"], "tests", timedelta(days=1))
    headers = {"Authorization": f"Bearer {token}"}

    here = known.app.test_client().get("/api/v1/me", headers=headers)
    elsewhere = public.test_client().get("/api/v1/me", headers=headers)

    assert (here.status_code, elsewhere.status_code) == (200, 401)


@pytest.mark.parametrize("headers", PROXIED, ids=str)
def test_what_comes_by_way_of_another_machine_finds_nobody_to_be(
    known: Town, headers: dict[str, str]
) -> None:
    browser = known.app.test_client()

    page = browser.get("/sign-in", headers=headers)
    click = browser.post("/sign-in/demonstration", data={"person": known.people["acceptor"]}, headers=headers)
    form = browser.post("/sign-in", data={"login": "acceptor", "password": PASSWORD}, headers=headers)

    assert "王秀英" not in page.text
    assert (click.status_code, form.status_code) == (404, 422)


def test_real_people_come_in_from_anywhere(known: Town, public: Flask) -> None:
    with known.database.unit_of_work() as uow:
        people.save(uow.conn, {"login": "real", "name": "Real", "password_hash": HASH})

    response = public.test_client().post("/sign-in", data={"login": "real", "password": PASSWORD})

    assert response.status_code == 303
