"""Made layers: on the made communities and nowhere else, numbered by the rules, and the same every time."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import shapely
from shapely.geometry import Polygon, box

from gis.areas import Area
from gis.codes import ComponentCode
from gis.lattice import lattice_over
from gis.made.components import InCommunity, Spacing, make_components
from gis.made.landmarks import Usual, make_landmarks
from gis.made.responsibility import make_duties, ring
from gis.made.roads import Course, make_roads

WEST, SOUTH = 108.90, 34.25
STEP = 0.01


def community(column: int, row: int) -> Area:
    """About a square kilometre; the first street has the two western columns, the second the others."""
    west, south = WEST + column * STEP, SOUTH + row * STEP
    code = f"61010400{1 + column // 2}{column % 2 * 2 + row + 1:03d}"
    return Area(
        "community", code, f"第{code[-3:]}社区居委会", box(west, south, west + STEP, south + STEP), True
    )


COMMUNITIES = tuple(
    sorted((community(column, row) for column in range(4) for row in range(2)), key=lambda area: area.code)
)
WHOLE = box(WEST, SOUTH, WEST + 4 * STEP, SOUTH + 2 * STEP)
STREETS = tuple(
    Area("street", f"61010400{one + 1}", f"{name}街道", box(WEST + 2 * one * STEP, SOUTH, WEST + 2 * (one + 1) * STEP, SOUTH + 2 * STEP), True, f"{name_en} Subdistrict")
    for one, (name, name_en) in enumerate((("甲", "Jia"), ("乙", "Yi")))
)  # fmt: skip
LATTICE = lattice_over(COMMUNITIES, 100.0)
COURSES = (
    Course("大街", "Main Street", False, SOUTH + STEP, WEST - STEP, WEST + 3 * STEP),
    Course("外街", "Outer Street", True, WEST - 2 * STEP, SOUTH, SOUTH + STEP),
)
ROADS = make_roads("6101", COURSES, STREETS, LATTICE)
SPACINGS = (Spacing("0137", 40, 80, 4.0), Spacing("0284", 200, 0, 6.0, 60.0))
INSIDE = (InCommunity("0403", 2, 20.0),)
COMPONENTS = make_components(ROADS, COMMUNITIES, SPACINGS, INSIDE, LATTICE, seed=1)


def test_a_main_road_ends_where_the_city_does_and_one_outside_is_none() -> None:
    main = [road for road in ROADS if road.main]

    assert [(road.code, road.name) for road in main] == [("6101000001", "大街")]
    assert main[0].line.length == pytest.approx(2760, abs=20)


def test_lanes_are_called_after_their_street_and_numbered() -> None:
    lanes = [road for road in ROADS if not road.main]

    assert [road.name for road in lanes if road.code.startswith("610104001")][:2] == ["甲一巷", "甲二巷"]
    assert {road.name_en.split(" Lane ")[0] for road in lanes} == {"Jia", "Yi"}
    assert len({road.code for road in ROADS}) == len(ROADS)


def test_no_lane_runs_along_a_main_road() -> None:
    main = shapely.union_all([road.line for road in ROADS if road.main])

    near = [road.line.intersection(main.buffer(70)).length for road in ROADS if not road.main]

    assert max(near) <= 1e-6


def test_every_component_has_the_code_of_its_district_and_category_and_a_number_of_its_own() -> None:
    codes = [ComponentCode.parse(one.code) for one in COMPONENTS]

    assert {(code.district, code.major + code.minor) for code in codes} == {
        ("610104", "0137"),
        ("610104", "0284"),
        ("610104", "0403"),
    }
    counts = Counter(one.category for one in COMPONENTS)
    numbers = {
        category: {int(one.code[-6:]) for one in COMPONENTS if one.category == category}
        for category in counts
    }
    assert all(numbers[category] == set(range(1, count + 1)) for category, count in counts.items())


def test_components_lie_in_the_community_that_they_name() -> None:
    outlines = {area.code: area.polygon for area in COMMUNITIES}

    elsewhere = [one for one in COMPONENTS if not outlines[one.community].intersects(one.outline.centroid)]

    assert COMPONENTS
    assert elsewhere == []


def test_what_is_long_is_a_polygon_and_the_rest_points() -> None:
    kinds = {(one.category, one.outline.geom_type) for one in COMPONENTS}

    assert kinds == {("0137", "Point"), ("0284", "Polygon"), ("0403", "Polygon")}


def test_lamps_stand_beside_the_road_that_they_name() -> None:
    road = next(one for one in ROADS if one.main)
    lamps = [one.outline for one in COMPONENTS if one.road == road.name and one.category == "0137"]

    metres = shapely.distance(shapely.transform(np.array(lamps), LATTICE.flat), road.line)

    assert metres == pytest.approx(4.0, abs=0.05)


def test_the_same_seed_makes_the_same_components() -> None:
    again = make_components(ROADS, COMMUNITIES, SPACINGS, INSIDE, LATTICE, seed=1)

    assert [(one.code, one.outline.wkb) for one in again] == [
        (one.code, one.outline.wkb) for one in COMPONENTS
    ]


def test_points_of_interest_lie_in_their_community() -> None:
    found = make_landmarks("6101", (), (Usual("school", "小学", "School", 100),), COMMUNITIES, seed=1)

    outlines = {area.code: area.polygon for area in COMMUNITIES}
    assert len(found) == len(COMMUNITIES)
    assert all(shapely.contains_xy(outlines[one.code[:12]], one.lon, one.lat) for one in found)


def test_the_grids_of_a_profession_share_out_all_communities() -> None:
    duties = make_duties("sanitation", COMMUNITIES, 4, 2, LATTICE, widened=0.0)

    assert [duty.sequence for duty in duties] == [1, 2, 3, 4]
    assert [duty.team for duty in duties] == [1, 1, 2, 2]
    assert sorted(code for duty in duties for code in duty.communities) == [area.code for area in COMMUNITIES]
    united = shapely.union_all([duty.outline for duty in duties])
    assert united.symmetric_difference(WHOLE).area == pytest.approx(0.0, abs=1e-12)
    assert sum(duty.outline.area for duty in duties) == pytest.approx(WHOLE.area)


def test_widened_grids_overlap_and_stay_in_their_district() -> None:
    duties = make_duties("sanitation", COMMUNITIES, 4, 2, LATTICE, widened=30.0)

    assert sum(duty.outline.area for duty in duties) > WHOLE.area * 1.01
    assert all(WHOLE.buffer(1e-9).contains(duty.outline) for duty in duties)


def test_there_are_no_more_grids_than_communities() -> None:
    assert len(make_duties("greenery", COMMUNITIES, 99, 2, LATTICE, widened=0.0)) == len(COMMUNITIES)


def test_a_ring_has_a_hole() -> None:
    found = ring(WEST, SOUTH, WEST + STEP, SOUTH + STEP, 50.0, LATTICE)

    assert isinstance(found, Polygon)
    assert len(found.interiors) == 1
    assert not found.contains(box(WEST, SOUTH, WEST + STEP, SOUTH + STEP).centroid)
