"""The clock on the pages: lights, pauses, what was granted, and who presses for a case."""

from __future__ import annotations

import html
import re
from datetime import timedelta

from engine import actions, timers, work
from engine.clock import SteppedClock
from engine.store import work_items
from tests.web.conftest import Town


def _handled_by_the_crew(town: Town) -> int:
    """A case that its handlers have to do within two working hours; it is Monday, ten o'clock."""
    case_id = town.reported(category="0112")
    town.complete(case_id, "acceptor", decision="accept")
    town.complete(case_id, "leader", decision="file")
    return case_id


def _act(town: Town, case_id: int, name: str, login: str, **values: object) -> None:
    with town.database.unit_of_work() as uow:
        actions.act(uow, case_id, name, town.actor(login), values)


def _approve(town: Town, case_id: int) -> None:
    with town.database.unit_of_work() as uow:
        items = [
            one for one in work_items.open_of_case(uow.conn, case_id) if one["element_id"] == "decide_request"
        ]
        work.complete(uow, items[0]["id"], town.actor("leader"), {"decision": "approve"})


def _text(page: str) -> str:
    """What a page says, without its tags."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", page)))


def test_the_inbox_shows_yellow_red_and_a_clock_that_stands(town: Town, clock: SteppedClock) -> None:
    tones = []

    case_id = _handled_by_the_crew(town)
    browser = town.browser("handler")
    for time in (timedelta(0), timedelta(minutes=92), timedelta(minutes=29)):
        clock.advance(time)
        tones += re.findall(r'<tr class="(\w+)" data-row>', browser.get("/inbox").text)
    _act(town, case_id, "request_suspension", "handler", days=30, reason="等配件")
    _approve(town, case_id)
    page = browser.get("/inbox").text

    assert tones == ["later", "soon", "overdue"]
    assert re.search(r'<tr class="paused" data-row>.*?停止计时', page, re.DOTALL)


def test_the_lights_press_by_themselves_and_the_inbox_says_so(town: Town, clock: SteppedClock) -> None:
    _handled_by_the_crew(town)
    clock.advance(timedelta(hours=2))
    timers.sweep(town.database)

    page = _text(town.browser("handler").get("/inbox").text)

    assert "督办" in page


def test_the_page_of_a_case_tells_of_a_suspension(town: Town) -> None:
    case_id = _handled_by_the_crew(town)
    _act(town, case_id, "request_suspension", "handler", days=30, reason="等配件")
    _approve(town, case_id)

    page = _text(town.browser("handler").get(f"/cases/{case_id}").text)

    assert "挂账：2026-11-23 10:00 至 2026-12-23 10:00" in page
    assert "2026-12-23 12:00 原为 2026-11-23 12:00" in page
    assert "剩余时限 工作时间 2 小时" in page


def test_the_page_of_a_case_tells_what_was_granted_and_how_late_it_is_all_the_same(
    town: Town, clock: SteppedClock
) -> None:
    case_id = _handled_by_the_crew(town)
    _act(town, case_id, "request_extension", "handler", reason="等吊车")
    _approve(town, case_id)
    clock.advance(timedelta(hours=7))

    page = _text(town.browser("handler", "en").get(f"/cases/{case_id}").text)

    assert "Extensions 1 granted" in page
    assert "Overdue 1 h" in page
    assert "Past the first due date, nothing excused 3 h" in page


def test_the_handler_reads_what_the_supervisor_said(town: Town) -> None:
    case_id = _handled_by_the_crew(town)
    _act(town, case_id, "supervise", "supervisor", remark="今日内办结")
    _act(town, case_id, "urge", "leader", remark="市民在等")

    page = _text(town.browser("handler").get(f"/cases/{case_id}").text)

    assert "督办 今日内办结 陈静" in page
    assert "催办 市民在等 张敏" in page


def test_a_request_that_cannot_be_granted_is_refused_on_the_page(town: Town) -> None:
    case_id = _handled_by_the_crew(town)
    for _ in range(2):
        _act(town, case_id, "request_extension", "handler", reason="等吊车")
        _approve(town, case_id)

    response = town.browser("handler").post(
        f"/cases/{case_id}/actions/request_extension", data={"form": "1", "f.reason": "再等"}
    )

    assert response.status_code == 409
    assert "此案卷已延期 2 次，不能再延期。" in response.text


def test_what_cannot_be_undone_is_offered_last_and_in_red(town: Town) -> None:
    page = town.browser("leader").get(f"/cases/{_handled_by_the_crew(town)}").text

    offered = re.findall(r'<button class="(danger|)">([^<]+)</button>', page)

    assert offered == [("", "催办"), ("", "并案"), ("danger", "作废")]
