"""What is proposed for a case: by the table, by grids and components, by what was learned, and when nobody is asked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pytest

from engine.actors import Actor
from engine.bpmn import BpmnError
from engine.case import Case
from engine.errors import Forbidden
from engine.store.unit_of_work import UnitOfWork
from gis.places import Named, NearComponent, Place, Responsible
from handlers.dispatch import learned, suggest, take_back
from handlers.dispatch.deciding import Proposed, propose
from handlers.dispatch.learned import Proposal
from handlers.dispatch.table import Where, rows_of
from handlers.dispatch.thresholds import EVERY, Threshold, set_threshold
from handlers.store import dispatch as stored
from tests.handlers.conftest import WEST, StoredCase

WEST_CELL = {"district_code": WEST, "street_code": f"{WEST}002", "grid_code": f"{WEST}002001001"}
SANITATION = {"by": "type", "target": "sanitation", "rank": 5, "auto": True}
WATER = {"by": "type", "target": "water_supply", "rank": 5, "auto": True}
PERSON = {"by": "person", "target": "", "rank": 5, "auto": False}
OWNER = {"by": "owner", "target": "", "rank": 1, "auto": True}
NAMED = Named(WEST, "西区", "West", False)


def grid(unit_code: str, profession: str = "sanitation", code: str = f"{WEST}-001") -> Responsible:
    return Responsible(profession, code, "一号", "One", unit_code, True)


def cover(owner: str) -> NearComponent:
    return NearComponent(
        f"{WEST}0101000001", "gb30428", "0101", "井盖", "Cover", "", owner, "", "normal", 3.0
    )


def at(*grids: Responsible) -> Place:
    return Place(NAMED, responsible=grids)


def proposed(
    case: Case,
    toy: Mapping[str, int],
    *rows: Mapping[str, Any],
    place: Place | None = None,
    component: NearComponent | None = None,
    platform: str = "west",
    returned: Collection[str] = (),
    ask: bool = False,
) -> Proposed:
    numbered = [
        {"row": number, "description": f"第 {number} 行", **row} for number, row in enumerate(rows, 1)
    ]
    where = Where(case, toy[platform], place, component)
    return propose(where, rows_of(numbered), {toy[code] for code in returned}, ask=ask)


def codes(found: Proposed) -> list[str]:
    return [one.unit.code for one in found.candidates]


@pytest.fixture
def past(monkeypatch: pytest.MonkeyPatch) -> list[Proposal]:
    """What was learned, as a test says it; units that may not have the case are left out."""
    said: list[Proposal] = []

    def propose_them(_case: Case, _place: Place | None, allowed: Collection[str]) -> list[Proposal]:
        return [one for one in said if one.unit_code in allowed]

    monkeypatch.setattr(learned, "_learners", [propose_them])
    return said


def test_a_single_unit_of_the_table_gets_the_case_without_a_person(
    stored_case: StoredCase, toy: dict[str, int]
) -> None:
    found = proposed(stored_case(**WEST_CELL), toy, SANITATION)

    assert (codes(found), found.automatic, found.how) == (["west-sanitation"], True, "table")
    assert [one["what"] for one in found.candidates[0].reasons] == ["area", "row"]


def test_the_responsibility_grid_of_the_profession_goes_before_the_area(
    stored_case: StoredCase, toy: dict[str, int]
) -> None:
    place = at(grid("west-sanitation-crew"), grid("city-sanitation", code="later"))

    found = proposed(stored_case(**WEST_CELL), toy, SANITATION, place=place)

    assert codes(found) == ["west-sanitation-crew"]
    assert found.candidates[0].reasons[0] == {
        "what": "grid",
        "profession": "sanitation",
        "code": f"{WEST}-001",
        "name": "一号",
        "name_en": "One",
    }


def test_a_grid_of_another_profession_says_nothing(stored_case: StoredCase, toy: dict[str, int]) -> None:
    place = at(grid("west-sanitation-crew", "greenery"))

    found = proposed(stored_case(**WEST_CELL), toy, SANITATION, place=place)

    assert codes(found) == ["west-sanitation"]


def test_a_row_by_grid_without_a_grid_lets_the_next_rank_speak(
    stored_case: StoredCase, toy: dict[str, int]
) -> None:
    by_grid = {"by": "grid", "target": "sanitation", "rank": 1, "auto": True}

    found = proposed(stored_case(**WEST_CELL), toy, by_grid, WATER)

    assert (codes(found), found.candidates[0].row) == (["city-water"], 2)


@pytest.mark.parametrize(
    ("near", "expected"),
    [
        (cover("city-water"), "city-water"),
        (cover("east-greenery"), "west-sanitation"),  # not ours to give it to
        (cover("一家公司"), "west-sanitation"),
        (None, "west-sanitation"),
    ],
)
def test_the_owner_of_the_component_gets_it_where_it_is_a_unit_that_may(
    stored_case: StoredCase, toy: dict[str, int], near: NearComponent | None, expected: str
) -> None:
    found = proposed(stored_case(**WEST_CELL), toy, OWNER, SANITATION, component=near)

    assert codes(found) == [expected]


def test_rows_that_contradict_each_other_are_for_a_person(
    stored_case: StoredCase, toy: dict[str, int]
) -> None:
    found = proposed(stored_case(**WEST_CELL), toy, SANITATION, WATER)

    assert (codes(found)[:2], found.automatic) == (["west-sanitation", "city-water"], False)
    assert found.candidates[0].reasons[-1] == {"what": "conflict", "rows": [1, 2]}


def test_only_the_rows_of_the_lowest_rank_count(stored_case: StoredCase, toy: dict[str, int]) -> None:
    found = proposed(stored_case(**WEST_CELL), toy, SANITATION, {**WATER, "rank": 2})

    assert (codes(found), found.automatic) == (["city-water"], True)


def test_what_was_learned_orders_rows_that_contradict_each_other(
    stored_case: StoredCase, toy: dict[str, int], past: list[Proposal]
) -> None:
    past += [Proposal("city-water", 0.9, 41, 42), Proposal("street-2", 0.05, 1, 42)]

    found = proposed(stored_case(**WEST_CELL), toy, SANITATION, WATER)

    assert codes(found)[:3] == ["city-water", "street-2", "west-sanitation"]
    assert {"what": "alike", "count": 41, "of": 42} in found.candidates[0].reasons
    assert not found.automatic


@pytest.mark.parametrize(("probability", "automatic"), [(0.95, True), (0.94, False)])
def test_what_was_learned_decides_at_the_threshold_of_the_city(
    stored_case: StoredCase,
    toy: dict[str, int],
    past: list[Proposal],
    uow: UnitOfWork,
    probability: float,
    automatic: bool,
) -> None:
    past.append(Proposal("city-water", probability, 41, 42))
    allow(uow, toy, Threshold(0.95))

    found = proposed(stored_case(**WEST_CELL), toy, SANITATION, WATER)

    assert (codes(found)[0], found.automatic) == ("city-water", automatic)


def test_a_row_that_leaves_it_to_a_person_is_never_overruled(
    stored_case: StoredCase, toy: dict[str, int], past: list[Proposal], uow: UnitOfWork
) -> None:
    past.append(Proposal("city-water", 0.999, 41, 42))
    allow(uow, toy, Threshold(0.5))

    found = proposed(stored_case(**WEST_CELL), toy, PERSON)

    assert (codes(found), found.automatic) == (["city-water"], False)


def test_a_table_that_is_not_certain_waits_for_a_person_or_what_was_learned(
    stored_case: StoredCase, toy: dict[str, int], past: list[Proposal], uow: UnitOfWork
) -> None:
    allow(uow, toy, Threshold(0.9, table_certain=False))
    alone = proposed(stored_case(**WEST_CELL), toy, SANITATION)
    past.append(Proposal("west-sanitation", 0.97, 97, 100))

    confirmed = proposed(stored_case(**WEST_CELL), toy, SANITATION)

    assert (alone.automatic, confirmed.automatic, confirmed.how) == (False, True, "learned")


def test_a_unit_that_returned_the_case_is_not_proposed_again(
    stored_case: StoredCase, toy: dict[str, int], past: list[Proposal]
) -> None:
    past += [Proposal("west-sanitation", 0.99, 9, 9), Proposal("city-water", 0.01, 0, 9)]

    found = proposed(stored_case(**WEST_CELL), toy, SANITATION, returned=["west-sanitation"], ask=True)

    assert (codes(found)[0], found.automatic) == ("city-water", False)
    assert "west-sanitation" not in codes(found)


def test_a_dispatcher_is_told_of_others_of_the_type_and_of_whoever_is_responsible_here(
    stored_case: StoredCase, toy: dict[str, int]
) -> None:
    place = at(grid("city-water", "municipal_works"))
    returned = ["west-sanitation"]

    found = proposed(stored_case(**WEST_CELL), toy, SANITATION, place=place, returned=returned, ask=True)

    assert codes(found) == ["west-sanitation-crew", "city-sanitation", "city-water"]
    assert [one.reasons[0]["what"] for one in found.candidates] == ["area", "area", "grid"]


def test_who_gets_a_case_without_a_person_is_all_that_is_proposed(
    stored_case: StoredCase, toy: dict[str, int]
) -> None:
    found = proposed(stored_case(**WEST_CELL), toy, SANITATION)

    assert (codes(found), found.automatic) == (["west-sanitation"], True)


def test_the_centre_of_the_city_proposes_the_centre_of_the_district(
    stored_case: StoredCase, toy: dict[str, int]
) -> None:
    case = stored_case(**WEST_CELL, platform_id=toy["city"])

    found = proposed(case, toy, {**SANITATION, "target": "street_office"}, platform="city")
    by_grid = proposed(case, toy, SANITATION, place=at(grid("west-sanitation-crew")), platform="city")

    assert codes(found) == ["west"]
    assert found.candidates[0].reasons[0] == {"what": "centre"}
    assert codes(by_grid) == ["west"]


def test_no_row_and_nothing_learned_propose_nobody(stored_case: StoredCase, toy: dict[str, int]) -> None:
    found = proposed(stored_case(**WEST_CELL), toy)

    assert (found.candidates, found.automatic) == ((), False)


@pytest.mark.parametrize(
    "wrong", [{"by": "luck"}, {"target": None}, {"rank": "1"}, {"rank": True}, {"auto": "True"}]
)
def test_a_row_that_lacks_an_output_ends_the_step(
    stored_case: StoredCase, toy: dict[str, int], wrong: dict[str, Any]
) -> None:
    with pytest.raises(BpmnError, match="Row 1 of the dispatch table needs by"):
        proposed(stored_case(**WEST_CELL), toy, {**SANITATION, **wrong})


def test_a_lesson_is_kept_with_its_reason(
    stored_case: StoredCase, toy: dict[str, int], uow: UnitOfWork
) -> None:
    case = stored_case(**WEST_CELL)
    suggest(case, [{"row": 1, "description": "", **SANITATION}])
    case.set(unit_id=toy["west-sanitation"])
    case.save()
    case.record("completed", "handle", {"decision": "wrong_unit", "reason": "不归我们"})

    take_back(case, returned=True)

    [row] = stored.of_case(uow.conn, case.id)
    assert (row["unit_id"], row["how"]) == (toy["west-sanitation"], "table")
    assert (row["returned_at"], row["returned_reason"]) == (uow.now, "不归我们")
    assert case.unit_id is None


def test_thresholds_are_for_those_who_look_after_the_whole_city(toy: dict[str, int], uow: UnitOfWork) -> None:
    for role, unit in (("supervisor", "west"), ("dispatcher", "city")):
        with pytest.raises(Forbidden):
            set_threshold(uow, Actor(None, "", frozenset({(role, toy[unit])})), EVERY, Threshold(0.9))


def allow(uow: UnitOfWork, toy: Mapping[str, int], threshold: Threshold) -> None:
    set_threshold(uow, Actor(None, "", frozenset({("supervisor", toy["city"])})), EVERY, threshold)
