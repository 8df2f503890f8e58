from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Proj

from gis.plane import Plane, plane_around


# The numbers of PROJ for EPSG:4490 to EPSG:4545.
@pytest.mark.parametrize(
    ("lon", "lat", "east", "north"),
    [
        (108.9453, 34.2702, 587055.3122715479, 3794037.737820379),
        (109.8, 33.7, 666885.5555601884, 3731840.3129392155),
        (107.7, 33.7, 472187.46409370494, 3730425.938038458),
    ],
)
def test_the_plane_is_that_of_epsg_4545(lon: float, lat: float, east: float, north: float) -> None:
    x, y = Plane(108.0).to_plane(np.array([lon]), np.array([lat]))

    assert (x[0], y[0]) == pytest.approx((east, north), abs=1e-6)


def test_there_and_back_is_exact() -> None:
    rng = np.random.default_rng(2)
    lon, lat = rng.uniform(106.0, 110.0, 5_000), rng.uniform(18.0, 53.0, 5_000)

    back_lon, back_lat = Plane(108.0).to_degrees(*Plane(108.0).to_plane(lon, lat))

    assert np.max(np.abs(back_lon - lon)) < 1e-11
    assert np.max(np.abs(back_lat - lat)) < 1e-11


@pytest.mark.parametrize(("lon", "meridian"), [(108.94, 108.0), (109.6, 111.0), (116.4, 117.0)])
def test_a_city_lies_in_the_zone_nearest_to_it(lon: float, meridian: float) -> None:
    assert plane_around(lon).meridian == meridian


@given(st.sampled_from([75.0, 108.0, 117.0, 135.0]), st.floats(-1.6, 1.6), st.floats(3.0, 54.0))
def test_a_point_of_any_zone_comes_back_and_is_where_proj_puts_it(
    meridian: float, across: float, lat: float
) -> None:
    plane, lon = Plane(meridian), meridian + across
    proj = Proj(proj="tmerc", lon_0=meridian, x_0=500_000, a=6378137, rf=298.257222101)

    east, north = plane.point_to_plane(lon, lat)

    back_lon, back_lat = plane.to_degrees(np.array([east]), np.array([north]))
    assert (back_lon[0], back_lat[0]) == pytest.approx((lon, lat), abs=1e-11)
    assert (east, north) == pytest.approx(proj(lon, lat), abs=1e-4)
