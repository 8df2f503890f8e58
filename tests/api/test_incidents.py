"""Incidents over the API: a person is told that a step stopped; supervisors list and see to what stopped."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine import tasks
from engine.case import Case
from engine.store import people
from engine.tokens import issue
from tests.api.conftest import Town


@pytest.fixture
def stopped(town: Town) -> int:
    """A work item whose step stops at a service task that fails."""
    tasks._registry.pop("test.assign")

    @tasks.service_task("test.assign", title={"zh": "分派", "en": "Assign"})
    def assign(case: Case, code: str) -> dict[str, int]:
        """Fail as no author foresaw."""
        raise KeyError("secret")

    with town.database.unit_of_work() as uow:
        town.people["supervisor"] = people.save(
            uow.conn, {"login": "supervisor", "name": "Supervisor", "password_hash": "-"}
        )
        people.grant(uow.conn, town.people["supervisor"], "supervisor", town.units["610102"])
        town.tokens["supervisor"] = issue(uow, town.people["supervisor"], "tests", timedelta(days=1))
    item_id = town.first_item()
    answer = town.post(f"/work-items/{item_id}/complete", {"values": {"decision": "accept"}})
    assert answer.status_code == 500
    return item_id


def test_the_person_is_told_in_a_sentence_that_tells_no_secret(town: Town, stopped: int) -> None:
    answer = town.post(
        f"/work-items/{stopped}/complete",
        {"values": {"decision": "accept"}},
        headers={"Accept-Language": "zh"},
    )

    assert (answer.status_code, answer.mimetype) == (500, "application/problem+json")
    assert "此案卷的流程无法继续" in answer.json["detail"]
    assert "secret" not in answer.text


def test_the_work_item_is_as_it_was(town: Town, stopped: int) -> None:
    assert town.get(f"/work-items/{stopped}").json["state"] == "open"


def test_a_supervisor_sees_the_incident(town: Town, stopped: int) -> None:
    (found,) = town.get("/incidents", "supervisor").json["items"]

    assert (found["kind"], found["element_id"], found["message"]) == (
        "step",
        "assign",
        "test.assign failed: KeyError.",
    )
    assert town.get(f"/incidents/{found['id']}", "supervisor").json == found


@pytest.mark.usefixtures("stopped")
def test_others_do_not(town: Town) -> None:
    assert [town.get("/incidents", who).status_code for who in ("acceptor", "handler")] == [403, 403]


@pytest.mark.usefixtures("stopped")
@pytest.mark.parametrize("alike", [False, True])
def test_a_retry_closes_it_with_a_reason(town: Town, alike: bool) -> None:
    (found,) = town.get("/incidents", "supervisor").json["items"]

    answer = town.post(f"/incidents/{found['id']}/retry", {"reason": "mended", "alike": alike}, "supervisor")

    assert answer.json == {"retried": 1, "refused": 0}
    closed = town.get(f"/incidents/{found['id']}", "supervisor").json
    assert (closed["resolution"], closed["reason"]) == ("retried", "mended")
    assert town.get("/incidents", "supervisor").json["items"] == []


@pytest.mark.usefixtures("stopped")
def test_a_step_cannot_be_completed_by_hand(town: Town) -> None:
    (found,) = town.get("/incidents", "supervisor").json["items"]

    answer = town.post(f"/incidents/{found['id']}/complete", {"value": 1, "reason": "why"}, "supervisor")

    assert answer.status_code == 409


@pytest.mark.usefixtures("stopped")
def test_the_case_goes_on_at_another_element(town: Town) -> None:
    (found,) = town.get("/incidents", "supervisor").json["items"]
    path = f"/incidents/{found['id']}/move"

    refused = town.post(path, {"to": "nowhere", "reason": "why"}, "supervisor")
    answer = town.post(path, {"to": "closed", "reason": "it is done"}, "supervisor")

    assert (refused.status_code, [one["field"] for one in refused.json["errors"]]) == (422, ["to"])
    assert (answer.status_code, answer.json["resolution"]) == (200, "rerouted")
    assert town.get(f"/cases/{found['case_id']}").json["status"] == "closed"


@pytest.mark.usefixtures("stopped")
def test_an_incident_that_is_not_there_is_not_found(town: Town) -> None:
    assert town.get("/incidents/999999", "supervisor").status_code == 404
