from __future__ import annotations

import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.index.edited import EditedGrids, Grid
from gis.places import Responsible

WHOLE = shapely.box(0.0, 0.0, 1.0, 1.0)


def grid(key: int, profession: str = "p", rank: int = 0, code: str = "", side: float = 1.0) -> Grid:
    one = Responsible(profession, code or str(key), "", "", "u", False)
    return Grid(key, one, rank, shapely.box(0.0, 0.0, side, side))


def codes(grids: EditedGrids, x: float = 0.5, y: float = 0.5) -> list[str]:
    return [one.code for one in grids.at(x, y)]


def test_those_that_overlap_come_by_profession_rank_area_and_code() -> None:
    overlapping = [
        grid(1, "water", 0, "W"),
        grid(2, "law", 2, "L2"),
        grid(3, "law", 1, "L1-large", 2.0),
        grid(4, "law", 1, "L1-small-b"),
        grid(5, "law", 1, "L1-small-a"),
    ]

    assert codes(EditedGrids(overlapping)) == ["L1-small-a", "L1-small-b", "L1-large", "L2", "W"]


def test_on_a_border_both_are_found() -> None:
    east = Grid(2, Responsible("p", "2", "", "", "u", False), 0, shapely.box(1.0, 0.0, 2.0, 1.0))

    assert codes(EditedGrids([grid(1), east]), 1.0) == ["1", "2"]


def test_one_that_takes_the_place_of_another_is_found_alone() -> None:
    grids = EditedGrids([grid(1, code="old")])

    grids.change([], [grid(1, code="new")])

    assert codes(grids) == ["new"]
    assert len(grids) == 1


keys = st.integers(0, 150)
edits = st.lists(
    st.tuples(st.lists(keys, max_size=40), st.lists(st.tuples(keys, st.integers(1, 9)), max_size=40)),
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(keys, st.integers(1, 9)), max_size=60), edits, st.floats(0.0, 1.0))
def test_after_any_edits_it_is_as_if_it_had_been_made_so(
    first: list[tuple[int, int]], changes: list[tuple[list[int], list[tuple[int, int]]]], at: float
) -> None:
    expected = {key: grid(key, side=size / 10.0, rank=size % 3) for key, size in first}
    grids = EditedGrids(expected.values())

    for gone, come in changes:
        grids.change(gone, [grid(key, side=size / 10.0, rank=size % 3) for key, size in come])
        for key in gone:
            expected.pop(key, None)
        expected |= {key: grid(key, side=size / 10.0, rank=size % 3) for key, size in come}

    assert codes(grids, at, at) == codes(EditedGrids(expected.values()), at, at)
    assert len(grids) == len(expected)
