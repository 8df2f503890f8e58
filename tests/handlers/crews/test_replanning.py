"""What no crew has begun is planned as a whole: it moves for a real gain only, never once it is begun or given by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.errors import Conflict, Invalid, NotFound
from engine.log import data_of
from engine.store import log_entries
from engine.store.unit_of_work import UnitOfWork
from handlers.crews import replanning
from handlers.crews.handing import hand_over
from handlers.crews.planning.day import Day, Plan
from handlers.crews.planning.search import LocalSearch
from handlers.store import crews
from tests.handlers.crews.conftest import Yard


@pytest.fixture
def crowded(yard: Yard) -> list[int]:
    """Four cases that one crew was given while the others were away, who are back now."""
    yard.only("crew-a")
    cases = [yard.case(108.90), yard.case(108.90), yard.case(108.92), yard.case(108.94)]
    for code in ("crew-b", "crew-c"):
        yard.change(code, capacity=20)
    return cases


def test_work_moves_to_crews_that_are_there_much_sooner(yard: Yard, crowded: list[int]) -> None:
    moved = yard.plan()

    assert [yard.crew_of(one) for one in crowded[2:]] == ["crew-b", "crew-c"]
    assert moved >= 2


def test_a_move_stands_in_the_log_with_its_reason(uow: UnitOfWork, yard: Yard, crowded: list[int]) -> None:
    yard.plan()

    (told,) = [
        data_of(row) for row in log_entries.of_case(uow.conn, crowded[3]) if row["action"] == "crew_moved"
    ]
    assert (told["from"], told["name"], told["metres"]) == ("crew-a队", "crew-c队", 0)
    assert told["gain"] > 10


def test_planned_again_nothing_moves(yard: Yard, crowded: list[int]) -> None:
    yard.plan()

    assert yard.plan() == 0


def test_what_is_begun_stays(yard: Yard, crowded: list[int]) -> None:
    yard.claim(crowded[3], "crew-a")

    yard.plan()

    assert yard.crew_of(crowded[3]) == "crew-a"


def test_what_was_given_by_hand_stays(uow: UnitOfWork, yard: Yard) -> None:
    case_id = yard.case(108.90)
    hand_over(uow, case_id, yard.leader, "crew-c", "他们认识路")

    yard.plan()

    assert yard.crew_of(case_id) == "crew-c"


def test_a_small_gain_moves_nothing(yard: Yard) -> None:
    yard.change("crew-b", home_lon=108.905)
    case_id = yard.case(108.904)
    other = "crew-a" if yard.crew_of(case_id) == "crew-b" else "crew-b"
    # The other one is a little nearer now.
    yard.change(other, home_lon=108.904)

    assert yard.plan() == 0
    assert yard.crew_of(case_id) != other


def test_a_case_that_no_crew_had_gets_one(yard: Yard) -> None:
    for code in yard.members:
        yard.change(code, capacity=0)
    case_id = yard.case(108.92)
    for code in yard.members:
        yard.change(code, capacity=20)

    yard.plan()

    assert yard.crew_of(case_id) == "crew-b"


def test_the_order_of_a_crew_is_written_with_its_arrivals(uow: UnitOfWork, yard: Yard) -> None:
    yard.only("crew-a")
    cases = [yard.case(108.9 + 0.002 * number) for number in range(4)]

    yard.plan()

    rows = sorted((row for row in crews.of_cases(uow.conn, cases).values()), key=lambda row: row["place"])
    assert [row["arrival"] for row in rows] == sorted(row["arrival"] for row in rows)
    assert rows[1]["arrival"] - rows[0]["arrival"] >= timedelta(minutes=30)


def test_two_at_once_move_a_case_once(
    uow: UnitOfWork, yard: Yard, crowded: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Overtaken(LocalSearch):
        """Another worker plans the same crews while this one searches."""

        def plan(self, day: Day) -> Plan:
            monkeypatch.setattr(replanning, "LocalSearch", LocalSearch)
            yard.plan()
            plan: Plan = super().plan(day)
            return plan

    monkeypatch.setattr(replanning, "LocalSearch", Overtaken)
    yard.plan()

    moves = [row for row in log_entries.of_case(uow.conn, crowded[3]) if row["action"] == "crew_moved"]
    assert len(moves) == 1


def test_nobody_but_a_leader_hands_work_over(uow: UnitOfWork, yard: Yard) -> None:
    case_id = yard.case(108.90)

    with pytest.raises(NotFound):
        hand_over(uow, case_id, yard.members["crew-a"], "crew-c")


def test_work_that_is_begun_is_not_handed_over(uow: UnitOfWork, yard: Yard) -> None:
    case_id = yard.case(108.90)
    yard.claim(case_id, "crew-a")

    with pytest.raises(Conflict, match="crew-a has begun"):
        hand_over(uow, case_id, yard.leader, "crew-c")


def test_work_goes_to_crews_of_the_unit_only(uow: UnitOfWork, yard: Yard) -> None:
    case_id = yard.case(108.90)

    with pytest.raises(Invalid) as refused:
        hand_over(uow, case_id, yard.leader, "east-greenery")

    assert set(refused.value.fields) == {"crew"}
