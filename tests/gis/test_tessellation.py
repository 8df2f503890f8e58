from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pytest
import shapely
from shapely.geometry import Polygon, box

from gis.areas import SNAP_DEGREES, Area, Layers
from gis.codes import CodeScheme
from gis.communities import divide_districts
from gis.coordinates import FloatArray
from gis.errors import GridOverflow, LayerError
from gis.names import AreaName
from gis.plane import Plane
from gis.tessellation import tessellate
from gis.xian import COVERED, build_xian

PLANE = Plane(108.0)


def flat(points: FloatArray) -> FloatArray:
    return np.column_stack(PLANE.to_plane(points[:, 0], points[:, 1]))


def square_metres(areas: Sequence[Area]) -> FloatArray:
    return np.array([shapely.transform(area.polygon, flat).area for area in areas])


def rectangle(width: float, height: float, east: float = 587_045.0, north: float = 3_794_045.0) -> Polygon:
    """A rectangle of the plane, in metres from a corner that is on no line of the lattice, in degrees."""

    def degrees(points: FloatArray) -> FloatArray:
        return np.column_stack(PLANE.to_degrees(points[:, 0], points[:, 1]))

    return shapely.transform(box(east, north, east + width, north + height), degrees)


def one_community(outline: Polygon, cell_metres: float, scheme: CodeScheme | None = None) -> Layers:
    district = Area("district", "610102", "区", outline, made=True)
    street = AreaName("street", "610102001", "街", "Street", "610102")
    community = Area("community", "610102001001", "社区", outline, made=True)
    return tessellate([district], [street], [community], cell_metres, scheme or CodeScheme())


@pytest.mark.parametrize("kind", ["district", "street", "community", "cell"])
def test_no_two_areas_of_a_layer_overlap_or_leave_a_gap(layers: Layers, kind: str) -> None:
    areas = [area for area in layers.all() if area.kind == kind]

    assert shapely.coverage_is_valid([area.polygon for area in areas])
    assert all(area.polygon.is_valid for area in areas)


def test_cells_meet_the_districts_without_cells_exactly(layers: Layers) -> None:
    around = [district for district in layers.districts if district.code not in COVERED]

    assert shapely.coverage_is_valid([area.polygon for area in (*layers.cells, *around)])


def test_all_coordinates_are_multiples_of_the_snap(layers: Layers) -> None:
    coordinates = shapely.get_coordinates([area.polygon for area in layers.all()])

    assert np.max(np.abs(np.round(coordinates / SNAP_DEGREES) * SNAP_DEGREES - coordinates)) < 1e-12


@pytest.mark.parametrize(
    ("inner", "outer", "digits"), [("cells", "communities", 12), ("communities", "streets", 9)]
)
def test_the_areas_of_a_kind_fill_the_next_larger_kind(
    layers: Layers, inner: str, outer: str, digits: int
) -> None:
    filled: dict[str, float] = defaultdict(float)
    for area in getattr(layers, inner):
        filled[area.code[:digits]] += area.polygon.area
    whole = {area.code: area.polygon.area for area in getattr(layers, outer)}

    assert filled == pytest.approx(whole, rel=1e-9)


def test_the_cells_fill_the_covered_districts_as_they_came(layers: Layers, districts: Sequence[Area]) -> None:
    given = sum(square_metres(tuple(d for d in districts if d.code in COVERED)))

    # The borders gained vertices, each moved by less than a centimetre.
    assert sum(square_metres(layers.cells)) == pytest.approx(given, rel=1e-6)


def test_every_street_and_community_of_the_covered_districts_is_there(
    layers: Layers, names: tuple[AreaName, ...]
) -> None:
    expected = [n.code for n in names if n.kind != "district" and n.code[:6] in COVERED]

    assert [a.code for a in (*layers.streets, *layers.communities)] == expected


def test_what_was_made_says_so(layers: Layers) -> None:
    assert all(area.made for area in (*layers.streets, *layers.communities, *layers.cells))
    assert not any(district.made for district in layers.districts)


def test_communities_of_a_district_are_of_like_size(layers: Layers) -> None:
    size = square_metres(layers.communities)

    assert size.min() > 0.4 * np.median(size)
    assert size.max() < 2.0 * np.median(size)


def test_every_community_and_cell_is_in_one_piece(layers: Layers) -> None:
    assert all(isinstance(area.polygon, Polygon) for area in (*layers.communities, *layers.cells))


def test_cells_are_squares_of_a_hectare_and_none_is_a_sliver(layers: Layers) -> None:
    size = square_metres(layers.cells)

    assert np.median(size) == pytest.approx(10_000.0, rel=1e-3)
    assert size.min() > 2_499.0
    assert size.max() < 15_000.0


def test_the_sequence_runs_from_west_to_east_and_from_north_to_south(layers: Layers) -> None:
    squares = [c for c in layers.cells if shapely.transform(c.polygon, flat).area > 9_990.0]
    centres = flat(np.array([(c.polygon.centroid.x, c.polygon.centroid.y) for c in squares]))
    column, row = np.floor(centres[:, 0] / 100.0), np.floor(centres[:, 1] / 100.0)
    reading: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for cell, x, y in zip(squares, column, row, strict=True):
        reading[cell.code[:12]].append((-y, x))

    assert len(reading) == len(layers.communities)
    assert all(order == sorted(order) for order in reading.values())


