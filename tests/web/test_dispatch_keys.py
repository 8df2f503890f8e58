"""The dispatcher's work and the page of dispatch in a real browser."""

from __future__ import annotations

import re

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.web.conftest import Town, arrive, become
from tests.web.test_dispatch import by_hand, filed


def test_one_key_gives_a_case_to_the_best_candidate(page: Page, town: Town) -> None:
    by_hand(town)
    case_id = filed(town)
    become(page, "刘洋")
    page.goto(f"/cases/{case_id}")
    arrive(page, f"/cases/{case_id}")
    expect(page.get_by_text("西区的环卫单位").first).to_be_visible()
    expect(page.locator("html")).to_have_class(re.compile("settled"))

    page.keyboard.press("1")

    expect(page.get_by_text("没有待办。")).to_be_visible()
    assert town.waiting(case_id)["unit_id"] == town.units["west-cleaners"]


def test_a_threshold_is_set_on_the_page_and_holds_for_the_next_case(page: Page, town: Town) -> None:
    become(page, "陈静")
    page.goto("/dispatch")

    every = page.get_by_role("row").filter(has_text="全部类别")
    every.get_by_label("派遣表视为确定").uncheck()
    every.get_by_role("button", name="设定").click()

    expect(page.get_by_text("即刻生效")).to_be_visible()
    assert town.waiting(filed(town))["element_id"] == "dispatch"


def test_the_pages_can_be_used_without_seeing_them(page: Page, town: Town) -> None:
    by_hand(town)
    case_id = filed(town)
    violations = {}

    for name, path in (("刘洋", f"/cases/{case_id}"), ("陈静", "/dispatch")):
        page.context.clear_cookies()
        become(page, name)
        page.goto(path)
        violations[path] = Axe().run(page).response["violations"]

    assert {path: [one["id"] for one in found] for path, found in violations.items() if found} == {}
