"""Reference systems: WGS-84 and CGCS2000 (treated alike), and the shifted GCJ-02 and BD-09 of Chinese web maps.

CGCS2000 and WGS-84 differ by the motion of the plate since 2000, less than a metre; GCJ-02 is off by some 500 m,
which is five cells, so every coordinate is converted where it enters. The shift of GCJ-02 was never published by
those who set it; the series below is the one in general use (prcoords and coord-convert give the same numbers). The
ways back are found by iteration and are exact to far less than a millimetre.

Longitudes and latitudes are degrees; scalars give floats, arrays give arrays of the same shape.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias, get_args, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gis.errors import CoordinateError

FloatArray: TypeAlias = NDArray[np.float64]
Crs: TypeAlias = Literal["wgs84", "cgcs2000", "gcj02", "bd09"]
_Step: TypeAlias = Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]

#: The reference systems that `to_wgs84` and `from_wgs84` know.
CRS_NAMES: tuple[str, ...] = get_args(Crs)

# The ellipsoid of Krasovsky 1940, which the series of GCJ-02 is built on.
_KRASOVSKY_A = 6378245.0
_KRASOVSKY_E2 = 0.00669342162296594323
# Nothing is shifted outside this rectangle; it is part of the definition in use, and coarser than any border.
_SHIFTED = (72.004, 0.8293, 137.8347, 55.8271)
_BD_PI = np.pi * 3000.0 / 180.0
_BD_EAST, _BD_NORTH = 0.0065, 0.006
_CLOSE_ENOUGH = 1e-12
_ROUNDS = 12


def _swing(x: FloatArray) -> FloatArray:
    return (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0


def _gcj_shift(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + _swing(x)
    north += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + _swing(x)
    east += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    phi = np.radians(lat)
    w2 = 1.0 - _KRASOVSKY_E2 * np.sin(phi) ** 2
    meridian = _KRASOVSKY_A * (1.0 - _KRASOVSKY_E2) / (w2 * np.sqrt(w2))
    parallel = _KRASOVSKY_A / np.sqrt(w2) * np.cos(phi)
    return np.degrees(east / parallel), np.degrees(north / meridian)


def _wgs_to_gcj(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    east, north = _gcj_shift(lon, lat)
    return lon + east, lat + north


def _gcj_to_bd(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    radius = np.hypot(lon, lat) + 2e-5 * np.sin(lat * _BD_PI)
    angle = np.arctan2(lat, lon) + 3e-6 * np.cos(lon * _BD_PI)
    return radius * np.cos(angle) + _BD_EAST, radius * np.sin(angle) + _BD_NORTH


def _undo(forward: _Step, lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Find what `forward` takes to (lon, lat); it is near the identity, so each round gains several digits."""
    x, y = lon.copy(), lat.copy()
    for _ in range(_ROUNDS):
        there_x, there_y = forward(x, y)
        off_x, off_y = lon - there_x, lat - there_y
        x, y = x + off_x, y + off_y
        if max(np.max(np.abs(off_x), initial=0.0), np.max(np.abs(off_y), initial=0.0)) < _CLOSE_ENOUGH:
            break
    return x, y


def _bd_to_gcj(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    return _undo(_gcj_to_bd, lon, lat)


def _gcj_to_wgs(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    return _undo(_wgs_to_gcj, lon, lat)


_STEPS_TO_WGS84: Mapping[str, tuple[_Step, ...]] = {
    "wgs84": (),
    "cgcs2000": (),
    "gcj02": (_gcj_to_wgs,),
    "bd09": (_bd_to_gcj, _gcj_to_wgs),
}
_STEPS_FROM_WGS84: Mapping[str, tuple[_Step, ...]] = {
    "wgs84": (),
    "cgcs2000": (),
    "gcj02": (_wgs_to_gcj,),
    "bd09": (_wgs_to_gcj, _gcj_to_bd),
}


def _axis(field: str, values: ArrayLike, limit: float) -> FloatArray:
    try:
        numbers = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise CoordinateError("is not a number.", field=field, hint="Give decimal degrees.") from error
    # A comparison with NaN is false, so this catches it along with what is out of range.
    wrong = ~(np.abs(numbers) <= limit)
    if np.any(wrong):
        first = float(numbers[wrong].flat[0]) if numbers.ndim else float(numbers)
        raise CoordinateError(
            f"{first!r} is not between -{limit:g} and {limit:g} degrees.",
            field=field,
            hint="Give decimal degrees, longitude (east) and latitude (north) not interchanged.",
        )
    return numbers


def checked(lon: ArrayLike, lat: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return both as float arrays of one shape.

    Raises:
        CoordinateError: something is no number, not finite, out of range, or the shapes do not fit; names `lon` or `lat`.
    """
    x, y = _axis("lon", lon, 180.0), _axis("lat", lat, 90.0)
    if x.shape != y.shape:
        raise CoordinateError(
            f"has the shape {y.shape} and lon the shape {x.shape}.", field="lat", hint="Give as many of each."
        )
    return x, y


def _convert(
    lon: ArrayLike, lat: ArrayLike, crs: str, table: Mapping[str, tuple[_Step, ...]]
) -> tuple[float, float] | tuple[FloatArray, FloatArray]:
    if crs not in table:
        raise CoordinateError(
            f"{crs!r} is no reference system known here.",
            field="crs",
            hint=f"Use one of {', '.join(CRS_NAMES)}.",
        )
    given_lon, given_lat = checked(lon, lat)
    x, y = np.atleast_1d(given_lon), np.atleast_1d(given_lat)
    west, south, east, north = _SHIFTED
    shifted = (x >= west) & (x <= east) & (y >= south) & (y <= north)
    moved_x, moved_y = x, y
    for step in table[crs]:
        moved_x, moved_y = step(moved_x, moved_y)
    out_x, out_y = np.where(shifted, moved_x, x), np.where(shifted, moved_y, y)
    if given_lon.ndim == 0:
        return float(out_x[0]), float(out_y[0])
    return out_x, out_y


@overload
def to_wgs84(lon: float, lat: float, crs: str) -> tuple[float, float]: ...
@overload
def to_wgs84(lon: FloatArray, lat: FloatArray, crs: str) -> tuple[FloatArray, FloatArray]: ...
def to_wgs84(lon: ArrayLike, lat: ArrayLike, crs: str) -> tuple[float, float] | tuple[FloatArray, FloatArray]:
    """Convert from `crs` (one of `CRS_NAMES`) to WGS-84.

    Points outside the rectangle in which GCJ-02 and BD-09 are shifted come back as they are.

    Raises:
        CoordinateError: names `lon`, `lat` or `crs`.
    """
    return _convert(lon, lat, crs, _STEPS_TO_WGS84)


@overload
def from_wgs84(lon: float, lat: float, crs: str) -> tuple[float, float]: ...
@overload
def from_wgs84(lon: FloatArray, lat: FloatArray, crs: str) -> tuple[FloatArray, FloatArray]: ...
def from_wgs84(
    lon: ArrayLike, lat: ArrayLike, crs: str
) -> tuple[float, float] | tuple[FloatArray, FloatArray]:
    """Convert from WGS-84 to `crs` (one of `CRS_NAMES`); the way back of `to_wgs84`, with the same errors."""
    return _convert(lon, lat, crs, _STEPS_FROM_WGS84)
