"""Similar cases by the API: found, joined by a report, merged, and parted again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import processes
from engine.settings import Settings
from engine.store.database import Database
from tests.api.conftest import REPORT, Town, founded

HERE = {name: REPORT[name] for name in ("kind", "category", "lon", "lat")}


@pytest.fixture
def city(database: Database, settings: Settings) -> Town:
    """The town with the process that the program brings along."""
    return founded(database, settings, Path(processes.__path__[0]) / "case")


def _case(town: Town, case_id: int) -> Any:
    return town.get(f"/cases/{case_id}").json


def test_similar_cases_are_found_the_nearest_first(town: Town) -> None:
    far = _case(town, town.reported(lat=34.2603))
    near = _case(town, town.reported(lat=34.2601))

    found = town.get("/cases/similar", query_string=HERE).json["items"]

    assert [one["number"] for one in found] == [near["number"], far["number"]]
    assert found[0]["metres"] == pytest.approx(11.1, abs=0.2)
    assert found[0]["description"] == REPORT["description"]


def test_who_may_not_see_the_case_reads_nothing_of_it(town: Town) -> None:
    town.reported()

    (found,) = town.get("/cases/similar", "stranger", query_string=HERE).json["items"]

    assert (found["description"], found["photo"]) == (None, None)


def test_a_question_that_does_not_fit_is_refused(town: Town) -> None:
    wrong = ({"lon": "x"}, {"lat": "nan"}, {"kind": "nothing"}, {"lon": "181"}, {"more": "1"})

    answers = [town.get("/cases/similar", query_string={**HERE, **one}) for one in wrong]

    assert [one.status_code for one in answers] == [422] * len(wrong)
    assert [[error["field"] for error in one.json["errors"]] for one in answers] == [
        list(one) for one in wrong
    ]


def test_a_report_joins_the_case_that_it_names(town: Town) -> None:
    case = _case(town, town.reported())

    answer = town.post("/reports", {**REPORT, "description": "", "joins": case["number"]})

    assert (answer.status_code, answer.json["id"]) == (201, case["id"])
    assert [one["action"] for one in town.get(f"/cases/{case['id']}/log").json["entries"]].count(
        "joined"
    ) == 1


def test_a_report_joins_no_case_that_is_not_similar(town: Town) -> None:
    case = _case(town, town.reported(category="0102"))

    answer = town.post("/reports", {**REPORT, "joins": case["number"]})

    assert answer.status_code == 422
    assert [one["field"] for one in answer.json["errors"]] == ["joins"]


def test_a_case_is_merged_and_parted(city: Town) -> None:
    first, second = (_case(city, city.reported()) for _ in range(2))

    merged = city.post(f"/cases/{second['id']}/actions/merge", {"values": {"into": first["number"]}}).json
    undone = city.post(f"/cases/{second['id']}/merge/undo").json

    assert (merged["status"], merged["merged_into_id"], merged["work_items"]) == ("merged", first["id"], [])
    assert (undone["status"], undone["merged_into_id"]) == ("open", None)
    assert [one["id"] for one in undone["work_items"]] == [one["id"] for one in second["work_items"]]


def test_a_report_of_a_merged_case_joins_the_one_that_goes_on(city: Town) -> None:
    first, second = (_case(city, city.reported()) for _ in range(2))
    city.post(f"/cases/{second['id']}/actions/merge", {"values": {"into": first["number"]}})

    answer = city.post("/reports", {**REPORT, "joins": second["number"]})

    assert answer.json["number"] == first["number"]


def test_a_merge_into_nothing_names_its_field(city: Town) -> None:
    case_id = city.reported()

    answer = city.post(f"/cases/{case_id}/actions/merge", {"values": {"into": "20200101000001"}})

    assert answer.status_code == 422
    assert [one["field"] for one in answer.json["errors"]] == ["into"]


def test_what_was_not_merged_is_not_undone(city: Town) -> None:
    answer = city.post(f"/cases/{city.reported()}/merge/undo")

    assert answer.status_code == 409


def test_who_may_undo(city: Town) -> None:
    first, second = (_case(city, city.reported()) for _ in range(2))
    city.post(f"/cases/{second['id']}/actions/merge", {"values": {"into": first["number"]}})

    answers = {
        who: city.post(f"/cases/{second['id']}/merge/undo", who=who).status_code
        for who in ("handler", "stranger", "dispatcher")
    }

    assert answers == {"handler": 404, "stranger": 404, "dispatcher": 200}
