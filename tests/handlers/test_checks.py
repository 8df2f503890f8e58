"""What a form may write into the case document: only what the city's data know."""

from __future__ import annotations

from typing import Any

import pytest

from engine import work
from engine.actors import Actor
from engine.errors import Invalid
from engine.store import cases, work_items
from engine.store.unit_of_work import UnitOfWork
from handlers.checks import category_exists, similar_case_is_near, unit_may_handle
from handlers.dispatch import suggest
from handlers.reporting import submit
from tests.handlers.conftest import StoredCase
from tests.handlers.test_reporting import report


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"category": "9999"}, "category"),
        ({"kind": "nonsense"}, "category"),
        ({"condition_no": 9}, "condition_no"),
        ({"category": "0199", "condition_no": 9}, "condition_no"),
    ],
    ids=str,
)
def test_a_category_or_condition_outside_the_catalogue_is_refused(
    stored_case: StoredCase, values: dict[str, Any], field: str
) -> None:
    case = stored_case()

    with pytest.raises(Invalid) as refused:
        category_exists(case, values)

    assert list(refused.value.fields) == [field]


def test_a_category_with_its_condition_is_taken(stored_case: StoredCase) -> None:
    case = stored_case()

    category_exists(case, {"category": "0102", "condition_no": 2})


def test_another_category_needs_the_condition_chosen_again(stored_case: StoredCase) -> None:
    case = stored_case(condition_no=2)

    with pytest.raises(Invalid) as refused:
        category_exists(case, {"category": "0102"})

    assert list(refused.value.fields) == ["condition_no"]


def test_the_same_category_keeps_its_condition(stored_case: StoredCase) -> None:
    case = stored_case(condition_no=2)

    category_exists(case, {"category": "0101"})


def test_a_form_that_touches_neither_is_not_looked_at(stored_case: StoredCase) -> None:
    case = stored_case(category="no longer there")

    category_exists(case, {"description": "more"})


@pytest.mark.parametrize("code", ["east-greenery", "west", "zone-power"])
def test_a_foreign_unit_is_refused(stored_case: StoredCase, toy: dict[str, int], code: str) -> None:
    case = stored_case()

    with pytest.raises(Invalid) as refused:
        unit_may_handle(case, {"unit_id": toy[code]})

    assert list(refused.value.fields) == ["unit_id"]


def test_a_unit_that_does_not_exist_is_refused(stored_case: StoredCase) -> None:
    case = stored_case()

    with pytest.raises(Invalid):
        unit_may_handle(case, {"unit_id": 987654})


def test_a_unit_of_the_platform_is_taken(stored_case: StoredCase, toy: dict[str, int]) -> None:
    case = stored_case()

    unit_may_handle(case, {"unit_id": toy["street-1"]})


@pytest.mark.parametrize(
    ("proposed", "fits", "refused"), [(True, "west", "west-sanitation"), (False, "west-sanitation", "west")]
)
def test_a_centre_below_is_taken_only_where_the_diagram_lets_it_dispatch_on(
    stored_case: StoredCase, toy: dict[str, int], proposed: bool, fits: str, refused: str
) -> None:
    case = stored_case(platform_id=toy["city"])
    if proposed:
        suggest(case, [])

    unit_may_handle(case, {"unit_id": toy[fits]})
    with pytest.raises(Invalid):
        unit_may_handle(case, {"unit_id": toy[refused]})


def test_a_similar_case_of_the_same_platform_is_taken(stored_case: StoredCase) -> None:
    other, case = stored_case(), stored_case()

    similar_case_is_near(case, {"similar_id": other.id})


def test_a_case_is_not_similar_to_itself(stored_case: StoredCase) -> None:
    case = stored_case()

    with pytest.raises(Invalid):
        similar_case_is_near(case, {"similar_id": case.id})


def test_a_case_of_another_platform_is_refused_like_one_that_does_not_exist(
    stored_case: StoredCase, toy: dict[str, int]
) -> None:
    foreign, case = stored_case(platform_id=toy["east"]), stored_case()

    for similar_id in (foreign.id, 987654):
        with pytest.raises(Invalid) as refused:
            similar_case_is_near(case, {"similar_id": similar_id})
        assert refused.value.fields["similar_id"].startswith("There is no other case")


def test_the_checks_hold_for_a_form_that_is_sent(uow: UnitOfWork, acceptor: Actor) -> None:
    opened = submit(uow, report())
    (item,) = work_items.open_of_case(uow.conn, opened.id)

    with pytest.raises(Invalid) as refused:
        work.complete(uow, item["id"], acceptor, {"category": "9999"})

    stored = cases.read(uow.conn, opened.id)
    assert list(refused.value.fields) == ["category"]
    assert stored is not None
    assert stored["category"] == "0101"
