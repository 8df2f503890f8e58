"""Similar cases: the same category and platform within 50 m and 24 h; and the marks of handling."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handlers.alike import metres_between
from handlers.similar import count_rework, handled, similar
from tests.handlers.conftest import StoredCase

HERE = (108.9005, 34.2005)
NEAR = (108.9008, 34.2005)
FAR = (108.9012, 34.2005)


def test_a_case_near_by_of_the_same_category_is_found(stored_case: StoredCase) -> None:
    other, case = stored_case(at=NEAR), stored_case(at=HERE)

    found = similar(case)

    assert (found.count, found.case_id, found.number, case.similar_id) == (
        1,
        other.id,
        other.number,
        other.id,
    )


def test_the_nearest_of_several_counts(stored_case: StoredCase) -> None:
    stored_case(at=NEAR)
    nearest = stored_case(at=(108.9006, 34.2005))
    case = stored_case(at=HERE)

    found = similar(case)

    assert (found.count, found.case_id) == (2, nearest.id)


def test_the_distance_is_told_in_metres(stored_case: StoredCase) -> None:
    stored_case(at=NEAR)
    case = stored_case(at=HERE)

    found = similar(case)

    assert found.metres == pytest.approx(27.6, abs=0.2)


@pytest.mark.parametrize(
    "other",
    [
        {"at": FAR},
        {"category": "0102"},
        {"kind": "event"},
        {"status": "void"},
        {"status": "rejected"},
    ],
    ids=["further than 50 m", "another category", "another kind", "voided", "rejected"],
)
def test_what_is_not_alike_is_not_found(stored_case: StoredCase, other: dict[str, object]) -> None:
    stored_case(**{"at": NEAR, **other})
    case = stored_case(at=HERE, similar_id=None)

    found = similar(case)

    assert (found.count, case.similar_id) == (0, None)


def test_a_case_of_the_day_before_yesterday_is_not_found(stored_case: StoredCase) -> None:
    case = stored_case(at=HERE)
    stored_case(at=NEAR, opened_at=case.now - timedelta(hours=25))

    found = similar(case)

    assert found.count == 0


def test_a_case_of_another_platform_is_not_found(stored_case: StoredCase, toy: dict[str, int]) -> None:
    stored_case(at=NEAR, platform_id=toy["east"])
    case = stored_case(at=HERE)

    found = similar(case)

    assert found.count == 0


def test_the_corner_of_the_box_is_further_than_fifty_metres(stored_case: StoredCase) -> None:
    # 40 m east and 40 m north: inside the square that the database looks at, outside the circle.
    stored_case(at=(HERE[0] + 40 / 92_000, HERE[1] + 40 / 111_320))
    case = stored_case(at=HERE)

    found = similar(case)

    assert found.count == 0


def test_distances_agree_with_the_ellipsoid() -> None:
    # 0.01 degrees of longitude at 34.2 degrees north are 921.7 m on the ellipsoid.
    assert metres_between((108.90, 34.2), (108.91, 34.2)) == pytest.approx(921.7, rel=0.004)


def test_handling_is_noted_with_its_instant(stored_case: StoredCase) -> None:
    case = stored_case()

    handled(case)

    assert case.handled_at == case.now


def test_a_rework_is_counted_and_the_case_is_not_handled_any_more(stored_case: StoredCase) -> None:
    case = stored_case(handled_at=None)
    handled(case)

    count_rework(case)
    count_rework(case)

    assert (case.rework_count, case.handled_at) == (2, None)
