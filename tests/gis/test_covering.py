"""Which outlines hold a point, asked by squares, is what each outline says by itself."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.areas import Outline
from gis.index.covering import Covering

numbers = st.floats(0.0, 1.0)


@st.composite
def outlines(draw: st.DrawFn) -> list[Outline]:
    """Stars, some with a hole, some of two parts, some a hundred times as wide as others."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    found: list[Outline] = []
    for _ in range(draw(st.integers(1, 12))):
        size = float(rng.choice([0.01, 0.1, 1.0]))
        angles = np.sort(rng.uniform(0.0, 2.0 * np.pi, 12))
        far = rng.uniform(0.3, 1.0, 12) * size
        middle = rng.uniform(0.0, 1.0, 2)
        star = shapely.Polygon(middle + np.column_stack((np.cos(angles) * far, np.sin(angles) * far)))
        one = star.buffer(0).difference(shapely.box(*(middle - size / 20), *(middle + size / 20)))
        if isinstance(one, shapely.Polygon | shapely.MultiPolygon) and not one.is_empty:
            found.append(one)
    return found


@settings(max_examples=60, deadline=None)
@given(outlines(), st.lists(st.tuples(numbers, numbers), min_size=1, max_size=40))
def test_a_point_is_held_by_what_holds_it(
    drawn: list[Outline], places: list[tuple[float, float]]
) -> None:
    covering = Covering(drawn)
    corners = shapely.get_coordinates(drawn)[:40].tolist()

    for x, y in [*places, *corners]:
        expected = [at for at, one in enumerate(drawn) if shapely.intersects_xy(one, x, y)]
        assert covering.at(x, y) == expected


def test_nothing_holds_nothing() -> None:
    assert Covering([]).at(108.9, 34.2) == []
