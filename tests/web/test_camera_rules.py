"""Rules on pages: who writes them, how a fault is shown while it is written, versions, and what is taken back."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from engine.store import people
from handlers.cameras import registry, rulebook
from tests.web.conftest import LAT, LON, Town, arrive, become
from vision.grammar import FUNCTIONS, NAMES
from web import labels, rule_forms

RULE: dict[str, Any] = {
    "key": "crowd",
    "title_zh": "人员聚集",
    "title_en": "People gather",
    "category": "event:0401",
    "zone_types": ["no_vending", "frontage"],
    "classes": ["person"],
    "others": "cart， awning",
    "expression": 'count("person") >= 5',
    "dwell": "90",
}
KEEPER = "何静怡"


@pytest.fixture
def town(town: Town) -> Town:
    """The town with an administrator of the city and one of a district, and a camera of the western district."""
    found = dict(town.people)
    with town.database.unit_of_work() as uow:
        for login, name, unit in (("admin", KEEPER, "city"), ("local-admin", "高志强", "west")):
            row = {"login": login, "name": name, "password_hash": "-", "is_demo": True}
            found[login] = people.save(uow.conn, row)
            people.grant(uow.conn, found[login], "admin", town.units[unit])
        place = {"lon": LON, "lat": LAT, "interval": 5.0, "unit_id": town.units["west"]}
        values = {"code": "610102-1", "name": "长安南路", "source": "files", "url": "street", **place}
        outline = [[0.1, 0.1], [0.5, 0.1], [0.5, 0.6]]
        zone = {"key": "kerb", "type": "no_parking", "rules": ["parking"], "outline": outline}
        registry.save_zone(uow, registry.add(uow, values), zone)
    return replace(town, people=found)


def rule(town: Town, key: str) -> dict[str, Any]:
    with town.database.unit_of_work() as uow:
        return dict(rulebook.known(uow)[key])


def test_a_rule_is_written_and_kept_in_versions(town: Town) -> None:
    browser = town.browser("admin")
    added = browser.post("/cameras/new-rule", data=RULE)
    changed = browser.post(
        "/cameras/rules/crowd", data=RULE | {"version": "1", "dwell": "120", "verify": "on"}
    )

    found = rule(town, "crowd")

    assert (added.status_code, changed.status_code) == (303, 303)
    assert (found["version"], found["dwell"], found["verify"]) == (2, 120.0, True)
    assert (found["kind"], found["category"], found["classes"]) == (
        "event",
        "0401",
        ["person", "cart", "awning"],
    )
    assert found["made_by"] == town.people["admin"]


def test_what_is_wrong_is_said_by_field_and_nothing_is_lost(town: Town) -> None:
    given = RULE | {"expression": 'count("person") ≥ 5', "category": "", "title_en": "", "dwell": "soon"}

    answer = town.browser("admin").post("/cameras/new-rule", data=given)

    assert answer.status_code == 422
    assert set(re.findall(r'id="rule-(\w+)-wrong"', answer.text)) == {
        "expression",
        "category",
        "title",
        "dwell",
    }
    assert "第 17 个字符处：请将 ≥ 改为 &gt;=。" in answer.text
    assert "人员聚集" in answer.text
    with town.database.unit_of_work() as uow:
        assert "crowd" not in rulebook.known(uow)


def test_who_began_with_an_older_version_is_told_so(town: Town) -> None:
    browser = town.browser("admin")
    browser.post("/cameras/new-rule", data=RULE)
    browser.post("/cameras/rules/crowd", data=RULE | {"version": "1", "dwell": "120"})

    late = browser.post("/cameras/rules/crowd", data=RULE | {"version": "1", "dwell": "60"})
    again = browser.post("/cameras/rules/crowd", data=RULE | {"version": "2", "dwell": "60"})

    assert ("已有第 2 版" in late.text, late.status_code, again.status_code) == (True, 422, 303)


def test_a_rule_is_switched_off_and_an_earlier_version_taken_back(town: Town) -> None:
    browser = town.browser("admin")
    browser.post("/cameras/rules/parking/state", data={"active": "0"})
    off = rule(town, "parking")

    browser.post("/cameras/rules/parking/restore", data={"version": "1"})

    back = rule(town, "parking")
    assert (off["version"], off["active"], back["version"], back["active"]) == (2, False, 3, True)


def test_the_page_says_where_a_rule_looks_and_what_a_version_changed(town: Town) -> None:
    browser = town.browser("admin", "en")
    values = {name: rule(town, "parking")[name] for name in rulebook.CONTENT}
    with town.database.unit_of_work() as uow:
        rulebook.save(uow, {**values, "key": "parking", "zone_types": ["bus_lane"]})

    page = browser.get("/cameras/rules/parking").text

    assert "长安南路" in page
    assert "not looked at: the rule is not for this type" in page
    assert "<del>No parking, Bus lane</del> → <ins>Bus lane</ins>" in page


def test_who_does_not_administer_the_whole_city_reads_and_writes_nothing(town: Town) -> None:
    for browser in (town.browser("leader"), town.browser("local-admin")):
        page = browser.get("/cameras/rules/parking")
        paths = ("new-rule", "rules/parking", "rules/parking/state", "rules/parking/restore")
        answers = [browser.post(f"/cameras/{path}", data=RULE).status_code for path in paths]

        assert (page.status_code, "<fieldset disabled>" in page.text, answers) == (200, True, [403] * 4)


def test_a_rule_that_is_not_there_has_no_page_and_strangers_to_cameras_have_none(town: Town) -> None:
    assert town.browser("admin").get("/cameras/rules/unheard_of").status_code == 404
    assert town.browser("handler").get("/cameras/rules").status_code == 403
    assert town.browser("handler").post("/cameras/check-rule", data=RULE).status_code == 403


def test_the_help_has_every_form_and_every_class_has_a_name() -> None:
    said = " ".join(text for text, _ in (*rule_forms.FORMS, *rule_forms.EXAMPLES))

    assert all(re.search(rf"\b{name}\b", said) for name in (*FUNCTIONS, *NAMES))
    assert {"vehicle", "anything", "stall"} <= set(labels.SEEN)
    assert set(rule_forms.PARTS) == set(rulebook.CONTENT)


def test_a_fault_is_shown_where_it_is_while_it_is_written_and_forms_are_put_in_by_a_click(
    town: Town, page: Page
) -> None:
    become(page, KEEPER)
    page.goto("/cameras/new-rule")
    arrive(page, "/cameras/new-rule")
    field = page.locator("[name=expression]")
    field.fill('stand("vehicle") >= dwell')
    expect(page.locator("[data-checked] mark")).to_have_text("stand")
    expect(page.locator("[data-checked]")).to_contain_text("是否应为 stands？")

    field.fill('stands("vehicle") >= dwell')
    field.press("End")
    for text in (" and ", 'between("07:00", "09:00")'):
        page.locator(f"[data-insert='{text}']").click()
    expect(page.locator("[data-checked]")).to_contain_text("条件有效。")
    page.locator("[name=key]").fill("morning")
    page.locator("[name=title_zh]").fill("早高峰违停")
    page.locator("[name=title_en]").fill("Parking in the rush hour")
    page.locator("#rule-category-find").fill("机动车乱停放")
    page.keyboard.press("Enter")
    page.locator("[name=zone_types][value=no_parking]").check()
    page.get_by_role("button", name="保存规则").click()
    arrive(page, "/cameras/rules/morning")

    assert rule(town, "morning")["expression"] == 'stands("vehicle") >= dwell and between("07:00", "09:00")'
