"""Unit grids of communities: the cells fill their community, roads cut them, and they are numbered in order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gis.areas import Area
from gis.codes import CodeScheme
from gis.errors import GridOverflow
from gis.plane import Plane
from gis.tessellation import lay_cells

PLANE = Plane(108.0)
EAST, NORTH = 587_045.0, 3_794_045.0


def flat(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack(PLANE.to_plane(points[:, 0], points[:, 1]))


def degrees(shape: Any) -> Any:
    """A shape of the plane, in metres from a corner that is on no line of the lattice, in degrees."""

    def moved(points: NDArray[np.float64]) -> NDArray[np.float64]:
        lon, lat = PLANE.to_degrees(points[:, 0] + EAST, points[:, 1] + NORTH)
        return np.asarray(np.round(np.column_stack((lon, lat)), 7), dtype=np.float64)

    return shapely.transform(shape, moved)


def community(shape: Any, number: int = 1) -> Area:
    return Area("community", f"610102001{number:03d}", "社区", degrees(shape), True, "Community")


def metres(shape: Any) -> Any:
    return shapely.transform(shape, flat)


@settings(max_examples=25, deadline=None)
@given(
    corners=st.lists(st.tuples(st.floats(0, 600), st.floats(0, 600)), min_size=3, max_size=8, unique=True),
    side=st.sampled_from([40.0, 100.0, 150.0]),
    road=st.tuples(st.floats(-50, 650), st.floats(-50, 650)),
    split=st.floats(100, 500),
)
def test_cells_fill_their_community_and_are_numbered_from_the_north_west(
    corners: list[tuple[float, float]], side: float, road: tuple[float, float], split: float
) -> None:
    hull = shapely.MultiPoint(corners).convex_hull.buffer(30.0)
    halves = [hull & shapely.box(-100, -100, split, 800), hull & shapely.box(split, -100, 800, 800)]
    communities = [community(one, n) for n, one in enumerate(halves, 1) if one.area > 100.0]
    line = degrees(shapely.LineString([(-100.0, road[0]), (700.0, road[1])]))

    cells = lay_cells(communities, side, [line])

    outlines = np.array([cell.polygon for cell in cells])
    assert shapely.coverage_is_valid(outlines)
    for one in communities:
        own = [cell for cell in cells if cell.code.startswith(one.code)]
        filled, wanted = shapely.union_all([cell.polygon for cell in own]), one.polygon
        off = metres(filled.symmetric_difference(wanted)).area
        assert off <= 0.02 * metres(wanted).length
        assert [cell.code[12:] for cell in own] == [f"{n:03d}" for n in range(1, len(own) + 1)]


def test_rows_run_from_north_to_south_and_each_from_west_to_east() -> None:
    cells = lay_cells([community(shapely.box(0, 0, 500, 500))], 100.0)

    centres = [metres(cell.polygon).centroid for cell in cells]
    rows = [int(-(point.y // 100)) for point in centres]
    assert rows == sorted(rows)
    for row in set(rows):
        across = [point.x for point, number in zip(centres, rows, strict=True) if number == row]
        assert across == sorted(across)


ROAD = shapely.LineString([(-50, 170), (550, 210)])


def test_no_cell_lies_on_both_sides_of_a_road() -> None:
    cells = lay_cells([community(shapely.box(0, 0, 500, 500))], 100.0, [degrees(ROAD)])

    north = shapely.box(-10, -10, 510, 510) & shapely.Polygon([*ROAD.coords, (550, 900), (-50, 900)])
    shares = [
        metres(cell.polygon).intersection(shapely.affinity.translate(north, EAST, NORTH)) for cell in cells
    ]
    across = [
        cell.code
        for cell, share in zip(cells, shares, strict=True)
        if 1.0 < share.area < metres(cell.polygon).area - 1.0
    ]
    assert across == []


def test_a_piece_that_a_road_leaves_over_goes_to_a_neighbour() -> None:
    corner = shapely.LineString([(-10, 20), (20, -10)])

    cells = lay_cells([community(shapely.box(0, 0, 500, 500))], 100.0, [degrees(corner)])

    assert min(metres(cell.polygon).area for cell in cells) >= 2499.0
    assert len(cells) == len(lay_cells([community(shapely.box(0, 0, 500, 500))], 100.0))


def test_more_digits_number_what_fewer_cannot() -> None:
    one = [community(shapely.box(0, 0, 500, 500))]

    with pytest.raises(GridOverflow, match="or codes with more digits"):
        lay_cells(one, 10.0)

    cells = lay_cells(one, 10.0, scheme=CodeScheme(sequence=4))
    assert len(cells) > 999
    assert {len(cell.code) for cell in cells} == {16}
