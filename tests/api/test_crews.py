"""Crews by the API: their own people say where they are, and nobody sees those of others."""

from __future__ import annotations

from datetime import time

import pytest

from handlers.store import crews
from tests.api.conftest import Town


@pytest.fixture
def crewed(town: Town) -> Town:
    """The town, whose unit `crew` works in shifts."""
    row = {"unit_id": town.units["crew"], "skills": [], "shift_begins": time(8), "shift_ends": time(18)}
    row |= {"days": "every", "home_lon": 108.95, "home_lat": 34.25, "kmh": 20.0, "capacity": 10}
    with town.database.unit_of_work() as uow:
        crews.save(uow.conn, row)
        uow.changed(crews.REVISION)
    return town


def test_a_member_says_where_the_crew_is(crewed: Town) -> None:
    answer = crewed.call("PUT", "/crews/crew/position", "handler", json={"lon": 108.96, "lat": 34.26})

    assert (answer.status_code, answer.json["lon"], answer.json["mine"]) == (200, 108.96, True)
    (listed,) = crewed.get("/crews", "handler").json["items"]
    assert (listed["code"], listed["lat"]) == ("crew", 34.26)
    assert listed["at"] is not None


@pytest.mark.parametrize(("who", "status"), [("leader", 403), ("foreign_leader", 404), ("stranger", 404)])
def test_nobody_else_does(crewed: Town, who: str, status: int) -> None:
    answer = crewed.call("PUT", "/crews/crew/position", who, json={"lon": 108.96, "lat": 34.26})

    assert answer.status_code == status


@pytest.mark.parametrize(("body", "field"), [({"lon": 200, "lat": 1}, "lon"), ({"lon": 100.0}, "lat")])
def test_no_place_is_refused(crewed: Town, body: dict[str, float], field: str) -> None:
    answer = crewed.call("PUT", "/crews/crew/position", "handler", json=body)

    assert answer.status_code == 400
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_crews_of_another_district_are_not_listed(crewed: Town) -> None:
    assert crewed.get("/crews", "foreign_leader").json == {"items": []}
