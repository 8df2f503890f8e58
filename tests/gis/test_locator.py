from __future__ import annotations

import math
from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest
import shapely
from shapely.geometry import Polygon, box

from gis.areas import Area, Layers
from gis.coordinates import FloatArray
from gis.errors import CoordinateError, LayerError
from gis.index.areas import AreaIndex
from gis.index.locator import Locator
from gis.xian import COVERED


def random_points(districts: tuple[Area, ...], count: int) -> FloatArray:
    """Points of the covered districts as they came from their source, before any line was laid."""
    region = shapely.union_all([d.polygon for d in districts if d.code in COVERED])
    rng = np.random.default_rng(20_000)
    west, south, east, north = region.bounds
    tries = np.column_stack((rng.uniform(west, east, 4 * count), rng.uniform(south, north, 4 * count)))
    return tries[shapely.contains_xy(region, tries)][:count]


def inside(polygon: Polygon, points: FloatArray) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Even-odd ray casting, written out here so that it shares nothing with the locator."""
    odd = np.zeros(len(points), dtype=np.bool_)
    for ring in (polygon.exterior, *polygon.interiors):
        xy = np.asarray(ring.coords)
        for (x0, y0), (x1, y1) in pairwise(xy):
            spans = (y0 > points[:, 1]) != (y1 > points[:, 1])
            if spans.any():
                crossing = x0 + (points[:, 1] - y0) / (y1 - y0) * (x1 - x0) if y1 != y0 else x0
                odd ^= spans & (points[:, 0] < crossing)
    return odd


def test_ten_thousand_random_points_lie_in_exactly_one_cell_each(
    layers: Layers, districts: tuple[Area, ...], locator: Locator
) -> None:
    points = random_points(districts, 10_000)
    by_x = points[np.argsort(points[:, 0])]
    codes: list[list[str]] = [[] for _ in by_x]
    for cell in layers.cells:
        assert isinstance(cell.polygon, Polygon)
        west, _, east, _ = cell.polygon.bounds
        low, high = np.searchsorted(by_x[:, 0], [west, east])
        for index in np.flatnonzero(inside(cell.polygon, by_x[low:high])):
            codes[low + index].append(cell.code)

    located = [place.code if place else None for place in locator.locate_many(by_x[:, 0], by_x[:, 1])]

    assert len(by_x) == 10_000
    assert {len(found) for found in codes} == {1}
    assert located == [found[0] for found in codes]


def test_a_vertex_lies_in_the_smallest_of_the_cells_that_meet_there(layers: Layers, locator: Locator) -> None:
    meeting: dict[tuple[float, float], set[str]] = defaultdict(set)
    for cell in layers.cells:
        for x, y in shapely.get_coordinates(cell.polygon).tolist():
            meeting[x, y].add(cell.code)
    vertices = np.array(list(meeting))

    places = locator.locate_many(vertices[:, 0], vertices[:, 1])

    assert max(len(codes) for codes in meeting.values()) == 4
    assert [place.code if place else None for place in places] == [min(codes) for codes in meeting.values()]


def test_the_middle_of_an_edge_lies_in_a_cell_that_has_the_edge(layers: Layers, locator: Locator) -> None:
    meeting: dict[tuple[tuple[float, float], ...], set[str]] = defaultdict(set)
    for cell in layers.cells:
        ring = [(x, y) for x, y in shapely.get_coordinates(cell.polygon).tolist()]
        for start, end in pairwise(ring):
            meeting[tuple(sorted((start, end)))].add(cell.code)
    shared = {edge: codes for edge, codes in meeting.items() if len(codes) == 2}
    middles = np.array([np.mean(edge, axis=0) for edge in shared])

    places = locator.locate_many(middles[:, 0], middles[:, 1])

    assert max(len(codes) for codes in meeting.values()) == 2
    assert len(shared) > 15_000
    assert all(place and place.code in codes for place, codes in zip(places, shared.values(), strict=True))


@pytest.fixture
def chequered() -> Locator:
    """Two by two cells of a community, beside a district of a smaller code that has no streets."""
    whole = box(1.0, 0.0, 3.0, 2.0)
    corners = [(1.0, 1.0), (2.0, 1.0), (1.0, 0.0), (2.0, 0.0)]
    cells = tuple(
        Area("cell", f"61010200100100{i}", f"{i}", box(x, y, x + 1.0, y + 1.0), made=True)
        for i, (x, y) in enumerate(corners, start=1)
    )
    return Locator(
        AreaIndex(
            Layers(
                districts=(
                    Area("district", "610101", "空", box(0.0, 0.0, 1.0, 2.0), made=True),
                    Area("district", "610102", "满", whole, made=True),
                ),
                streets=(Area("street", "610102001", "街", whole, made=True),),
                communities=(Area("community", "610102001001", "社区", whole, made=True),),
                cells=cells,
            )
        )
    )


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [
        (1.5, 1.0, "610102001001001"),
        (2.5, 1.0, "610102001001002"),
        (2.0, 1.5, "610102001001001"),
        (2.0, 0.5, "610102001001003"),
        (2.0, 1.0, "610102001001001"),
        (3.0, 0.0, "610102001001004"),
        (3.0, 1.0, "610102001001002"),
        (2.0, 2.0, "610102001001001"),
    ],
)
def test_on_a_border_the_smallest_code_counts(chequered: Locator, lon: float, lat: float, code: str) -> None:
    place = chequered.locate(lon, lat)

    assert place is not None
    assert place.code == code
    assert chequered.locate_many([lon], [lat]) == [place]


def test_on_the_border_to_a_district_without_cells_the_cell_counts(chequered: Locator) -> None:
    place = chequered.locate(1.0, 1.5)

    assert place is not None
    assert place.code == "610102001001001"


def test_a_part_of_a_district_that_has_no_streets_gives_the_district() -> None:
    half = Locator(
        AreaIndex(
            Layers(
                districts=(Area("district", "610102", "区", box(0.0, 0.0, 2.0, 1.0), made=True),),
                streets=(Area("street", "610102001", "街", box(0.0, 0.0, 1.0, 1.0), made=True),),
            )
        )
    )

    west, east, border = half.locate_many([0.5, 1.5, 1.0], [0.5, 0.5, 0.5])

    assert west is not None
    assert west.code == "610102001"
    assert east is not None
    assert (east.code, east.street) == ("610102", None)
    assert border == west


def test_a_place_names_all_areas_that_hold_it(locator: Locator) -> None:
    place = locator.locate(108.9453, 34.2702)

    assert place is not None
    assert place.street is not None
    assert place.community is not None
    assert place.cell is not None
    assert (place.district.code, place.district.name, place.district.made) == ("610102", "新城区", False)
    assert place.street.made
    assert [len(place.street.code), len(place.community.code), len(place.cell.code)] == [9, 12, 15]
    assert place.cell.code.startswith(place.community.code)
    assert place.community.code.startswith(place.street.code)
    assert place.code == place.cell.code


def test_where_no_streets_are_made_the_district_is_known(locator: Locator) -> None:
    place = locator.locate(109.0278, 34.2437)

    assert place is not None
    assert (place.district.code, place.street, place.community, place.cell) == ("610113", None, None, None)


@pytest.mark.parametrize(("lon", "lat"), [(0.0, 0.0), (121.47, 31.23), (108.9453, -34.2702), (180.0, 90.0)])
def test_outside_the_city_is_nowhere(locator: Locator, lon: float, lat: float) -> None:
    assert locator.locate(lon, lat) is None
    assert locator.locate_many([lon], [lat]) == [None]


def test_one_by_one_and_many_at_once_agree(locator: Locator, districts: tuple[Area, ...]) -> None:
    points = random_points(districts, 500)

    assert [locator.locate(x, y) for x, y in points.tolist()] == locator.locate_many(
        points[:, 0], points[:, 1]
    )


def test_no_points_give_no_places(locator: Locator) -> None:
    assert locator.locate_many([], []) == []


@pytest.mark.parametrize(
    ("lon", "lat", "field"), [(math.nan, 34.0, "lon"), (108.0, 200.0, "lat"), (math.inf, 34.0, "lon")]
)
def test_what_is_no_coordinate_is_refused(locator: Locator, lon: float, lat: float, field: str) -> None:
    with pytest.raises(CoordinateError, match=f"^{field}: "):
        locator.locate(lon, lat)
    with pytest.raises(CoordinateError, match=f"^{field}: "):
        locator.locate_many([lon], [lat])


def test_an_area_whose_district_is_missing_is_refused() -> None:
    street = Area("street", "610102001", "街", box(0.0, 0.0, 1.0, 1.0), made=True)

    with pytest.raises(LayerError, match="610102001 lies in the district 610102"):
        AreaIndex(Layers(districts=(), streets=(street,)))
