"""The diagrams of a case that runs inside a called process: where it is now is shown, and the outer one on demand."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Page, expect

from engine.clock import SteppedClock
from engine.settings import Settings
from tests.engine.workers import run_all
from tests.web.conftest import Town, become
from tests.web.test_review import Road

CURRENT = re.compile(r"\bcurrent\b")


@pytest.fixture
def road(town: Town, settings: Settings, clock: SteppedClock) -> Road:
    return Road(town, settings, clock)


def confirmed(road: Road) -> int:
    """A sighting that a reviewer confirmed, up to whoever handles it."""
    case_id = road.sees()
    item = road.town.waiting(case_id)
    answer = road.town.browser("reviewer").post(
        f"/review/{item['id']}", data={"decision": "yes", "version": str(item["version"])}
    )
    assert answer.status_code == 204
    # The browser has a loop of its own in this thread.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(run_all, road.town.database, settings=road.settings).result()
    return case_id


def test_the_diagram_of_the_process_where_the_case_is_comes_first(page: Page, road: Road) -> None:
    case_id = confirmed(road)
    waits = road.town.waiting(case_id)["element_id"]
    become(page, "王秀英")
    page.goto(f"/cases/{case_id}")

    inner, outer = (page.get_by_role("button", name=name) for name in ("城市管理案件", "视频抓拍"))
    expect(inner).to_have_attribute("aria-pressed", "true")
    expect(page.locator(f"[data-element-id={waits}]").first).to_have_class(CURRENT)
    outer.click()

    expect(page.locator("[data-element-id=run_case]").first).to_have_class(CURRENT)
    expect(page.locator("[data-element-id=review]").first).to_have_class(re.compile("visited"))
    expect(outer).to_have_attribute("aria-pressed", "true")
    assert page.locator(f"[data-element-id={waits}]").count() == 0


def test_until_it_is_confirmed_there_is_one_diagram(page: Page, road: Road) -> None:
    case_id = road.sees()
    become(page, "韩复核")
    page.goto(f"/cases/{case_id}")

    expect(page.locator("[data-element-id=review]").first).to_have_class(CURRENT)
    assert page.locator("button[data-process]").count() == 0


def test_a_diagram_of_no_process_of_the_version_is_not_there(town: Town) -> None:
    case_id = town.reported()
    browser = town.browser("acceptor")

    found = {
        key: browser.get(f"/cases/{case_id}/diagram.bpmn?process={key}").status_code
        for key in ("case", "sighting", "elsewhere", "")
    }

    assert found == {"case": 200, "sighting": 200, "elsewhere": 404, "": 200}


def test_the_log_names_the_steps_of_the_called_process(road: Road) -> None:
    case_id = confirmed(road)

    page = road.town.browser("acceptor", "en").get(f"/cases/{case_id}").text

    log = page.partition('aria-labelledby="log"')[2]
    for said in ("Completed: Review the video", "Complete the evidence", "Start the clock"):
        assert said in log
    assert "The public" not in log
