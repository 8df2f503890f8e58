"""Reports by the API: opened once, placed in the right district, refused field by field."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tests.api.conftest import REPORT, Town


def test_a_report_opens_a_case(town: Town) -> None:
    answer = town.post("/reports", REPORT)

    assert answer.status_code == 201
    assert answer.json["number"] == "20261123000001"
    assert town.get(f"/cases/{answer.json['id']}").json["description"] == REPORT["description"]


def test_the_reporter_can_follow_the_case(town: Town) -> None:
    follow = town.post("/reports", REPORT).json["follow"]

    assert town.app.test_client().get(follow).status_code == 200


def test_a_report_goes_to_the_platform_of_its_place(town: Town) -> None:
    case_id = town.reported(lon=108.85)

    assert town.get(f"/cases/{case_id}", "foreign_leader").json["platform_id"] == town.units["610104"]


def test_shifted_coordinates_are_converted(town: Town) -> None:
    # In GCJ-02 this point lies east of the border of the districts at 108.9, in WGS-84 west of it.
    case_id = town.reported(lon=108.903, crs="gcj02")

    assert town.get(f"/cases/{case_id}", "foreign_leader").json["district_code"] == "610104"


@pytest.mark.parametrize("where", ["header", "body"])
def test_the_same_submission_sent_twice_is_one_case(town: Town, where: str) -> None:
    headers = {"Idempotency-Key": "phone-12"} if where == "header" else {}
    body = REPORT if where == "header" else {**REPORT, "submission_key": "phone-12"}

    first, second = (town.post("/reports", body, headers=headers) for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json == {"id": first.json["id"], "number": first.json["number"], "follow": None}


def test_the_same_key_of_another_sender_is_another_report(town: Town) -> None:
    key = {"Idempotency-Key": "1"}

    answers = [town.post("/reports", REPORT, who, headers=key) for who in ("acceptor", "second_acceptor")]

    assert [one.status_code for one in answers] == [201, 201]


def test_two_different_keys_of_one_submission_are_refused(town: Town) -> None:
    body = {**REPORT, "submission_key": "a"}

    refused = town.post("/reports", body, headers={"Idempotency-Key": "b"})

    assert [one["field"] for one in refused.json["errors"]] == ["submission_key"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"category": "9999"}, "category"),
        ({"condition_no": 99}, "condition_no"),
        ({"lon": None, "lat": None}, "lon"),
        ({"lon": 120.0}, "lon"),
        ({"lon": None}, "lon"),
        ({"lon": False}, "lon"),
        ({"lon": "108.96"}, "lon"),
        ({"lon": 200}, "lon"),
        ({"crs": "utm"}, "crs"),
        ({"lon": None, "lat": None, "community_code": "610102001001"}, "community_code"),
        ({"channel": "pigeon"}, "channel"),
        ({"kind": "thing"}, "kind"),
        ({"description": ""}, "description"),
        ({"description": "a\x00b"}, "description"),
        ({"description": "x" * 2001}, "description"),
        ({"reporter": "me"}, "reporter"),
        ({"photos": ["forged"]}, "photos.0"),
        ({"photos": "forged"}, "photos"),
        ({"submission_key": "ключ"}, "submission_key"),
    ],
)
def test_a_field_that_does_not_fit_is_named_and_nothing_is_opened(
    town: Town, values: dict[str, Any], field: str
) -> None:
    refused = town.post("/reports", {**REPORT, **values})

    assert (refused.status_code, refused.mimetype) == (422, "application/problem+json")
    assert field in [one["field"] for one in refused.json["errors"]]
    assert town.get("/cases").json["items"] == []


def test_the_same_submission_sent_twice_at_once_is_one_case(town: Town) -> None:
    start, answers = threading.Barrier(4), []

    def send() -> None:
        start.wait()
        answers.append(town.post("/reports", REPORT, headers={"Idempotency-Key": "storm"}))

    senders = [threading.Thread(target=send) for _ in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()

    assert sorted(one.status_code for one in answers) == [200, 200, 200, 201]
    assert len({one.json["number"] for one in answers}) == 1
    assert len(town.get("/cases").json["items"]) == 1
