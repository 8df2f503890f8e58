"""Components, roads and points of interest near a point, in metres."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.coordinates import FloatArray
from gis.index.components import ComponentIndex, ComponentRow, ComponentTable
from gis.index.landmarks import LandmarkIndex, LandmarkTable
from gis.index.roads import RoadIndex, RoadTable
from gis.plane import Plane

PLANE = Plane(108.0)
LON, LAT = 108.95, 34.26
EAST, NORTH = PLANE.point_to_plane(LON, LAT)
metres = st.floats(-120.0, 120.0)


def degrees(east: float, north: float) -> tuple[float, float]:
    """The point so many metres from the middle."""
    lon, lat = PLANE.to_degrees(np.array([EAST + east]), np.array([NORTH + north]))
    return float(lon[0]), float(lat[0])


def component(
    code: str, *points: tuple[float, float], category: str = "0101", scheme: str = "s"
) -> ComponentRow:
    drawn = [degrees(*one) for one in points]
    outline = shapely.Point(drawn[0]) if len(drawn) == 1 else shapely.Polygon(drawn)
    wkb = bytes(shapely.to_wkb(outline))
    return ComponentRow(code, scheme, category, f"n{code}", "", "m", "o", "k", "normal", wkb)


def index(*rows: ComponentRow) -> ComponentIndex:
    return ComponentIndex(ComponentTable.stored(ComponentTable.of(rows).arrays()), PLANE)


def test_components_come_nearest_first_with_their_metres() -> None:
    made = index(component("far", (0.0, -20.0)), component("near", (3.0, 4.0)), component("out", (31.0, 0.0)))

    found = made.near(EAST, NORTH, 30.0, 8)

    assert [one.code for one in found] == ["near", "far"]
    assert [one.metres for one in found] == pytest.approx([5.0, 20.0], abs=1e-6)
    assert (found[0].name, found[0].manager, found[0].owner, found[0].keeper) == ("nnear", "m", "o", "k")


def test_an_area_is_as_far_as_its_border_and_not_at_all_from_inside() -> None:
    square = [(10.0, -5.0), (20.0, -5.0), (20.0, 5.0), (10.0, 5.0)]
    made = index(component("point", (12.0, 0.0)), component("square", *square))

    outside, inside = made.near(EAST, NORTH, 30.0, 8), made.near(EAST + 15.0, NORTH, 30.0, 8)

    assert [(one.code, round(one.metres, 6)) for one in outside] == [("square", 10.0), ("point", 12.0)]
    assert [(one.code, round(one.metres, 6)) for one in inside] == [("square", 0.0), ("point", 3.0)]


def test_an_area_is_found_farther_away_than_usual() -> None:
    square = [(150.0, -5.0), (160.0, -5.0), (160.0, 5.0), (150.0, 5.0)]

    (found,) = index(component("square", *square)).near(EAST, NORTH, 151.0, 8)

    assert found.metres == pytest.approx(150.0, abs=1e-6)


def test_only_those_of_the_categories_asked_for_and_only_so_many() -> None:
    rows = [component(f"{n}", (n * 1.0, 0.0), category=f"010{n % 2}") for n in range(10)]

    found = index(*rows).near(EAST, NORTH, 30.0, 2, {("s", "0101"), ("other", "0100")})

    assert [one.code for one in found] == ["1", "3"]


def test_no_components_are_none_near() -> None:
    assert index().near(EAST, NORTH, 30.0, 8) == ()


lines = st.lists(st.lists(st.tuples(metres, metres), min_size=2, max_size=12), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(lines, st.tuples(metres, metres), st.integers(1, 6))
def test_the_nearest_road_is_that_of_all(
    drawn: list[list[tuple[float, float]]], place: tuple[float, float], stretch: int
) -> None:
    roads = [shapely.LineString([degrees(x * stretch, y * stretch) for x, y in line]) for line in drawn]
    rows = [(str(n), f"r{n}", "", True, bytes(shapely.to_wkb(road))) for n, road in enumerate(roads)]
    east, north = EAST + place[0], NORTH + place[1]

    found = RoadIndex(RoadTable.stored(RoadTable.of(rows).arrays()), PLANE).nearest(east, north)

    def project(points: FloatArray) -> FloatArray:
        return np.column_stack(PLANE.to_plane(points[:, 0], points[:, 1]))

    apart = shapely.distance(shapely.transform(np.array(roads), project), shapely.Point(east, north))
    if found is None:
        assert apart.min() > 60.0 - 1e-6
    else:
        assert apart[int(found.code)] == pytest.approx(min(apart.min(), 60.0), abs=1e-6)


@pytest.mark.parametrize(
    ("east", "north", "text"),
    [
        (0.0, 83.0, "钟楼北 80 米"),
        (60.0, 60.0, "钟楼东北 80 米"),
        (-60.0, -60.0, "钟楼西南 80 米"),
        (0.0, -80.0, "钟楼南 80 米"),
        (-80.0, 1.0, "钟楼西 80 米"),
        (3.0, 3.0, "钟楼"),
    ],
)
def test_a_place_is_told_as_seen_from_the_point_of_interest(east: float, north: float, text: str) -> None:
    table = LandmarkTable.of([("1", "钟楼", "the Bell Tower", LON, LAT)])

    found = LandmarkIndex(LandmarkTable.stored(table.arrays()), PLANE).nearest(EAST + east, NORTH + north)

    assert found is not None
    assert found.text("zh") == text


def test_a_point_of_interest_far_away_says_nothing() -> None:
    table = LandmarkTable.of([("1", "钟楼", "the Bell Tower", LON, LAT)])

    assert LandmarkIndex(table, PLANE).nearest(EAST + 151.0, NORTH) is None


@given(st.floats(107.0, 111.0), st.floats(-60.0, 60.0))
def test_one_point_is_projected_as_many_are(lon: float, lat: float) -> None:
    east, north = PLANE.to_plane(np.array([lon]), np.array([lat]))

    assert PLANE.point_to_plane(lon, lat) == pytest.approx((east[0], north[0]), abs=1e-6)
