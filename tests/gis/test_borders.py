"""The rule at borders: a covered point lies in exactly one cell, whatever the cells look like."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.areas import Area, Layers, Outline
from gis.index.areas import AreaIndex
from gis.index.locator import Locator

WHOLE = shapely.box(-10.0, -10.0, 20.0, 20.0)
SIDE = 4
jitters = st.integers(-400, 400).map(lambda n: n / 1000.0)
shares = st.floats(0.0, 1.0)


def located(cells: list[Outline]) -> Locator:
    """These cells in a community of a district; their codes are numbered from 1."""
    areas = tuple(Area("cell", f"{610102001001000 + n}", "", one, True) for n, one in enumerate(cells, 1))
    around = [Area("district", "610102", "", WHOLE, True), Area("street", "610102001", "", WHOLE, True)]
    community = Area("community", "610102001001", "", WHOLE, True)
    return Locator(AreaIndex(Layers((around[0],), (around[1],), (community,), areas)))


@st.composite
def tessellations(draw: st.DrawFn) -> list[Outline]:
    """Four-cornered cells that share jittered corners, in a random order of codes."""
    corners = {
        (i, j): (i + draw(jitters), j + draw(jitters)) for i in range(SIDE + 1) for j in range(SIDE + 1)
    }
    cells: list[Outline] = [
        shapely.Polygon([corners[i, j], corners[i + 1, j], corners[i + 1, j + 1], corners[i, j + 1]])
        for i in range(SIDE)
        for j in range(SIDE)
    ]
    return draw(st.permutations(cells))


def first_of(cells: list[Outline], x: float, y: float) -> str | None:
    """The smallest code of the cells that hold or touch a point, asked of each cell by itself."""
    holding = [n for n, cell in enumerate(cells, 1) if shapely.intersects(cell, shapely.Point(x, y))]
    return f"{610102001001000 + holding[0]}" if holding else None


@settings(max_examples=40, deadline=None)
@given(tessellations(), shares)
def test_vertices_and_points_of_edges_lie_in_the_first_cell_that_has_them(
    cells: list[Outline], share: float
) -> None:
    points = []
    for cell in cells:
        corners = shapely.get_coordinates(cell).tolist()
        points += corners
        points += [
            (x0 + share * (x1 - x0), y0 + share * (y1 - y0)) for (x0, y0), (x1, y1) in pairwise(corners)
        ]
    xs, ys = np.array(points).T
    locator = located(cells)

    found = locator.codes_of(xs, ys)

    assert found == [first_of(cells, x, y) for x, y in points]
    singles = [locator.locate(x, y) for x, y in points]
    assert [place.cell.code if place and place.cell else None for place in singles] == found


@settings(max_examples=40, deadline=None)
@given(tessellations(), st.lists(st.tuples(st.floats(0.5, 3.5), st.floats(0.5, 3.5)), max_size=30))
def test_every_point_inside_of_a_tessellation_lies_in_one_cell(
    cells: list[Outline], points: list[tuple[float, float]]
) -> None:
    xs, ys = np.array(points, dtype=np.float64).reshape(-1, 2).T

    found = located(cells).codes_of(xs, ys)

    assert found == [first_of(cells, x, y) for x, y in points]
    assert None not in found


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(*[st.floats(0.0, 1.0)] * 4), min_size=2, max_size=5), st.tuples(shares, shares))
def test_where_cells_overlap_the_smallest_code_counts(
    boxes: list[tuple[float, float, float, float]], point: tuple[float, float]
) -> None:
    cells: list[Outline] = [shapely.box(x, y, x + 0.1 + w, y + 0.1 + h) for x, y, w, h in boxes]

    place = located(cells).locate(*point)

    assert place is not None
    assert (place.cell.code if place.cell else None) == first_of(cells, *point)
