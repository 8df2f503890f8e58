"""Where a crew is says nobody but its own people; who may see them sees all crews of their units."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.errors import Forbidden, Invalid, NotFound
from engine.store.unit_of_work import UnitOfWork
from handlers.crews import live
from handlers.crews.positions import report
from handlers.store import crews
from tests.handlers.crews.conftest import Yard


def test_a_member_says_where_the_crew_is(uow: UnitOfWork, yard: Yard) -> None:
    report(uow, yard.members["crew-a"], "crew-a", 108.95, 34.25, "page")

    (row,) = crews.positions(uow.conn)
    assert (row["crew_id"], row["lon"], row["lat"], row["at"]) == (yard.ids["crew-a"], 108.95, 34.25, uow.now)


def test_a_leader_does_not(uow: UnitOfWork, yard: Yard) -> None:
    with pytest.raises(Forbidden):
        report(uow, yard.leader, "crew-a", 108.95, 34.25, "api")


def test_the_crew_of_others_is_none(uow: UnitOfWork, yard: Yard) -> None:
    uow.conn.exec_driver_sql("UPDATE role SET sees = 'none' WHERE code = 'handler'")
    uow.changed("roles")

    with pytest.raises(NotFound):
        report(uow, yard.members["crew-b"], "crew-a", 108.95, 34.25, "api")


@pytest.mark.parametrize(
    ("lon", "lat", "field"), [(181.0, 34.0, "lon"), (108.0, float("nan"), "lat"), (float("inf"), 34.0, "lon")]
)
def test_no_place_is_refused(uow: UnitOfWork, yard: Yard, lon: float, lat: float, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        report(uow, yard.members["crew-a"], "crew-a", lon, lat, "api")

    assert set(refused.value.fields) == {field}


def test_what_was_under_way_for_longer_is_left(uow: UnitOfWork, yard: Yard) -> None:
    crews.stand(uow.conn, yard.ids["crew-a"], 108.95, 34.25, "api", uow.now)
    crews.stand(uow.conn, yard.ids["crew-a"], 108.90, 34.20, "api", uow.now - timedelta(minutes=1))

    (row,) = crews.positions(uow.conn)
    assert row["lon"] == 108.95


def test_a_leader_sees_crews_with_their_work(uow: UnitOfWork, yard: Yard) -> None:
    yard.only("crew-a")
    first, _second = yard.case(108.9), yard.case(108.9)
    yard.claim(first, "crew-a")

    found = {one.code: one for one in live.crews(uow, yard.leader)}

    assert set(found) == {"crew-a", "crew-b", "crew-c"}
    assert ([row["case_id"] for row in found["crew-a"].begun], found["crew-a"].in_hand) == ([first], 2)
    assert found["crew-a"].on_shift


def test_a_member_sees_the_own_crew(uow: UnitOfWork, yard: Yard) -> None:
    assert [one.code for one in live.own(uow, yard.members["crew-b"])] == ["crew-b"]
    assert live.own(uow, yard.leader) == []


def test_placements_of_what_nobody_handles_are_forgotten(uow: UnitOfWork, yard: Yard) -> None:
    yard.only("crew-a")
    done, open_one = yard.case(108.9), yard.case(108.9)
    uow.conn.exec_driver_sql("UPDATE work_item SET state = 'done' WHERE case_id = %s", (done,))

    gone = crews.forget(uow.conn, uow.now + timedelta(minutes=1))

    assert (gone, yard.crew_of(done), yard.crew_of(open_one)) == (1, None, "crew-a")
