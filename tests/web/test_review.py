"""The review of sightings in a real browser and by its addresses, and the precision that its answers measure."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from engine.clock import SteppedClock
from engine.settings import Settings
from engine.store import people
from handlers.cameras import registry
from handlers.sightings import holding
from tests.handlers import sights
from tests.web.conftest import LAT, LON, Town, arrive, become


class Road:
    """A camera of the western district, and what it sees."""

    def __init__(self, town: Town, settings: Settings, clock: SteppedClock) -> None:
        self.town, self.settings, self.clock = town, settings, clock
        with town.database.unit_of_work() as uow:
            for login, name, unit in (
                ("reviewer", "韩复核", "west"),
                ("colleague", "秦复核", "west"),
                ("eastern", "尤复核", "east"),
            ):
                row = {"login": login, "name": name, "password_hash": "-", "is_demo": True}
                person = people.save(uow.conn, row)
                people.grant(uow.conn, person, "reviewer", town.units[unit])
                town.people[login] = person  # type: ignore[index]
        camera_id = sights.add_camera(town.database, town.units["west"], LON, LAT)
        self.seen = sights.Sights(town.database, settings, None, camera_id)

    def sees(self, number: int = 1, **other: Any) -> int:
        """An alarm at a place of its own; gives its case."""
        left = 0.05 * number
        self.seen.sees(self.clock.now(), slot=f"s{number}", box=(left, 0.5, left + 0.04, 0.6), **other)
        return int(self.seen.rows()[-1]["case_id"])

    def answers(self) -> list[str | None]:
        """What was answered to all sightings."""
        return [one["answer"] for one in self.seen.rows()]


@pytest.fixture
def road(town: Town, settings: Settings, clock: SteppedClock) -> Road:
    return Road(town, settings, clock)


def taken(road: Road, login: str, *besides: int) -> str:
    """The part of the page that somebody gets next."""
    response = road.town.browser(login).post("/review/take", data={"besides": [str(one) for one in besides]})
    assert response.status_code in (200, 204)
    return response.text


def test_two_reviewers_never_look_at_the_same_sighting(road: Road) -> None:
    first, second = road.sees(1), road.sees(2)

    assert f'/cases/{first}"' in taken(road, "reviewer")
    assert f'/cases/{second}"' in taken(road, "colleague")
    assert taken(road, "colleague", road.town.waiting(second)["id"]) == ""


def test_a_made_camera_that_is_held_back_is_told_of(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "MOST_MADE", 2)
    camera_id = road.seen.camera_id
    with road.town.database.unit_of_work() as uow:
        registry.change(uow, camera_id, {"made": True})
    browser = road.town.browser("reviewer", "en")
    pages = []
    for number in (1, 2):
        road.sees(number)
        pages.append(browser.get("/review").text)

    assert ["brings no more until" in one for one in pages] == [False, True]
    assert (
        "2 of its sightings wait for review"
        in road.town.browser("leader", "en").get(f"/cameras/{camera_id}").text
    )


def test_what_a_reviewer_leaves_is_there_for_the_others(road: Road) -> None:
    case_id = road.sees()
    taken(road, "reviewer")

    road.town.browser("reviewer").post("/review/release", data={"item": road.town.waiting(case_id)["id"]})

    assert f'/cases/{case_id}"' in taken(road, "colleague")


def test_the_sightings_of_another_district_are_not_there(road: Road) -> None:
    item = road.town.waiting(road.sees())

    response = road.town.browser("eastern").post(f"/review/{item['id']}", data={"decision": "yes"})

    assert taken(road, "eastern") == ""
    assert response.status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [("get", ""), ("post", "/take"), ("post", "/release"), ("post", "/1"), ("get", "/precision")],
)
def test_who_is_no_reviewer_is_refused(road: Road, method: str, path: str) -> None:
    road.sees()

    response = getattr(road.town.browser("acceptor"), method)(f"/review{path}")

    assert response.status_code == 403


def test_an_answer_that_there_is_not_is_refused(road: Road) -> None:
    item = road.town.waiting(road.sees())

    response = road.town.browser("reviewer").post(f"/review/{item['id']}", data={"decision": "maybe"})

    assert response.status_code == 422
    assert road.answers() == [None]


def test_a_sighting_says_what_is_gone_and_what_nobody_verified(road: Road) -> None:
    road.sees(verified=False, name="", score=0.0)
    road.seen.sees(road.clock.now() + timedelta(minutes=1), "over", slot="s1")

    said = taken(road, "reviewer")

    assert "已离开" in said
    assert "未经核实" in said


def test_answers_are_given_by_keys_and_taken_back_by_one(page: Page, road: Road) -> None:
    cases = [road.sees(number) for number in (1, 2, 3)]
    become(page, "韩复核")
    page.goto("/review")
    arrive(page, "/review")
    shown = page.locator("article.sighting")
    expect(shown).to_contain_text("机动车违停")
    expect(page.locator("html")).to_have_class("js settled")
    expect(shown.get_by_role("link").first).to_have_attribute("href", f"/cases/{cases[0]}")

    page.keyboard.press("y")
    expect(shown.get_by_role("link").first).to_have_attribute("href", f"/cases/{cases[1]}")
    page.keyboard.press("n")
    expect(shown.get_by_role("link").first).to_have_attribute("href", f"/cases/{cases[2]}")
    page.keyboard.press("u")
    expect(shown.get_by_role("link").first).to_have_attribute("href", f"/cases/{cases[1]}")
    with page.expect_response(re.compile(r"/review/\d+$"), timeout=20_000) as sent:
        page.keyboard.press("k")

    assert sent.value.status == 204
    expect(page.locator("[data-count=waiting]")).to_have_text("1")
    assert road.answers() == ["yes", "keep", None]


def test_the_pictures_are_turned_over_by_keys(page: Page, road: Road) -> None:
    road.sees()
    become(page, "韩复核")
    page.goto("/review")
    picture = page.locator("article.sighting img:visible")
    expect(picture).to_have_attribute("data-still", "alarm")

    page.keyboard.press("b")
    expect(picture).to_have_attribute("data-still", "before")
    page.keyboard.press("3")
    expect(picture).to_have_attribute("data-still", "half")


def test_the_page_can_be_used_without_seeing_it(page: Page, road: Road) -> None:
    road.sees()
    become(page, "韩复核")
    page.goto("/review")
    expect(page.locator("article.sighting")).to_be_visible()

    found = {"review": Axe().run(page).response["violations"]}
    page.goto("/review/precision")
    found["precision"] = Axe().run(page).response["violations"]

    assert {name: [one["id"] for one in those] for name, those in found.items() if those} == {}
