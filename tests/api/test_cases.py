"""Cases by the API: found, looked at, acted on, and their logs verified by who reads them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from engine.settings import Settings
from engine.store.database import Database
from tests.api.conftest import Town, founded


@pytest.fixture
def city(database: Database, settings: Settings, processes: Path) -> Town:
    """The town, its cases living by the process that the program brings along."""
    return founded(database, settings, processes / "case")


def test_a_case_says_where_it_stands(town: Town) -> None:
    case = town.get(f"/cases/{town.reported()}").json

    assert case["position"]["current"] == ["accept"]
    assert {one["element"] for one in case["position"]["visited"]} >= {"start", "split"}
    assert [item["title_zh"] for item in case["work_items"]] == ["受理"]


def test_a_case_offers_the_actions_of_the_callers_roles(town: Town) -> None:
    case_id = town.reported()

    actions = {who: town.get(f"/cases/{case_id}", who).json["actions"] for who in ("acceptor", "dispatcher")}

    assert [one["name"] for one in actions["acceptor"]] == ["void"]
    assert actions["acceptor"][0]["form"]["required"] == ["reason"]
    assert actions["dispatcher"] == []


def test_an_action_takes_effect(town: Town) -> None:
    case_id = town.reported()

    case = town.post(f"/cases/{case_id}/actions/void", {"values": {"reason": "a joke"}}).json

    assert (case["status"], case["work_items"], case["actions"]) == ("void", [], [])


@pytest.mark.parametrize(
    ("name", "who", "values", "status"),
    [
        ("void", "dispatcher", {"reason": "a joke"}, 403),
        ("void", "acceptor", {}, 422),
        ("void", "stranger", {"reason": "a joke"}, 404),
        ("explode", "acceptor", {}, 409),
    ],
)
def test_an_action_that_cannot_be_taken_is_refused(
    town: Town, name: str, who: str, values: dict[str, str], status: int
) -> None:
    case_id = town.reported()

    refused = town.post(f"/cases/{case_id}/actions/{name}", {"values": values}, who)

    assert refused.status_code == status
    assert town.get(f"/cases/{case_id}").json["status"] == "open"


def test_the_log_verifies_by_its_own_text(town: Town) -> None:
    case_id = town.reported()
    town.post(f"/work-items/{town.waiting(case_id)}/complete", {"values": {"decision": "accept"}})

    log = town.get(f"/cases/{case_id}/log").json

    head = bytes(32)
    for entry in log["entries"]:
        head = hashlib.sha256(head + entry["body"].encode()).digest()
        assert head.hex() == entry["hash"]
        assert json.loads(entry["body"])["data"] == entry["data"]
    assert log["head"] == head.hex()
    assert [one["action"] for one in log["entries"]] == ["reported", "opened", "completed", "service"]


@pytest.mark.parametrize("path", ["", "/log"])
def test_a_case_of_another_district_is_not_there(town: Town, path: str) -> None:
    assert town.get(f"/cases/{town.reported()}{path}", "foreign_leader").status_code == 404


def test_a_search_finds_only_cases_that_the_caller_may_see(town: Town) -> None:
    here, there = town.reported(), town.reported(lon=108.85)

    found = {
        who: [one["id"] for one in town.get("/cases", who).json["items"]]
        for who in ("leader", "foreign_leader")
    }

    assert found == {"leader": [here], "foreign_leader": [there]}


def test_a_search_finds_by_text_and_status(town: Town) -> None:
    wanted = town.reported(address="East Gate 100%")
    town.reported()

    found = [
        town.get("/cases", query_string={"text": "100%", "status": s}).json["items"] for s in ("open", "void")
    ]

    assert [[one["id"] for one in items] for items in found] == [[wanted], []]


def test_pages_of_a_search_hold_every_case_once(town: Town) -> None:
    cases = [town.reported() for _ in range(3)]

    first = town.get("/cases?limit=2").json
    second = town.get(f"/cases?limit=2&before={first['next']}").json

    assert [one["id"] for one in first["items"] + second["items"]] == cases[::-1]
    assert second["next"] is None


def test_a_case_that_is_not_filed_has_no_clock(town: Town) -> None:
    case = town.get(f"/cases/{town.reported()}").json

    assert (case["clock"], case["first_due_at"], case["pause"]) == (None, None, None)
    assert case["work_items"][0]["yellow_at"] < case["work_items"][0]["due_at"]
    assert case["work_items"][0]["follows_case"] is False


def test_a_filed_case_tells_how_its_clock_stands(city: Town) -> None:
    case_id = city.reported(category="0112", kind="event")
    for who, decision in (("acceptor", "accept"), ("leader", "file")):
        city.post(f"/work-items/{city.waiting(case_id)}/complete", {"values": {"decision": decision}}, who)

    case = city.get(f"/cases/{case_id}").json

    assert case["clock"] == {"left": 7200, "overrun": 0, "raw_overrun": 0}
    assert (case["time_limit"], case["unit_of_time"]) == (2, "work_hour")
    assert case["first_due_at"] == case["due_at"] == "2026-11-23T04:00:00Z"
