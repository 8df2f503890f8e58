"""What the scripts of the pages add, and that everybody can use them: in a real browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import FilePayload, Page, expect

from tests.web.conftest import LAT, LON, Town, become, jpeg_of


def test_a_category_is_found_by_a_part_of_its_name(page: Page) -> None:
    page.goto("/report")
    field = page.get_by_role("combobox", name="类别")

    field.fill("路灯")
    expect(page.get_by_role("option", name="路灯", exact=True)).to_have_attribute("aria-selected", "true")
    field.press("Enter")

    expect(field).to_have_value("路灯")
    assert page.eval_on_selector("#category", "list => list.value") == "component:0137"


def test_a_place_is_picked_on_the_map(page: Page) -> None:
    page.goto("/report")
    page.get_by_label("地址或社区").press_sequentially("11社区")
    page.get_by_label("西区1号街道11社区").check()
    expect(page.locator("#place")).to_contain_text("11社区")
    expect(page.locator(".maplibregl-marker")).to_be_visible()
    first = page.locator("#lon").input_value()

    canvas = page.locator("#map canvas")
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.5)

    expect(page.locator("#lon")).not_to_have_value(first)
    expect(page.locator("input[name=community_code]:checked")).to_have_count(0)


def test_pressing_twice_sends_once(page: Page, town: Town) -> None:
    page.goto("/report")
    page.get_by_role("combobox", name="类别").fill("路灯")
    page.get_by_role("combobox", name="类别").press("Enter")
    page.get_by_label("问题描述").fill("路灯不亮")
    page.get_by_text("坐标", exact=True).click()
    page.get_by_label("经度").fill(str(LON))
    page.get_by_label("纬度").fill(str(LAT))

    let_through = page.eval_on_selector(
        ".report .send",
        "button => { const found = [];"
        " window.addEventListener('submit', (event) => found.push(!event.defaultPrevented));"
        " button.click(); button.click(); return found; }",
    )

    assert let_through == [True, False]
    expect(page.get_by_text("谢谢，您的上报已收到。")).to_be_visible()


def test_photographs_are_shown_and_can_be_taken_out_again(page: Page, jpeg: bytes, tmp_path: Path) -> None:
    files = [tmp_path / "one.jpg", tmp_path / "two.jpg"]
    for number, file in enumerate(files):
        file.write_bytes(jpeg + bytes(number))
    page.goto("/report")

    page.locator("input[type=file]").set_input_files(files[0])
    page.locator("input[type=file]").set_input_files(files[1])
    expect(page.locator(".previews img")).to_have_count(2)
    page.locator(".previews button").first.click()

    assert page.eval_on_selector(
        "input[type=file]", "input => [...input.files].map((file) => file.name)"
    ) == ["two.jpg"]


def test_the_inbox_is_worked_by_keys(page: Page, town: Town) -> None:
    items = [town.waiting(town.reported()) for _ in range(3)]
    become(page, "王秀英")

    for key in ("j", "x", "j", "j", "k", "x"):
        page.keyboard.press(key)
    expect(page.get_by_text("已选 2 项")).to_be_visible()
    page.get_by_role("button", name="领取").click()

    expect(page.get_by_text("已领取 2 项待办。")).to_be_visible()
    assert [town.waiting(item["case_id"])["assignee_id"] is None for item in items] == [False, False, True]


def test_enter_opens_the_case_of_the_line(page: Page, town: Town) -> None:
    case_id = town.reported()
    become(page, "王秀英")

    page.keyboard.press("j")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(f"/cases/{case_id}"))


def test_typing_filters_the_list_and_the_address_says_so(page: Page, town: Town) -> None:
    town.reported(address="西大街 1 号")
    town.reported(address="东大街 2 号")
    become(page, "王秀英")

    page.keyboard.press("/")
    page.keyboard.type("西大街")

    expect(page.locator("tr[data-row]")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"/inbox\?q=[^&]+$"))
    expect(page.get_by_label("搜索")).to_be_focused()
    expect(page.get_by_label("搜索")).to_have_value("西大街")


def test_new_work_shows_up_by_itself(page: Page, town: Town) -> None:
    page.clock.install()
    become(page, "王秀英")
    expect(page.get_by_text("没有待办。")).to_be_visible()

    town.reported()
    page.clock.run_for(21_000)

    expect(page.locator("tr[data-row]")).to_have_count(1)


def test_the_diagram_shows_where_the_case_is_and_whose_it_is(page: Page, town: Town) -> None:
    case_id = town.reported()
    become(page, "王秀英")

    page.goto(f"/cases/{case_id}")

    expect(page.locator("[data-element-id=accept]").first).to_have_class(re.compile("current"))
    expect(page.locator("[data-element-id=locate]").first).to_have_class(re.compile("visited"))
    mark = page.locator(".bjs-powered-by")
    mark.scroll_into_view_if_needed()
    expect(mark).to_be_visible()
    assert mark.evaluate(
        "mark => { const { left, top, width, height } = mark.getBoundingClientRect();"
        " return mark.contains(document.elementFromPoint(left + width / 2, top + height / 2)); }"
    )


def test_the_conditions_follow_the_category(page: Page, town: Town) -> None:
    case_id = town.reported()
    become(page, "王秀英")
    page.goto(f"/cases/{case_id}")

    page.get_by_role("combobox", name="类别").fill("上水井盖")
    page.get_by_role("option", name="上水井盖").click()

    expect(page.get_by_label("立案条件").locator("option").nth(1)).to_contain_text("盖板丢失")


@pytest.mark.parametrize("width", [1440, 390])
def test_no_page_shuts_anybody_out(page: Page, town: Town, width: int) -> None:
    case_id = town.reported()
    page.set_viewport_size({"width": width, "height": 844})
    found = []

    def look(path: str) -> None:
        page.goto(path)
        page.wait_for_load_state("networkidle")
        for one in Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]:
            found.append((path, one["id"], [node["html"][:100] for node in one["nodes"][:2]]))

    for path in ("/", "/sign-in", "/report"):
        look(path)
    become(page, "王秀英")
    for path in ("/inbox", "/cases", f"/cases/{case_id}"):
        look(path)

    assert found == []


def test_more_photographs_than_are_taken_are_refused_before_anything_is_sent(
    page: Page, jpeg: bytes, tmp_path: Path
) -> None:
    files = [tmp_path / f"{number}.jpg" for number in range(7)]
    for number, file in enumerate(files):
        file.write_bytes(jpeg + bytes(number))
    page.goto("/report")

    page.locator("input[type=file]").set_input_files(files)

    expect(page.locator(".previews img")).to_have_count(6)
    expect(page.get_by_role("alert")).to_have_text("最多发送 6 张照片，总大小小于 64 MB。")


def _become_another(page: Page, name: str) -> None:
    page.context.clear_cookies()
    become(page, name)


def test_the_photographs_of_a_case_are_looked_at_by_keys(page: Page, town: Town, jpeg: bytes) -> None:
    case_id = town.reported()
    become(page, "王秀英")
    page.goto(f"/cases/{case_id}")
    # Verified on the spot, with two photographs.
    page.get_by_role("button", name="派员核实").click()
    expect(page.locator("[role=status]").first).to_be_visible()
    _become_another(page, "李建国")
    page.goto(f"/cases/{case_id}")
    page.locator("input[type=file]").set_input_files(
        [
            FilePayload(name="one.jpg", mimeType="image/jpeg", buffer=jpeg),
            FilePayload(name="two.jpg", mimeType="image/jpeg", buffer=jpeg_of((200, 300))),
        ]
    )
    page.get_by_role("button", name="属实").click()
    _become_another(page, "王秀英")
    page.goto(f"/cases/{case_id}")

    page.keyboard.press("p")
    shown = page.locator("#lightbox img")
    expect(shown).to_be_visible()
    first = shown.get_attribute("src")
    page.keyboard.press("ArrowRight")

    expect(shown).not_to_have_attribute("src", str(first))
