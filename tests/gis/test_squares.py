from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.index.squares import Boxes, Points

EAST, NORTH = 500_000.0, 3_790_000.0
offsets = st.floats(-300.0, 300.0)
places = st.tuples(offsets, offsets)


@settings(max_examples=100, deadline=None)
@given(st.lists(places, max_size=80), places, st.floats(0.0, 200.0))
def test_the_points_within_a_distance_are_those_of_all(
    points: list[tuple[float, float]], place: tuple[float, float], metres: float
) -> None:
    xy = np.array(points).reshape(-1, 2) + np.array([EAST, NORTH])
    east, north = EAST + place[0], NORTH + place[1]

    found = Points(xy[:, 0], xy[:, 1], 30.0).within(east, north, metres)

    apart = (xy[:, 0] - east) ** 2 + (xy[:, 1] - north) ** 2
    assert sorted(row for _, row in found) == np.flatnonzero(apart <= metres * metres).tolist()
    assert [far for far, _ in found] == sorted(far for far, _ in found)
    assert all(far == apart[row] for far, row in found)


@pytest.mark.parametrize("count", [47, 48, 49, 500])
def test_a_crowd_at_one_spot_is_found_whole(count: int) -> None:
    crowd = Points(np.full(count, EAST), np.full(count, NORTH), 30.0)

    assert [row for _, row in crowd.within(EAST + 1.0, NORTH, 5.0)] == list(range(count))


def test_what_is_nowhere_in_the_plane_is_never_near() -> None:
    far = np.array([EAST, 1e300, math.nan, -math.inf])

    assert Points(far, np.full(4, NORTH), 30.0).within(EAST, NORTH, 30.0) == [(0.0, 0)]


boxes = st.tuples(offsets, offsets, st.floats(0.0, 250.0), st.floats(0.0, 250.0))


@settings(max_examples=100, deadline=None)
@given(st.lists(boxes, max_size=20), places, st.floats(0.0, 200.0))
def test_no_box_that_is_near_is_missed(
    drawn: list[tuple[float, float, float, float]], place: tuple[float, float], metres: float
) -> None:
    bounds = np.array([(x, y, x + w, y + h) for x, y, w, h in drawn]).reshape(-1, 4)
    bounds += (EAST, NORTH, EAST, NORTH)
    east, north = EAST + place[0], NORTH + place[1]

    found = Boxes(bounds, near=30.0, side=30.0).around(east, north, metres)

    dx = np.maximum(0.0, np.maximum(bounds[:, 0] - east, east - bounds[:, 2]))
    dy = np.maximum(0.0, np.maximum(bounds[:, 1] - north, north - bounds[:, 3]))
    near = np.flatnonzero(np.maximum(dx, dy) <= metres)
    assert set(near.tolist()) <= set(found)
    assert found == sorted(set(found))
