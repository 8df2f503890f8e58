"""A new case is placed at once: with a crew that can, and can be there soonest, and with the reasons."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest

from engine.log import data_of
from engine.store import log_entries
from engine.store.unit_of_work import UnitOfWork
from handlers.store import crews
from tests.conftest import SHANGHAI
from tests.handlers.crews.conftest import Yard
from tests.statements import statements


def test_a_case_is_placed_with_the_crew_that_is_nearest(yard: Yard) -> None:
    case_id = yard.case(108.921)

    assert yard.crew_of(case_id) == "crew-b"


def test_the_reasons_tell_crew_distance_work_in_hand_and_arrival(uow: UnitOfWork, yard: Yard) -> None:
    yard.only("crew-b")
    yard.case(108.92)
    case_id = yard.case(108.921)

    row = crews.of_case(uow.conn, case_id)

    assert row is not None
    reason = row["reasons"][0]
    assert (reason["what"], reason["crew"], reason["in_hand"]) == ("crew", "crew-b", 1)
    assert reason["metres"] == pytest.approx(92, abs=2)
    assert datetime.fromisoformat(reason["arrival"]) == row["arrival"] > uow.now + timedelta(minutes=29)


def test_what_a_crew_has_in_hand_counts(yard: Yard) -> None:
    for _ in range(3):
        yard.case(108.9)

    found = {yard.crew_of(yard.case(108.9)) for _ in range(3)}

    # Half an hour of work each: the next crew is there before the first one is done.
    assert "crew-b" in found


def test_a_crew_without_the_skill_gets_no_case(yard: Yard) -> None:
    yard.change("crew-b", skills=["greenery", "gb30428/component"])

    case_id = yard.case(108.92)

    assert yard.crew_of(case_id) in {"crew-a", "crew-c"}


@pytest.mark.parametrize("skill", ["gb30428/event/01", "gb30428/event/0101"])
def test_categories_are_skills_from_the_left(yard: Yard, skill: str) -> None:
    for code in ("crew-a", "crew-b"):
        yard.change(code, skills=["no-such-thing"])
    yard.change("crew-c", skills=[skill])

    case_id = yard.case(108.9)

    assert yard.crew_of(case_id) == "crew-c"


def test_a_crew_whose_shift_is_over_comes_the_next_day(uow: UnitOfWork, yard: Yard) -> None:
    for code in ("crew-a", "crew-c"):
        yard.change(code, capacity=0)
    yard.change("crew-b", shift_begins=time(6), shift_ends=time(9))

    case_id = yard.case(108.92)

    row = crews.of_case(uow.conn, case_id)
    assert row is not None
    assert row["arrival"] == datetime(2026, 11, 24, 6, 0, tzinfo=SHANGHAI)


def test_where_no_crew_has_room_the_case_stays_with_the_unit(uow: UnitOfWork, yard: Yard) -> None:
    for code in ("crew-a", "crew-b", "crew-c"):
        yard.change(code, capacity=0)

    case_id = yard.case(108.92)

    assert yard.crew_of(case_id) is None
    assert _placed(uow, case_id)["why_not"] == "no_time"


def test_a_unit_without_crews_keeps_its_case(uow: UnitOfWork, yard: Yard) -> None:
    crews.remove(uow.conn, [yard.ids[code] for code in yard.members])
    uow.changed(crews.REVISION)

    case_id = yard.case(108.92)

    assert _placed(uow, case_id)["why_not"] == "no_crews"


def test_a_crew_is_where_it_said_it_is(uow: UnitOfWork, yard: Yard) -> None:
    crews.stand(uow.conn, yard.ids["crew-c"], 108.9001, 34.2, "api", uow.now)

    case_id = yard.case(108.9002)

    assert yard.crew_of(case_id) == "crew-c"


def test_what_it_said_long_ago_counts_no_more(uow: UnitOfWork, yard: Yard) -> None:
    crews.stand(uow.conn, yard.ids["crew-c"], 108.9001, 34.2, "api", uow.now - timedelta(hours=2))

    case_id = yard.case(108.9002)

    assert yard.crew_of(case_id) == "crew-a"


def test_placing_takes_two_statements(uow: UnitOfWork, yard: Yard) -> None:
    yard.case(108.92)

    with statements() as sent:
        yard.case(108.92)

    assert [one.split()[0] for one in sent if "placement" in one] == ["SELECT", "INSERT"]


def _placed(uow: UnitOfWork, case_id: int) -> dict[str, object]:
    entries = [data_of(row) for row in log_entries.of_case(uow.conn, case_id)]
    (found,) = [one["result"] for one in entries if one.get("task") == "dispatch.place"]
    return dict(found)
