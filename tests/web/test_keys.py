"""A day's work by the keyboard alone, in a real browser."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.web.conftest import Town, arrive, become


def _settled(page: Page, case_id: int) -> None:
    """A case is open for as long as its reader needs to see which it is."""
    arrive(page, f"/cases/{case_id}\\?")
    expect(page.locator("html")).to_have_class(re.compile("settled"))


def test_one_key_decides_and_the_next_case_opens(page: Page, town: Town) -> None:
    cases = [town.reported() for _ in range(3)]
    become(page, "王秀英")

    page.keyboard.press("j")
    page.keyboard.press("Enter")
    for case_id in cases:
        _settled(page, case_id)
        page.keyboard.press("1")

    expect(page.get_by_text("没有待办。")).to_be_visible()
    assert [town.waiting(case_id)["element_id"] for case_id in cases] == ["file"] * 3


def test_a_key_meant_for_the_case_before_decides_nothing(page: Page, town: Town) -> None:
    case_id = town.reported()
    page.clock.install()
    become(page, "王秀英")

    page.goto(f"/cases/{case_id}")
    page.keyboard.press("1")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="快捷键")).to_be_visible()

    assert town.waiting(case_id)["element_id"] == "accept"


def test_a_missing_reason_is_written_where_the_cursor_is_and_sent_from_there(page: Page, town: Town) -> None:
    case_id = town.reported()
    become(page, "王秀英")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    _settled(page, case_id)

    page.keyboard.press("3")
    expect(page.locator("#field-reason")).to_be_focused()
    page.keyboard.type("12345 已受理同一问题")
    page.keyboard.press("Control+Enter")

    expect(page.get_by_text("没有待办。")).to_be_visible()


def test_a_case_is_left_for_the_next_one_and_for_the_list(page: Page, town: Town) -> None:
    first, second = town.reported(), town.reported()
    become(page, "王秀英")
    page.keyboard.press("2")
    arrive(page, "view=group")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    arrive(page, f"/cases/{first}\\?")

    page.keyboard.press("j")
    arrive(page, f"/cases/{second}\\?")
    page.keyboard.press("i")

    expect(page).to_have_url(re.compile(r"/inbox\?view=group$"))


def test_a_claim_and_a_release_by_keys(page: Page, town: Town) -> None:
    case_id = town.reported()
    become(page, "王秀英")
    page.goto(f"/cases/{case_id}")

    page.keyboard.press("c")
    expect(page.get_by_role("button", name="退领")).to_be_visible()
    claimed = town.waiting(case_id)["assignee_id"]
    page.keyboard.press("r")

    expect(page.get_by_text("已退领，本组同事可以领取。")).to_be_visible()
    assert (claimed, town.waiting(case_id)["assignee_id"]) == (town.people["acceptor"], None)


def test_all_lines_are_chosen_and_claimed_by_two_keys(page: Page, town: Town) -> None:
    cases = [town.reported() for _ in range(3)]
    become(page, "王秀英")

    page.keyboard.press("a")
    page.keyboard.press("c")

    expect(page.get_by_text("已领取 3 项待办。")).to_be_visible()
    assert {town.waiting(case_id)["assignee_id"] for case_id in cases} == {town.people["acceptor"]}


def test_the_first_empty_field_is_a_key_away(page: Page, town: Town) -> None:
    case_id = town.reported()
    become(page, "王秀英")
    page.goto(f"/cases/{case_id}")

    page.keyboard.press("f")
    focused = page.evaluate(
        "document.activeElement.closest('.fill') !== null && document.activeElement.value === ''"
    )
    page.keyboard.type("1")
    page.keyboard.press("Escape")

    assert focused
    assert page.evaluate("document.activeElement === document.body")
    assert town.waiting(case_id)["element_id"] == "accept"


def test_what_is_being_composed_is_not_searched_for(page: Page, town: Town) -> None:
    town.reported(address="西大街 1 号")
    town.reported(address="东大街 2 号")
    page.clock.install()
    become(page, "王秀英")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "q=" in request.url else None)
    keyboard = page.context.new_cdp_session(page)
    page.keyboard.press("/")

    keyboard.send("Input.imeSetComposition", {"text": "xi'da'jie", "selectionStart": 9, "selectionEnd": 9})
    page.clock.run_for(2000)
    composing = list(asked)
    keyboard.send("Input.insertText", {"text": "西大街"})
    page.clock.run_for(2000)
    expect(page.locator("tr[data-row]")).to_have_count(1)

    assert composing == []
    expect(page.get_by_label("搜索")).to_have_value("西大街")


def test_enter_that_ends_a_choice_does_not_send_the_form(page: Page, town: Town) -> None:
    case_id = town.reported()
    become(page, "王秀英")
    page.goto(f"/cases/{case_id}")
    field = page.get_by_role("combobox", name="类别")

    field.fill("路灯")
    field.press("Enter")
    field.press("Enter")

    expect(field).to_have_value("路灯")
    assert town.waiting(case_id)["element_id"] == "accept"


def test_a_name_is_found_by_its_short_form(page: Page, town: Town) -> None:
    town.reported()
    page.goto("/report")
    field = page.get_by_role("combobox", name="类别")

    field.press_sequentially("行树")
    expect(page.get_by_role("option", name="行道树", exact=True)).to_be_visible()
    field.press_sequentially("〇")

    expect(page.get_by_role("option")).to_have_count(0)
