"""Which unit becomes responsible: the district's own before the city's, the smallest area first, nobody else's ever."""

from __future__ import annotations

import pytest

from engine.actors import unit_tree
from engine.store.unit_of_work import UnitOfWork
from handlers.dispatch import assign, choices, may_handle, take_back
from tests.handlers.conftest import StoredCase

WEST_CELL = {"district_code": "610102", "street_code": "610102002", "grid_code": "610102002001001"}


@pytest.mark.parametrize(
    ("unit_type", "expected"),
    [
        ("sanitation", "west-sanitation"),  # the district's before the city's, the department before its crew
        ("water_supply", "city-water"),  # only the city has one
        ("street_office", "street-2"),  # the one whose street holds the place
        ("greenery", None),  # another district's is not ours
        ("power", None),  # nor is a zone's
        ("nonsense", None),
        (None, None),
    ],
)
def test_the_unit_follows_from_type_and_place(
    stored_case: StoredCase, unit_type: str | None, expected: str | None
) -> None:
    case = stored_case(**WEST_CELL)

    found = assign(case, unit_type)

    assert (found.code, found.unit_id) == (expected, case.unit_id)


def test_a_platform_of_the_city_uses_the_citys_departments(
    stored_case: StoredCase, toy: dict[str, int]
) -> None:
    case = stored_case(**WEST_CELL, platform_id=toy["city"])

    found = assign(case, "sanitation")

    assert found.code == "city-sanitation"


def test_a_zone_uses_its_own_departments_first(stored_case: StoredCase, toy: dict[str, int]) -> None:
    case = stored_case(**WEST_CELL, platform_id=toy["zone"])

    found = [assign(case, unit_type).code for unit_type in ("power", "sanitation")]

    assert found == ["zone-power", "city-sanitation"]


def test_where_the_street_is_unknown_no_street_is_responsible(stored_case: StoredCase) -> None:
    case = stored_case(district_code="610102", street_code=None, grid_code=None)

    found = assign(case, "street_office")

    assert found.unit_id is None


def test_nobody_found_is_nobody_responsible(stored_case: StoredCase, toy: dict[str, int]) -> None:
    case = stored_case(**WEST_CELL, unit_id=toy["city-water"])

    assign(case, "greenery")

    assert case.unit_id is None


def test_taken_back_a_case_has_no_responsible_unit(stored_case: StoredCase, toy: dict[str, int]) -> None:
    case = stored_case(unit_id=toy["west-sanitation"])

    take_back(case)

    assert case.unit_id is None


@pytest.mark.parametrize(
    ("platform", "unit", "allowed"),
    [
        ("west", "west-sanitation", True),
        ("west", "west-sanitation-crew", True),
        ("west", "street-1", True),
        ("west", "city-water", True),
        ("west", "zone", True),
        ("west", "zone-power", False),
        ("west", "east-greenery", False),
        ("west", "west", False),
        ("west", "east", False),
        ("city", "city-water", True),
        ("city", "east", True),  # the centre of a district dispatches on
        ("city", "zone", True),
        ("city", "east-greenery", False),
        ("city", "zone-power", False),
        ("zone", "zone-power", True),
        ("zone", "west-sanitation", False),
    ],
)
def test_a_dispatcher_chooses_among_own_units_those_above_and_the_centres_below(
    uow: UnitOfWork, toy: dict[str, int], platform: str, unit: str, allowed: bool
) -> None:
    tree = unit_tree(uow)

    assert may_handle(tree, toy[platform], tree.by_code[unit]) is allowed


def test_the_choice_lists_the_platforms_own_units_first(uow: UnitOfWork, toy: dict[str, int]) -> None:
    found = [unit.code for unit in choices(unit_tree(uow), toy["west"])]

    assert found == [
        "street-1",
        "street-2",
        "west-sanitation",
        "west-sanitation-crew",
        "city-sanitation",
        "city-water",
        "zone",
    ]
