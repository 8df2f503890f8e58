"""The inbox: what it shows, in which order, and what is done to several lines at once."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest

from engine.clock import SteppedClock
from engine.work import claim
from tests.web.conftest import Town
from web.views import inbox


def _numbers(page: str) -> list[str]:
    return re.findall(r'class="number"[^>]*><a[^>]*>(\d+)</a>', page)


def test_what_is_due_first_comes_first(town: Town, clock: SteppedClock) -> None:
    town.reported()
    clock.advance(timedelta(minutes=5))
    town.reported()

    page = town.browser("acceptor").get("/inbox").text

    assert _numbers(page) == ["20261123000001", "20261123000002"]


def test_a_line_says_how_long_is_left_in_words_and_colour(town: Town, clock: SteppedClock) -> None:
    town.reported()
    fresh = town.browser("acceptor").get("/inbox").text
    clock.advance(timedelta(minutes=23))
    yellow = town.browser("acceptor").get("/inbox").text
    clock.advance(timedelta(hours=5, minutes=37))
    overdue = town.browser("acceptor").get("/inbox").text

    assert re.search(r'<tr class="later" data-row>.*?剩 30 分钟', fresh, re.DOTALL)
    assert re.search(r'<tr class="soon" data-row>.*?剩 7 分钟', yellow, re.DOTALL)
    assert re.search(r'<tr class="overdue" data-row>.*?超期 5\.5 小时', overdue, re.DOTALL)


def test_the_tabs_count_what_they_hold(town: Town) -> None:
    mine = town.waiting(town.reported())
    town.reported()
    with town.database.unit_of_work() as uow:
        claim(uow, mine["id"], town.actor("acceptor"))

    page = town.browser("acceptor").get("/inbox").text

    tabs = re.search(r'<nav class="tabs".*?</nav>', page, re.DOTALL)
    assert tabs is not None
    assert re.findall(r"<b>(\d+)</b>", tabs.group()) == ["1", "1", "2", "0", "2"]
    assert _numbers(town.browser("acceptor").get("/inbox?view=mine").text) == [mine["case_number"]]


def test_filters_stand_in_the_address(town: Town) -> None:
    town.reported(address="西大街 1 号")
    town.reported(address="东大街 2 号", category="0102")
    browser = town.browser("acceptor")

    assert len(_numbers(browser.get("/inbox?q=西大街").text)) == 1
    assert len(_numbers(browser.get("/inbox?category=event:0102").text)) == 1
    assert len(_numbers(browser.get("/inbox?stage=collecting").text)) == 2
    assert len(_numbers(browser.get("/inbox?stage=closing").text)) == 0
    assert 'value="西大街"' in browser.get("/inbox?q=西大街").text


def test_an_empty_inbox_says_so_and_how_to_see_more(town: Town) -> None:
    town.reported()
    browser = town.browser("acceptor")

    assert "没有待办。" in town.browser("dispatcher").get("/inbox").text
    assert "没有符合筛选条件的待办。" in browser.get("/inbox?q=nothing").text


def test_a_long_inbox_has_pages(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        town.reported()
    browser = town.browser("acceptor")
    monkeypatch.setattr(inbox, "PAGE", 2)

    first = browser.get("/inbox").text
    following = re.search(r'href="([^"]*after=[^"]*)" rel="next"', first)
    assert following is not None
    second = browser.get(html.unescape(following.group(1))).text

    assert (len(_numbers(first)), len(_numbers(second))) == (2, 1)
    assert not set(_numbers(first)) & set(_numbers(second))


def test_several_lines_are_claimed_at_once_and_the_lost_ones_named(town: Town) -> None:
    items = [town.waiting(town.reported()) for _ in range(3)]
    with town.database.unit_of_work() as uow:
        claim(uow, items[2]["id"], town.actor("second"))
    browser = town.browser("acceptor")

    response = browser.post(
        "/inbox/claim", data={"item": [item["id"] for item in items]}, follow_redirects=True
    )

    assert "已领取 2 项待办。" in response.text
    assert "赵磊 已领取这项待办。" in response.text
    assert [town.waiting(item["case_id"])["assignee_id"] for item in items] == [
        town.people["acceptor"],
        town.people["acceptor"],
        town.people["second"],
    ]


def test_choosing_nothing_is_said(town: Town) -> None:
    response = town.browser("acceptor").post("/inbox/claim", follow_redirects=True)

    assert "请至少选中一项待办。" in response.text


def test_an_unchanged_inbox_is_not_sent_again(town: Town) -> None:
    town.reported()
    browser = town.browser("acceptor")
    tag = browser.get("/inbox").headers["ETag"]

    unchanged = browser.get("/inbox", headers={"If-None-Match": tag})
    town.reported()
    changed = browser.get("/inbox", headers={"If-None-Match": tag})

    assert (unchanged.status_code, unchanged.data, changed.status_code) == (304, b"", 200)


def test_the_figures_count_cases_and_lead_to_them(town: Town) -> None:
    town.reported()
    rejected = town.reported()
    town.complete(rejected, "acceptor", decision="reject", reason="重复上报")

    page = town.browser("acceptor").get("/inbox").text

    figures = re.search(r'<ul class="figures">.*?</ul>', page, re.DOTALL)
    assert figures is not None
    assert re.findall(r"<strong>\s*(\S+)\s*</strong>", figures.group()) == ["2", "1", "1", "–"]
    assert len(_numbers(town.browser("acceptor").get("/cases?period=today").text)) == 2
    assert len(_numbers(town.browser("acceptor").get("/cases?status=open").text)) == 1


def test_the_figures_are_counted_again_after_a_minute(town: Town, clock: SteppedClock) -> None:
    browser = town.browser("acceptor")
    shown = []

    for pause in (0, 59, 1):
        clock.advance(timedelta(seconds=pause))
        figures = re.search(r'<ul class="figures">.*?<strong>\s*(\d+)', browser.get("/inbox").text, re.DOTALL)
        shown.append(figures and figures.group(1))
        town.reported()

    assert shown == ["0", "0", "2"]


def test_one_who_sees_only_their_own_work_gets_no_figures(town: Town) -> None:
    assert 'class="figures"' not in town.browser("collector").get("/inbox").text


def test_an_unknown_view_or_mark_does_no_harm(town: Town) -> None:
    browser = town.browser("acceptor")

    assert browser.get("/inbox?view=nonsense&unit=x&category=y").status_code == 200
    assert browser.get("/inbox?after=nonsense").status_code == 422


def test_the_inbox_speaks_english(town: Town) -> None:
    town.reported()

    page = town.browser("acceptor", language="en").get("/inbox").text

    assert "30 min left" in page
    assert "Unclaimed in my group" in page
    assert ">Accept</span>" in page
    assert "Unit west" in page
