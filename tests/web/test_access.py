"""Who gets which page: every address is walked, so that a new one cannot be forgotten."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from werkzeug.routing import Rule

from engine.work import claim
from handlers import photos
from tests.web.conftest import Town

#: What anybody may open.
OPEN = {
    "areas.layer",
    "areas.locate",
    "areas.suggestions",
    "report.follow",
    "report.show",
    "report.submit",
    "similar.photo",
    "similar.show",
    "session.choose_language",
    "session.enter",
    "session.enter_demonstration",
    "session.leave",
    "session.sign_in",
    "session.start",
    "static",
}

#: What programs that watch over this one may open: no person's page.
WATCHED = {"health.alive", "health.ready", "metrics.show"}


def _pages(town: Town) -> Iterator[Rule]:
    for rule in town.app.url_map.iter_rules():
        if not rule.rule.startswith("/api/"):
            yield rule


def test_every_page_says_who_may_call_it(town: Town) -> None:
    marks = {
        rule.endpoint: getattr(town.app.view_functions[rule.endpoint], "access", None)
        for rule in _pages(town)
        if rule.endpoint != "static"
    }

    assert {
        endpoint for endpoint, mark in marks.items() if mark not in {"all", "people", "watchers"}
    } == set()
    assert {endpoint for endpoint, mark in marks.items() if mark == "watchers"} == WATCHED
    assert {endpoint for endpoint, mark in marks.items() if mark == "all"} | {"static"} == OPEN


def test_every_other_page_refuses_a_stranger(town: Town) -> None:
    answers = {}
    for rule in _pages(town):
        if rule.endpoint in OPEN | WATCHED:
            continue
        path = town.app.url_map.bind("localhost").build(
            rule.endpoint,
            dict.fromkeys(rule.arguments, 1 if "int" in rule.rule else "x") | {"sha256": "x", "name": "x"}
            if rule.arguments
            else {},
        )
        method = "POST" if "POST" in (rule.methods or ()) else "GET"
        answers[rule.endpoint] = town.browser().open(path.partition("?")[0], method=method)

    assert len(answers) > 10
    for endpoint, response in answers.items():
        redirected = response.status_code == 303 and response.location.startswith("/sign-in?next=")
        assert redirected or response.status_code == 401, endpoint


@pytest.mark.parametrize("part", ["", "/diagram.bpmn", "/photos/{sha256}", "/photos/{sha256}/small"])
def test_a_case_of_another_district_is_not_there(town: Town, part: str, jpeg: bytes) -> None:
    row = photos.store(town.app.extensions["gridcase"].settings.photos, jpeg, "report")
    case_id = town.reported(photos=(row,))
    path = f"/cases/{case_id}{part.format(sha256=row['sha256'])}"

    assert town.browser("acceptor").get(path, buffered=True).status_code == 200
    assert town.browser("stranger").get(path).status_code == 404


@pytest.mark.parametrize("command", ["claim", "release", "hand-on", "complete"])
def test_a_work_item_of_another_district_is_not_there(town: Town, command: str) -> None:
    item = town.waiting(town.reported())

    response = town.browser("stranger").post(
        f"/work-items/{item['id']}/{command}", data={"f.decision": "accept"}
    )

    assert response.status_code == 404
    assert town.waiting(item["case_id"])["version"] == item["version"]


def test_an_action_of_another_district_is_not_there(town: Town) -> None:
    case_id = town.reported()

    response = town.browser("stranger").post(f"/cases/{case_id}/actions/void", data={"f.reason": "no"})

    assert response.status_code == 404


def test_a_list_holds_only_the_cases_of_ones_own_district(town: Town) -> None:
    town.reported(address="西大街 1 号")

    assert "西大街 1 号" in town.browser("acceptor").get("/cases").text
    assert "西大街 1 号" not in town.browser("stranger").get("/cases").text
    assert "西大街 1 号" in town.browser("supervisor").get("/cases").text


def test_work_that_a_colleague_has_is_not_taken_by_its_address(town: Town) -> None:
    item = town.waiting(town.reported())
    with town.database.unit_of_work() as uow:
        claim(uow, item["id"], town.actor("second"))

    response = town.browser("acceptor").post(f"/work-items/{item['id']}/claim")

    assert response.status_code == 409
    assert "赵磊" in response.text


def test_a_person_who_cannot_reach_the_page_is_asked_to_sign_in(town: Town) -> None:
    response = town.browser().get("/cases/1", headers={"HX-Request": "true"})

    assert response.status_code == 401
