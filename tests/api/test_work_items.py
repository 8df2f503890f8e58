"""Work items by the API: listed, taken, handed on, completed; whoever comes second is told who was first."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tests.api.conftest import Town

ACCEPT = {"values": {"decision": "accept"}}


def test_the_inbox_lists_what_waits_for_the_caller(town: Town) -> None:
    case_id = town.reported()

    inbox = town.get("/work-items").json

    assert [item["case_id"] for item in inbox["items"]] == [case_id]
    assert inbox["counts"] == {"all": 1, "mine": 0, "group": 1, "soon": 1, "overdue": 0}


def test_the_inbox_of_another_district_is_empty(town: Town) -> None:
    town.reported()

    assert town.get("/work-items", "stranger").json["items"] == []


def test_pages_of_the_inbox_hold_every_item_once(town: Town) -> None:
    cases = {town.reported() for _ in range(5)}

    seen: list[int] = []
    after: str | None = ""
    for _ in range(3):
        page = town.get("/work-items", query_string={"limit": 2, "after": after}).json
        seen += [item["case_id"] for item in page["items"]]
        after = page["next"]

    assert (sorted(seen), after) == (sorted(cases), None)


def test_a_work_item_says_what_to_fill_in_and_to_whom_it_can_go(town: Town) -> None:
    item = town.get(f"/work-items/{town.first_item()}").json

    assert list(item["form"]["properties"]) == ["decision", "description", "note"]
    assert {one["login"] for one in item["colleagues"]} == {"acceptor", "second_acceptor"}


def test_a_claimed_item_is_the_callers(town: Town) -> None:
    item_id = town.first_item()

    claimed = town.post(f"/work-items/{item_id}/claim").json

    assert claimed["assignee_id"] == town.people["acceptor"]


def test_a_claim_that_comes_second_is_told_who_has_it_and_since_when(town: Town) -> None:
    item_id = town.first_item()
    town.post(f"/work-items/{item_id}/claim")

    refused = town.post(f"/work-items/{item_id}/claim", who="second_acceptor")

    assert refused.status_code == 409
    assert (refused.json["holder"], refused.json["since"]) == ("Acceptor", "2026-11-23T02:00:00Z")
    assert refused.json["type"] == "urn:gridcase:problem:conflict"


def test_a_released_item_is_nobodys(town: Town) -> None:
    item_id = town.first_item()
    town.post(f"/work-items/{item_id}/claim")

    assert town.post(f"/work-items/{item_id}/release").json["assignee_id"] is None


def test_an_item_is_handed_on_to_a_colleague(town: Town) -> None:
    item_id = town.first_item()
    body = {"to": town.people["second_acceptor"], "note": "I am off"}

    assert town.post(f"/work-items/{item_id}/hand-on", body).json["assignee_id"] == body["to"]


def test_an_item_is_not_handed_on_to_another_district(town: Town) -> None:
    refused = town.post(f"/work-items/{town.first_item()}/hand-on", {"to": town.people["stranger"]})

    assert refused.status_code == 422
    assert [one["field"] for one in refused.json["errors"]] == ["to"]


def test_completing_moves_the_case_on(town: Town) -> None:
    case_id = town.reported()

    completed = town.post(f"/work-items/{town.waiting(case_id)}/complete", ACCEPT)

    assert completed.json == {"id": completed.json["id"], "state": "done"}
    assert town.get(f"/cases/{case_id}").json["work_items"][0]["title_en"] == "Handle"


def test_values_that_do_not_fit_the_form_are_named(town: Town) -> None:
    refused = town.post(f"/work-items/{town.first_item()}/complete", {"values": {"decision": "eat it"}})

    assert refused.status_code == 422
    assert refused.json["errors"] == [{"field": "decision", "message": "Choose one of the answers."}]


def test_an_item_that_changed_meanwhile_is_not_completed(town: Town) -> None:
    item_id = town.first_item()
    seen = town.get(f"/work-items/{item_id}").json["version"]
    town.post(f"/work-items/{item_id}/claim")

    assert town.post(f"/work-items/{item_id}/complete", {**ACCEPT, "version": seen}).status_code == 409


def test_the_same_completion_sent_twice_is_done_once(town: Town) -> None:
    item_id = town.first_item()
    key = {"Idempotency-Key": "round-7"}

    answers = [town.post(f"/work-items/{item_id}/complete", ACCEPT, headers=key) for _ in range(2)]

    assert [one.status_code for one in answers] == [200, 200]
    assert len([e for e in _log(town, item_id) if e["action"] == "completed"]) == 1


def test_a_completed_item_is_not_completed_again(town: Town) -> None:
    item_id = town.first_item()
    town.post(f"/work-items/{item_id}/complete", ACCEPT)

    refused = town.post(f"/work-items/{item_id}/complete", ACCEPT, who="second_acceptor")

    assert (refused.status_code, refused.json["holder"]) == (409, "Acceptor")


def test_of_two_clients_that_complete_one_item_one_is_told_that_the_other_did(town: Town) -> None:
    item_id = town.first_item()
    start, answers = threading.Barrier(2), {}

    def complete(who: str) -> None:
        start.wait()
        answers[who] = town.post(f"/work-items/{item_id}/complete", ACCEPT, who=who)

    clients = [threading.Thread(target=complete, args=(who,)) for who in ("acceptor", "second_acceptor")]
    for client in clients:
        client.start()
    for client in clients:
        client.join()

    first, second = sorted(answers, key=lambda who: answers[who].status_code)
    assert (answers[first].status_code, answers[second].status_code) == (200, 409)
    assert answers[second].json["holder"] == first.replace("_", " ").title()
    assert len([e for e in _log(town, item_id) if e["action"] == "completed"]) == 1


@pytest.mark.parametrize("path", ["", "/claim", "/release", "/hand-on", "/complete"])
def test_an_item_of_another_district_is_not_there(town: Town, path: str) -> None:
    item_id = town.first_item()
    bodies: dict[str, dict[str, Any]] = {"/hand-on": {"to": 1}, "/complete": ACCEPT}

    method = "POST" if path else "GET"
    answer = town.call(
        method, f"/work-items/{item_id}{path}", "stranger", **({"json": bodies.get(path, {})} if path else {})
    )

    assert answer.status_code == 404
    assert answer.json["detail"] == f"There is no work item {item_id} that you may see."


def _log(town: Town, item_id: int) -> list[dict[str, Any]]:
    case_id = town.get(f"/work-items/{item_id}").json["case_id"]
    entries: list[dict[str, Any]] = town.get(f"/cases/{case_id}/log").json["entries"]
    return entries
