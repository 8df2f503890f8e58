from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely.geometry import LineString, Polygon, box

from gis.arrangement import Borders, absorb, cut_faces, find_borders, unite


def cross() -> list[LineString]:
    """A square cut by two lines that reach beyond it."""
    ring = LineString(box(0.0, 0.0, 2.0, 2.0).exterior.coords)
    return [ring, LineString([(1.0, -0.5), (1.0, 2.5)]), LineString([(-0.5, 0.5), (2.5, 0.5)])]


def test_crossing_lines_cut_a_square_into_four() -> None:
    faces = cut_faces(cross())

    assert sorted(shapely.area(faces).tolist()) == pytest.approx([0.5, 0.5, 1.5, 1.5])


def test_faces_that_share_an_edge_border_and_those_that_share_a_corner_do_not() -> None:
    faces = cut_faces(cross())

    borders = find_borders(faces)

    assert len(borders.first) == 4
    assert sorted(borders.length.tolist()) == pytest.approx([0.5, 1.0, 1.0, 1.5])


def test_faces_unite_to_what_they_were_cut_from() -> None:
    assert unite(cut_faces(cross())).equals(box(0.0, 0.0, 2.0, 2.0))


def test_faces_that_do_not_touch_unite_to_two_parts() -> None:
    apart = [box(0.0, 0.0, 1.0, 1.0), box(2.0, 0.0, 3.0, 1.0)]

    assert unite(apart).geom_type == "MultiPolygon"


def row(lengths: list[float]) -> Borders:
    """Faces in a row, each bordering the next by so much."""
    first = np.arange(len(lengths))
    return Borders(first, first + 1, np.array(lengths))


@pytest.mark.parametrize(
    ("sizes", "lengths", "owners"),
    [
        ([9.0, 1.0, 9.0], [1.0, 2.0], [0, 2, 2]),
        ([9.0, 1.0, 9.0], [2.0, 2.0], [0, 0, 2]),
        ([1.0, 2.0, 9.0], [1.0, 1.0], [2, 2, 2]),
        ([3.0, 3.0], [1.0], [1, 1]),
        ([9.0, 9.0], [1.0], [0, 1]),
        ([1.0, 1.0, 1.0], [1.0, 1.0], [2, 2, 2]),
    ],
)
def test_small_faces_go_where_they_border_longest(
    sizes: list[float], lengths: list[float], owners: list[int]
) -> None:
    wanted = np.full(len(sizes), 5.0)

    assert absorb(np.array(sizes), wanted, row(lengths)).tolist() == owners


def test_a_small_face_without_neighbours_stands_alone() -> None:
    assert absorb(np.array([1.0]), np.array([5.0]), row([])).tolist() == [0]


def test_every_edge_between_two_faces_is_the_same_in_both() -> None:
    slanted = [
        *cross(),
        LineString([(0.1, 0.3), (1.9, 1.7)]),
        LineString([(0.0, 0.0), (1 / 3, 2.0), (2.0, 1 / 7)]),
    ]

    faces = cut_faces(slanted)

    assert shapely.coverage_is_valid(faces)
    assert all(isinstance(face, Polygon) for face in faces)