def test_the_sequence_of_each_community_has_no_holes(layers: Layers) -> None:
    found: dict[str, list[int]] = defaultdict(list)
    for cell in layers.cells:
        found[cell.code[:12]].append(int(cell.code[12:]))

    assert all(sequence == list(range(1, len(sequence) + 1)) for sequence in found.values())


def test_slivers_go_to_a_neighbour() -> None:
    # 45 m from the lattice, 210 m wide: columns of 55, 100, 55 m; 20 m high above the line: a row of slivers.
    layers = one_community(rectangle(210.0, 175.0), 100.0)

    sizes = square_metres(layers.cells)

    assert len(layers.cells) == 6
    assert sizes.sum() == pytest.approx(210.0 * 175.0, rel=1e-4)
    assert sizes.max() == pytest.approx(100.0 * (100.0 + 20.0), rel=1e-3)


def test_a_community_smaller_than_any_cell_is_one_cell() -> None:
    layers = one_community(rectangle(30.0, 10.0), 100.0)

    assert [cell.code for cell in layers.cells] == ["610102001001001"]


def test_cells_too_small_for_three_digits_are_refused_before_the_work() -> None:
    with pytest.raises(GridOverflow) as caught:
        build_xian(cell_metres=5.0, covered=("610103",))

    assert caught.value.field == "cell_metres"
    assert caught.value.community.startswith("610103")
    assert caught.value.count > 999
    assert caught.value.community in str(caught.value)
    assert f"Use cells of {caught.value.fitting_metres:g} m or larger" in str(caught.value)


def test_cells_of_the_proposed_size_fit() -> None:
    outline = rectangle(2_000.0, 1_000.0)
    with pytest.raises(GridOverflow) as caught:
        one_community(outline, 40.0)

    layers = one_community(outline, caught.value.fitting_metres)

    assert caught.value.count >= 1250
    assert 40.0 < caught.value.fitting_metres <= 60.0
    assert len(layers.cells) <= 999


def test_pieces_at_the_border_count_as_well() -> None:
    # Nine squares' worth of area, which one digit could number, but cut into sixteen pieces.
    with pytest.raises(GridOverflow) as caught:
        one_community(rectangle(299.0, 299.0), 100.0, CodeScheme(sequence=1))

    assert caught.value.count > 9
    assert caught.value.capacity == 9


@pytest.mark.parametrize("metres", [0.0, -100.0, float("nan"), 1e9])
def test_a_side_out_of_bounds_is_refused(metres: float) -> None:
    with pytest.raises(LayerError, match=r"^cell_metres: "):
        one_community(rectangle(300.0, 300.0), metres)


def test_without_communities_there_are_only_districts() -> None:
    district = Area("district", "610102", "区", rectangle(1_000.0, 1_000.0), made=True)

    assert tessellate([district], [], []).all() == (district,)


def test_a_community_outside_every_district_is_named() -> None:
    district = Area("district", "610102", "区", rectangle(300.0, 300.0), made=True)
    far = Area("community", "610102001001", "社区", rectangle(300.0, 300.0, east=600_000.0), made=True)

    with pytest.raises(LayerError, match=r"^communities: community 610102001001 lies in no district"):
        tessellate([district], [], [far])


def test_a_district_that_another_covers_is_named() -> None:
    twins = [Area("district", f"61010{i}", "区", rectangle(300.0, 300.0), made=True) for i in (1, 2)]
    community = Area("community", "610101001001", "社区", rectangle(300.0, 300.0), made=True)

    with pytest.raises(LayerError, match=r"^district: 610102 lies wholly in others"):
        tessellate(twins, [AreaName("street", "610101001", "街", "Street", "610101")], [community])


def test_a_street_without_a_name_is_refused() -> None:
    outline = rectangle(300.0, 300.0)
    district = Area("district", "610102", "区", outline, made=True)
    community = Area("community", "610102001001", "社区", outline, made=True)

    with pytest.raises(LayerError, match=r"^streets: there is no name for street 610102001"):
        tessellate([district], [], [community])


def test_a_street_without_communities_is_named() -> None:
    district = Area("district", "610102", "区", rectangle(1_000.0, 1_000.0), made=True)
    street = AreaName("street", "610102001", "街", "Street", "610102")

    with pytest.raises(LayerError, match="610102001 has no communities"):
        divide_districts([district], ["610102"], [street], [])


def test_a_district_that_is_not_there_cannot_be_covered() -> None:
    with pytest.raises(LayerError, match=r"^covered: there is no district 999999"):
        build_xian(covered=("999999",))


def test_an_outline_of_two_arms_still_gives_everyone_one_piece() -> None:
    # A comb: halving it by straight lines tears the pieces apart.
    teeth = [rectangle(100.0, 900.0, 587_045.0 + 300.0 * tooth) for tooth in range(4)]
    comb = shapely.union_all([*teeth, rectangle(1_000.0, 60.0)], grid_size=1e-7)
    assert isinstance(comb, Polygon)
    district = Area("district", "610102", "区", comb, made=True)
    street = AreaName("street", "610102001", "街", "Street", "610102")
    named = [AreaName("community", f"61010200100{i}", "社区", "C", "610102001") for i in range(1, 6)]

    (divided,), made = divide_districts([district], ["610102"], [street], named)

    assert [area.code for area in made] == [name.code for name in named]
    assert all(isinstance(area.polygon, Polygon) for area in made)
    assert sum(a.polygon.area for a in made) == pytest.approx(divided.polygon.area, rel=1e-9)
    assert shapely.coverage_is_valid([area.polygon for area in made])
