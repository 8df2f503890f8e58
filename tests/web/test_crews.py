"""Crews on pages: their own work first, in order; leaders see all and hand work over; the log says what went where and why."""

from __future__ import annotations

import re
from datetime import time

import pytest
from playwright.sync_api import Page, expect

from engine.store import people, units
from handlers.store import crews
from tests.web.conftest import LAT, LON, Town, become


@pytest.fixture
def crewed(town: Town) -> Town:
    """The town with two crews of the cleaners, the handler in the first one."""
    with town.database.unit_of_work() as uow:
        for number, name in enumerate(("一班", "二班"), start=1):
            row: dict[str, object] = {"code": f"crew-{number}", "name_zh": f"环卫{name}", "kind": "crew"}
            row |= {"name_en": f"Cleaners {number}", "parent_id": town.units["west-cleaners"]}
            row |= {"is_platform": False, "area_code": None, "unit_type": None}
            unit_id = units.save(uow.conn, row)
            shift = {"shift_begins": time(0), "shift_ends": time(0), "days": "every"}
            home = {"home_lon": LON + number / 100, "home_lat": LAT, "kmh": 20.0, "capacity": 10}
            crews.save(uow.conn, {"unit_id": unit_id, "skills": [], **shift, **home})
            if number == 1:
                people.grant(uow.conn, town.people["handler"], "handler", unit_id)
        uow.changed("units")
        uow.changed(crews.REVISION)
    return town


def _handled_by_cleaners(town: Town) -> int:
    """A case that the cleaners have to handle."""
    case_id = town.reported()
    town.complete(case_id, "acceptor", decision="accept")
    town.complete(case_id, "leader", decision="file")
    if town.waiting(case_id)["role"] == "dispatcher":
        town.complete(case_id, "dispatcher", decision="assign", unit_id=str(town.units["west-cleaners"]))
    assert town.waiting(case_id)["role"] == "handler"
    return case_id


def test_the_inbox_of_a_member_begins_with_the_work_of_the_crew(crewed: Town) -> None:
    case_id = _handled_by_cleaners(crewed)

    text = crewed.browser("handler").get("/inbox").text

    assert "我的队伍：环卫一班" in text
    assert f"/cases/{case_id}?item=" in text.partition('class="tabs"')[0]


def test_nobody_else_has_it(crewed: Town) -> None:
    _handled_by_cleaners(crewed)

    assert "我的队伍" not in crewed.browser("acceptor").get("/inbox").text


def test_a_leader_hands_work_over_and_the_log_says_so(crewed: Town) -> None:
    case_id = _handled_by_cleaners(crewed)
    browser = crewed.browser("dispatcher")

    answer = browser.post("/crews/hand-over", data={"case": case_id, "crew": "crew-2", "note": "人手够"})

    assert answer.status_code == 303
    page = browser.get(f"/cases/{case_id}").text
    assert "人工指定 环卫二班" in page
    assert "人手够" in page


def test_a_crew_with_work_stands_before_those_without(crewed: Town) -> None:
    case_id = _handled_by_cleaners(crewed)
    browser = crewed.browser("dispatcher")
    browser.post("/crews/hand-over", data={"case": case_id, "crew": "crew-2"})

    page = browser.get("/crews").text

    assert re.findall(r'<h2 id="crew-\d+">([^<]+)</h2>', page) == ["环卫二班", "环卫一班"]


def test_a_member_hands_nothing_over(crewed: Town) -> None:
    case_id = _handled_by_cleaners(crewed)

    crewed.browser("handler").post("/crews/hand-over", data={"case": case_id, "crew": "crew-2"})

    with crewed.database.unit_of_work() as uow:
        placed = crews.of_case(uow.conn, case_id)
    assert placed is not None
    assert not placed["kept"]


def test_the_case_says_in_english_which_crew_is_expected(crewed: Town) -> None:
    case_id = _handled_by_cleaners(crewed)

    text = crewed.browser("dispatcher", "en").get(f"/cases/{case_id}").text

    assert "Cleaners 1 <small>0.9 km · 0 in hand before it · expected" in text


def test_crews_of_another_district_are_not_shown(crewed: Town) -> None:
    assert "环卫一班" in crewed.browser("dispatcher").get("/crews").text
    assert "环卫一班" not in crewed.browser("stranger").get("/crews").text


@pytest.mark.parametrize(("login", "status"), [("handler", 204), ("dispatcher", 403), ("stranger", 404)])
def test_only_a_member_says_where_the_crew_is(crewed: Town, login: str, status: int) -> None:
    answer = crewed.browser(login).post("/crews/crew-1/position", data={"lon": LON, "lat": LAT})

    assert answer.status_code == status


def test_the_telephone_says_where_it_is_when_it_is_asked_to(page: Page, crewed: Town) -> None:
    _handled_by_cleaners(crewed)
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"longitude": 108.91, "latitude": 34.21})
    page.set_viewport_size({"width": 390, "height": 844})
    become(page, "周强")

    page.get_by_role("button", name="发送我的位置").click()

    expect(page.get_by_text("本页打开期间会发送您的位置。")).to_be_visible()
    with crewed.database.unit_of_work() as uow:
        (row,) = crews.positions(uow.conn)
    assert (row["lon"], row["lat"], row["source"]) == (108.91, 34.21, "page")
