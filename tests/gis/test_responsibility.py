"""Responsibility grids: who answers at a point, and how a changed grid lies among its neighbours."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely.geometry import Polygon, box

from gis.areas import Outline
from gis.responsibility import Coverage, Grid, fit

#: A degree is about 92 km east and 111 km north here.
CITY = box(108.0, 34.0, 109.0, 35.0)
WEST, EAST = box(108.10, 34.10, 108.11, 34.11), box(108.11, 34.10, 108.12, 34.11)


def grid(code: str, outline: Outline, unit: str = "", rank: int = 0) -> Grid:
    return Grid(code, rank, unit or f"unit-{code}", outline)


def at(coverage: Coverage, lon: float, lat: float) -> str | None:
    (found,) = coverage.at(np.array([(lon, lat)]))
    return found.code if found else None


def test_the_lower_rank_answers_then_the_smaller_area_then_the_lower_code() -> None:
    large, small, twin = box(108.1, 34.1, 108.2, 34.2), WEST, WEST
    ranked = Coverage([grid("a", large, rank=1), grid("b", small, rank=2), grid("c", twin, rank=2)])

    assert at(ranked, 108.105, 34.105) == "a"
    assert at(Coverage([grid("a", large), grid("b", small)]), 108.105, 34.105) == "b"
    assert at(Coverage([grid("c", twin), grid("b", small)]), 108.105, 34.105) == "b"


def test_a_point_on_a_common_border_has_one_answer() -> None:
    assert at(Coverage([grid("b", EAST), grid("a", WEST)]), 108.11, 34.105) in {"a", "b"}


def test_where_no_grid_is_nobody_answers() -> None:
    assert at(Coverage([grid("a", WEST)]), 108.5, 34.5) is None
    assert at(Coverage([]), 108.105, 34.105) is None
    assert Coverage([grid("a", WEST)]).at(np.empty((0, 2))) == []


def test_neighbours_that_meet_have_neither_overlap_nor_gap() -> None:
    found = fit(grid("a", WEST), [grid("b", EAST)], WEST, CITY)

    assert found.overlaps == []
    assert found.gaps.is_empty
    assert found.abandoned.is_empty
    assert found.square_metres == found.before == pytest.approx(922_000 * 1.11, rel=0.02)


def test_an_overlap_is_told_with_its_area_and_with_who_answers_there() -> None:
    wider = box(108.10, 34.10, 108.111, 34.11)

    found = fit(grid("a", wider), [grid("b", EAST)], WEST, CITY)

    (overlap,) = found.overlaps
    assert overlap.grid.code == "b"
    assert overlap.square_metres == pytest.approx(found.square_metres / 11, rel=0.01)
    # The eastern one is smaller.
    assert overlap.first


def test_a_narrow_strip_between_neighbours_is_a_gap_and_a_wide_one_is_not() -> None:
    narrow = Polygon([(108.1101, 34.10), (108.12, 34.10), (108.12, 34.11), (108.1101, 34.11)])
    wide = Polygon([(108.1110, 34.10), (108.12, 34.10), (108.12, 34.11), (108.1110, 34.11)])

    assert fit(grid("a", WEST), [grid("b", narrow)], WEST, CITY).gaps_square_metres == pytest.approx(
        9.2 * 1110, rel=0.05
    )
    assert fit(grid("a", WEST), [grid("b", wide)], WEST, CITY).gaps_square_metres == 0


def test_what_a_grid_leaves_to_nobody_is_told_and_what_others_have_is_not() -> None:
    smaller = box(108.10, 34.10, 108.11, 34.105)
    upper = box(108.10, 34.105, 108.105, 34.11)

    left = fit(grid("a", smaller), [], WEST, CITY)
    half = fit(grid("a", smaller), [grid("b", upper)], WEST, CITY)

    assert left.abandoned_square_metres == pytest.approx(left.before / 2, rel=0.01)
    assert half.abandoned_square_metres == pytest.approx(left.before / 4, rel=0.01)
    assert shapely.get_num_coordinates(half.abandoned) > 3


def test_what_lies_outside_the_city_is_nobodys_anyway() -> None:
    beside = box(108.10, 34.10, 108.11, 34.105)
    city = box(108.0, 34.0, 109.0, 34.105)

    assert fit(grid("a", beside), [], WEST, city).abandoned_square_metres < 2
