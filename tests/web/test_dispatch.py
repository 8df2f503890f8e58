"""The dispatcher's candidates, the reasons on the page of a case, and the page of dispatch with its thresholds."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from handlers.dispatch.thresholds import Threshold, threshold_of
from handlers.store import dispatch_models
from tests.web.conftest import Town

#: 暴露生活垃圾, which sanitation handles by the standard.
RUBBISH = "0110"
THRESHOLD = {"category": "*", "threshold": "95"}


def filed(town: Town, category: str = RUBBISH) -> int:
    case_id = town.reported(category=category)
    town.complete(case_id, "acceptor", decision="accept")
    town.complete(case_id, "leader", decision="file")
    return case_id


def by_hand(town: Town) -> None:
    """From now on the table is not certain."""
    assert town.browser("supervisor").post("/dispatch/thresholds", data=THRESHOLD).status_code == 303


def test_an_automatic_dispatch_says_why_on_the_case_and_in_the_log(town: Town) -> None:
    case_id = filed(town)

    chinese = town.browser("handler").get(f"/cases/{case_id}").text
    english = town.browser("handler", language="en").get(f"/cases/{case_id}").text

    assert "按派遣表自动派遣 · 西区的环卫单位 · 表第 8 行（其余按立结案标准" in chinese
    assert "Automatic, by the table · Sanitation that serves West District · row 8 of the table" in english
    assert chinese.count("表第 8 行") >= 2


def test_a_dispatcher_chooses_a_candidate_with_one_button(town: Town) -> None:
    by_hand(town)
    case_id = filed(town)
    page = town.browser("dispatcher").get(f"/cases/{case_id}").text

    [form] = re.findall(r'<ol class="candidates".*?<form(.*?)</form>', page, re.DOTALL)
    sent = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form))
    item = town.waiting(case_id)
    town.browser("dispatcher").post(f"/work-items/{item['id']}/complete", data=sent)

    waiting = town.waiting(case_id)
    assert (waiting["element_id"], waiting["unit_id"]) == ("handle", town.units["west-cleaners"])
    assert "派遣员选定 · 西区的环卫单位" in town.browser("handler").get(f"/cases/{case_id}").text


def test_the_keys_of_the_answers_come_after_those_of_the_candidates(town: Town) -> None:
    by_hand(town)

    page = town.browser("dispatcher").get(f"/cases/{filed(town)}").text

    assert re.findall(r'data-key="(\d)" data-decides', page) == ["1", "2", "3"]


def test_a_returned_unit_is_proposed_no_more(town: Town) -> None:
    case_id = filed(town)
    town.complete(case_id, "handler", decision="wrong_unit", reason="不归我们")

    page = town.browser("dispatcher").get(f"/cases/{case_id}").text

    assert town.waiting(case_id)["element_id"] == "dispatch"
    assert 'class="candidates"' not in page
    assert "退回：不归我们" in page
    assert "没有推荐的部门" in page


def test_the_page_tells_how_much_was_automatic_and_right(town: Town) -> None:
    filed(town)
    wrong = filed(town)
    town.complete(wrong, "handler", decision="wrong_unit", reason="不归我们")

    page = re.sub(r"\s+", " ", town.browser("supervisor", language="en").get("/dispatch").text)

    assert "<b>All categories</b>" in page
    assert '<td data-label="Dispatched">2</td> <td data-label="Automatic">100.0 %</td>' in page
    assert "50.0 %<small>1 of 2</small>" in page
    assert "<tr><td>8</td><td>2</td><td>50.0 %</td></tr>" in page


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"category": "*", "threshold": "0"}, "高于 0"),
        ({"category": "*", "threshold": "101"}, "高于 0"),
        ({"category": "*", "threshold": "nan"}, "高于 0"),
        ({"category": "*", "threshold": "much"}, "高于 0"),
        ({"category": "event:9999", "threshold": "90"}, "没有这个类别"),
        ({"category": "", "threshold": "90"}, "没有这个类别"),
    ],
)
def test_a_threshold_that_does_not_fit_is_told(town: Town, sent: dict[str, str], said: str) -> None:
    browser = town.browser("supervisor")

    page = browser.post("/dispatch/thresholds", data=sent, follow_redirects=True).text

    assert said in page


def test_a_category_has_a_threshold_of_its_own_until_it_is_removed(town: Town) -> None:
    browser, key = town.browser("supervisor"), ("gb30428", "event", RUBBISH)
    found = []

    for sent in ({"threshold": "97.5 %", "table_certain": "1"}, {"remove": "1"}):
        browser.post("/dispatch/thresholds", data={"category": f"event:{RUBBISH}", **sent})
        with town.database.unit_of_work() as uow:
            found.append(threshold_of(uow, *key))

    assert found == [Threshold(0.975, True), Threshold()]


def test_only_supervisors_and_administrators_see_the_page_and_those_of_the_city_set_thresholds(
    town: Town,
) -> None:
    assert town.browser("dispatcher").get("/dispatch").status_code == 403
    assert town.browser("dispatcher").post("/dispatch/thresholds", data=THRESHOLD).status_code == 403
    assert 'href="/dispatch"' not in town.browser("dispatcher").get("/inbox").text
    assert 'href="/dispatch"' in town.browser("supervisor").get("/inbox").text


def learned_model(town: Town) -> int:
    """A model of which only the figures are of use."""
    figures = {"accuracy": 0.873, "coverage": 0.61, "accuracy_when_automatic": 0.996}
    row = {"trained_at": datetime(2026, 11, 22, tzinfo=UTC), "lessons": 4321, "content": b"", "digest": b""}
    with town.database.unit_of_work() as uow:
        return dispatch_models.add(uow.conn, {**row, "figures": {"new": figures}})


def test_models_are_listed_with_what_was_measured(town: Town) -> None:
    learned_model(town)

    page = town.browser("supervisor", language="en").get("/dispatch").text

    for said in ("4321", "87.3 %", "61.0 %", "99.6 %", "Use this one"):
        assert said in page, said


@pytest.mark.parametrize(
    ("who", "reason", "status"),
    [
        ("supervisor", "", 303),
        ("supervisor", "以前的更准", 303),  # its content is gone
        ("dispatcher", "以前的更准", 403),
    ],
)
def test_a_model_is_not_swapped_without_a_reason_its_content_or_the_right_to(
    town: Town, who: str, reason: str, status: int
) -> None:
    address = f"/dispatch/models/{learned_model(town)}/use"

    response = town.browser(who).post(address, data={"reason": reason})

    with town.database.unit_of_work() as uow:
        assert (response.status_code, list(dispatch_models.uses(uow.conn, 9))) == (status, [])
