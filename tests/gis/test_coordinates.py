from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.coordinates import CRS_NAMES, FloatArray, from_wgs84, to_wgs84
from gis.errors import CoordinateError


def metres(lon: FloatArray, lat: FloatArray, other_lon: FloatArray, other_lat: FloatArray) -> float:
    across = (lon - other_lon) * np.cos(np.radians(lat))
    return float(np.max(np.hypot(across, lat - other_lat)) * 111_320.0)


@pytest.mark.parametrize("crs", CRS_NAMES)
def test_there_and_back_is_exact_to_less_than_a_millimetre(crs: str) -> None:
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(74.0, 134.0, 20_000), rng.uniform(18.0, 53.0, 20_000)

    there = from_wgs84(lon, lat, crs)
    back = to_wgs84(*there, crs)
    again = from_wgs84(*back, crs)

    assert metres(*back, lon, lat) < 0.001
    assert metres(*again, *there) < 0.001


@given(st.sampled_from(CRS_NAMES), st.floats(72.1, 137.7), st.floats(0.9, 55.7))
def test_a_point_anywhere_in_the_country_comes_back_to_less_than_a_millimetre(
    crs: str, lon: float, lat: float
) -> None:
    back = to_wgs84(*from_wgs84(lon, lat, crs), crs)

    across = (back[0] - lon) * math.cos(math.radians(lat))
    assert math.hypot(across, back[1] - lat) * 111_320.0 < 0.001


# The numbers of the packages prcoords and coord-convert, which agree to the last digit.
@pytest.mark.parametrize(
    ("wgs", "crs", "expected"),
    [
        ((108.9402, 34.2609), "gcj02", (108.9448501498188, 34.259309354831395)),
        ((108.9402, 34.2609), "bd09", (108.95127873683866, 34.2655388582045)),
        ((116.3913, 39.9075), "gcj02", (116.39754118159271, 39.90890127616531)),
        ((116.3913, 39.9075), "bd09", (116.40391394350723, 39.91524466370509)),
        ((87.6, 43.8), "gcj02", (87.60283897227161, 43.80121203029208)),
    ],
)
def test_the_shift_is_the_one_in_general_use(
    wgs: tuple[float, float], crs: str, expected: tuple[float, float]
) -> None:
    assert from_wgs84(*wgs, crs) == pytest.approx(expected, abs=1e-12)


def test_cgcs2000_is_taken_for_wgs84() -> None:
    assert to_wgs84(108.95, 34.26, "cgcs2000") == (108.95, 34.26)


def test_a_scalar_gives_floats_and_an_array_an_array_of_its_shape() -> None:
    lon, lat = to_wgs84(108.95, 34.26, "gcj02")
    many_lon, many_lat = to_wgs84(np.full((2, 3), 108.95), np.full((2, 3), 34.26), "gcj02")

    assert (type(lon), type(lat)) == (float, float)
    assert many_lon.shape == many_lat.shape == (2, 3)
    assert many_lon[1, 2] == lon


def test_nothing_is_shifted_abroad() -> None:
    assert to_wgs84(-71.06, 42.36, "gcj02") == (-71.06, 42.36)


@pytest.mark.parametrize(
    ("lon", "lat", "field"),
    [
        (180.5, 34.0, "lon"),
        (108.0, 90.1, "lat"),
        (34.27, 108.94, "lat"),
        (math.nan, 34.0, "lon"),
        (108.0, math.inf, "lat"),
        ("east", 34.0, "lon"),
        (108.0, None, "lat"),
    ],
)
def test_what_is_no_coordinate_is_refused_by_name(lon: float, lat: float, field: str) -> None:
    with pytest.raises(CoordinateError, match=f"^{field}: ") as caught:
        to_wgs84(lon, lat, "wgs84")

    assert caught.value.field == field


def test_one_bad_value_among_many_is_refused() -> None:
    with pytest.raises(CoordinateError, match=r"^lat: 91"):
        to_wgs84(np.array([108.0, 109.0]), np.array([34.0, 91.0]), "gcj02")


def test_arrays_of_different_lengths_are_refused() -> None:
    with pytest.raises(CoordinateError, match=r"^lat: has the shape \(1,\)"):
        to_wgs84(np.array([108.0, 109.0]), np.array([34.0]), "gcj02")


def test_an_unknown_reference_system_is_refused_with_those_known() -> None:
    with pytest.raises(CoordinateError, match=r"^crs: 'xian80' .* wgs84, cgcs2000, gcj02, bd09"):
        to_wgs84(108.0, 34.0, "xian80")
