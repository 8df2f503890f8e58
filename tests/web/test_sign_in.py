"""Signing in and out, and how a session ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from engine.clock import SteppedClock
from engine.settings import Settings
from engine.store import people
from tests.web.conftest import Town
from web.app import create_app

PASSWORD = "correct horse"
HASH = PasswordHasher().hash(PASSWORD)


@pytest.fixture
def known(town: Town) -> Town:
    """The town, where the acceptor has a password."""
    with town.database.unit_of_work() as uow:
        people.set_password(uow.conn, town.people["acceptor"], HASH)
    return town


def test_a_login_with_its_password_leads_to_the_inbox(known: Town) -> None:
    browser = known.browser()

    response = browser.post("/sign-in", data={"login": "acceptor", "password": PASSWORD})

    assert (response.status_code, response.location) == (303, "/inbox")
    assert "王秀英" in browser.get("/inbox").text


@pytest.mark.parametrize(("login", "password"), [("acceptor", "wrong"), ("nobody", PASSWORD), ("", "")])
def test_what_does_not_belong_together_is_refused_in_the_same_words(
    known: Town, login: str, password: str
) -> None:
    response = known.browser().post("/sign-in", data={"login": login, "password": password})

    assert response.status_code == 422
    assert "用户名或密码不正确。" in response.text


def test_a_person_who_left_cannot_sign_in(known: Town) -> None:
    with known.database.unit_of_work() as uow:
        people.save(uow.conn, {"login": "acceptor", "name": "王秀英", "password_hash": HASH, "active": False})

    response = known.browser().post("/sign-in", data={"login": "acceptor", "password": PASSWORD})

    assert response.status_code == 422


def test_trying_passwords_is_bounded(known: Town) -> None:
    browser = known.browser()
    tries = [browser.post("/sign-in", data={"login": "acceptor", "password": "wrong"}) for _ in range(11)]

    assert [response.status_code for response in tries] == [422] * 10 + [429]
    assert "操作过于频繁" in tries[-1].text


def test_after_signing_in_the_page_that_was_wanted_comes(known: Town) -> None:
    browser = known.browser()
    asked = browser.get("/cases?status=open")

    browser.post("/sign-in", data={"login": "acceptor", "password": PASSWORD})
    response = known.browser().post(
        "/sign-in", data={"login": "acceptor", "password": PASSWORD, "next": "/cases?status=open"}
    )

    assert asked.location == "/sign-in?next=/cases?status%3Dopen"
    assert response.location == "/cases?status=open"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_leads_to_no_other_site(known: Town, target: str) -> None:
    response = known.browser().post(
        "/sign-in", data={"login": "acceptor", "password": PASSWORD, "next": target}
    )

    assert response.location == "/inbox"


def test_a_session_ends_by_signing_out(town: Town) -> None:
    browser = town.browser("acceptor")

    browser.post("/sign-out")

    assert browser.get("/inbox").status_code == 303


def test_a_session_ends_when_all_sessions_of_the_person_are_ended(town: Town) -> None:
    browser = town.browser("acceptor")
    with town.database.unit_of_work() as uow:
        people.set_password(uow.conn, town.people["acceptor"], HASH)

    assert browser.get("/inbox").status_code == 303


def test_a_session_ends_after_twelve_idle_hours(town: Town, clock: SteppedClock) -> None:
    browser = town.browser("acceptor")
    clock.advance(timedelta(hours=11))
    used = browser.get("/inbox").status_code
    clock.advance(timedelta(hours=11))
    used_again = browser.get("/inbox").status_code
    clock.advance(timedelta(hours=12, minutes=1))

    assert (used, used_again, browser.get("/inbox").status_code) == (200, 200, 303)


def test_the_cookie_is_kept_from_scripts_and_other_sites(town: Town) -> None:
    response = town.app.test_client().post("/sign-in/demonstration", data={"person": town.people["acceptor"]})
    plain = response.headers["Set-Cookie"]
    over_https = town.app.test_client().post(
        "/sign-in/demonstration", data={"person": town.people["acceptor"]}, base_url="https://localhost"
    )

    assert "HttpOnly" in plain
    assert "SameSite=Lax" in plain
    assert "Secure" not in plain
    assert "Secure" in over_https.headers["Set-Cookie"]


def test_the_demonstration_lists_its_people_by_role(town: Town) -> None:
    page = town.browser().get("/sign-in").text

    assert page.index("受理员") < page.index("王秀英") < page.index("处置人员") < page.index("周强")


def test_only_this_machine_gets_the_people_of_the_demonstration(town: Town, settings: Settings) -> None:
    app = create_app(replace(settings, host="10.0.0.5"), town.database)

    page = app.test_client().get("/sign-in").text
    response = app.test_client().post("/sign-in/demonstration", data={"person": town.people["acceptor"]})

    assert "王秀英" not in page
    assert response.status_code == 404


def test_nobody_real_is_signed_in_by_a_click(town: Town) -> None:
    with town.database.unit_of_work() as uow:
        real = people.save(uow.conn, {"login": "real", "name": "Real", "password_hash": HASH})

    response = town.browser().post("/sign-in/demonstration", data={"person": real})

    assert response.status_code == 404


def test_the_chosen_language_stays_with_the_person(town: Town) -> None:
    town.browser("acceptor").post("/language", data={"language": "en", "next": "/inbox"})

    page = town.browser("acceptor", language="zh-CN").get("/inbox").text

    assert '<html lang="en"' in page
    assert "Sign out" in page


def test_the_browser_decides_the_language_of_a_stranger(town: Town) -> None:
    assert '<html lang="zh-CN"' in town.browser(language="fr, zh;q=0.8, en;q=0.5").get("/").text
    assert '<html lang="en"' in town.browser(language="en-GB").get("/").text


def test_a_copy_of_a_cookie_is_worth_nothing_after_signing_out(town: Town) -> None:
    browser, thief = town.browser("acceptor"), town.app.test_client()
    cookie = browser.get_cookie("gridcase")
    assert cookie is not None
    thief.set_cookie("gridcase", cookie.value)

    before = thief.get("/cases").status_code
    browser.post("/sign-out")

    assert (before, thief.get("/cases").status_code) == (200, 401)


def test_signing_in_makes_a_session_of_its_own(town: Town) -> None:
    browser = town.app.test_client()
    browser.post("/language", data={"language": "en"})
    given = browser.get_cookie("gridcase")

    browser.post("/sign-in/demonstration", data={"person": town.people["acceptor"]})
    made = browser.get_cookie("gridcase")

    assert given is not None
    assert made is not None
    assert given.value != made.value
