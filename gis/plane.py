"""The metric plane of a city: Gauss-Krüger (transverse Mercator) on the ellipsoid of CGCS2000, three-degree zones.

It is the plane of EPSG:4545 where the central meridian is 108° E. The series is Krüger's in the third flattening, to
the sixth power (as in Karney, "Transverse Mercator with an accuracy of a few nanometers", 2011); within a zone it is
good to far less than a millimetre.
"""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gis.coordinates import FloatArray

_A = 6378137.0
_F = 1.0 / 298.257222101
_N = _F / (2.0 - _F)
_E = float(np.sqrt(_F * (2.0 - _F)))
_RADIUS = _A / (1.0 + _N) * (1.0 + _N**2 / 4.0 + _N**4 / 64.0 + _N**6 / 256.0)
_FALSE_EAST = 500_000.0

# Each row: the coefficients of n, n², … n⁶ of one term of the series.
_TO_PLANE = (
    (1 / 2, -2 / 3, 5 / 16, 41 / 180, -127 / 288, 7891 / 37800),
    (0, 13 / 48, -3 / 5, 557 / 1440, 281 / 630, -1983433 / 1935360),
    (0, 0, 61 / 240, -103 / 140, 15061 / 26880, 167603 / 181440),
    (0, 0, 0, 49561 / 161280, -179 / 168, 6601661 / 7257600),
    (0, 0, 0, 0, 34729 / 80640, -3418889 / 1995840),
    (0, 0, 0, 0, 0, 212378941 / 319334400),
)
_TO_SPHERE = (
    (1 / 2, -2 / 3, 37 / 96, -1 / 360, -81 / 512, 96199 / 604800),
    (0, 1 / 48, 1 / 15, -437 / 1440, 46 / 105, -1118711 / 3870720),
    (0, 0, 17 / 480, -37 / 840, -209 / 4480, 5569 / 90720),
    (0, 0, 0, 4397 / 161280, -11 / 504, -830251 / 7257600),
    (0, 0, 0, 0, 4583 / 161280, -108847 / 3991680),
    (0, 0, 0, 0, 0, 20648693 / 638668800),
)


def _series(table: tuple[tuple[float, ...], ...]) -> tuple[float, ...]:
    return tuple(sum(c * _N ** (power + 1) for power, c in enumerate(row)) for row in table)


_ALPHA, _BETA = _series(_TO_PLANE), _series(_TO_SPHERE)


def _conformal(tau: FloatArray) -> FloatArray:
    """Tangent of the conformal latitude from the tangent of the geographic one."""
    sigma = np.sinh(_E * np.arctanh(_E * tau / np.hypot(1.0, tau)))
    return np.asarray(tau * np.hypot(1.0, sigma) - sigma * np.hypot(1.0, tau))


@dataclass(frozen=True)
class Plane:
    """East and north in metres for a zone around a central meridian, in degrees."""

    meridian: float

    @cached_property
    def _meridian_radians(self) -> float:
        return float(np.radians(self.meridian))

    def to_plane(self, lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Degrees to metres: (east, north), east counted from 500 km west of the meridian."""
        tau = _conformal(np.tan(np.radians(lat)))
        across = np.radians(lon) - self._meridian_radians
        xi = np.arctan2(tau, np.cos(across))
        eta = np.arcsinh(np.sin(across) / np.hypot(tau, np.cos(across)))
        x, y = eta.copy(), xi.copy()
        for k, alpha in enumerate(_ALPHA, start=1):
            y += alpha * np.sin(2 * k * xi) * np.cosh(2 * k * eta)
            x += alpha * np.cos(2 * k * xi) * np.sinh(2 * k * eta)
        return _FALSE_EAST + _RADIUS * x, _RADIUS * y

    def point_to_plane(self, lon: float, lat: float) -> tuple[float, float]:
        """The same as `to_plane` for one point, some ten times as quick."""
        tangent = math.tan(math.radians(lat))
        sigma = math.sinh(_E * math.atanh(_E * tangent / math.hypot(1.0, tangent)))
        tau = tangent * math.hypot(1.0, sigma) - sigma * math.hypot(1.0, tangent)
        across = math.radians(lon) - self._meridian_radians
        xi = math.atan2(tau, math.cos(across))
        eta = math.asinh(math.sin(across) / math.hypot(tau, math.cos(across)))
        # The sums of sines of multiples of one angle, east and north together as one complex number (Clenshaw).
        angle = 2.0 * complex(xi, eta)
        twice = 2.0 * cmath.cos(angle)
        last = before = 0j
        for alpha in reversed(_ALPHA):
            last, before = twice * last - before + alpha, last
        moved = complex(xi, eta) + cmath.sin(angle) * last
        return _FALSE_EAST + _RADIUS * moved.imag, _RADIUS * moved.real

    def to_degrees(self, east: FloatArray, north: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Metres to degrees: (lon, lat)."""
        xi, eta = north / _RADIUS, (east - _FALSE_EAST) / _RADIUS
        x, y = eta.copy(), xi.copy()
        for k, beta in enumerate(_BETA, start=1):
            y -= beta * np.sin(2 * k * xi) * np.cosh(2 * k * eta)
            x -= beta * np.cos(2 * k * xi) * np.sinh(2 * k * eta)
        conformal = np.sin(y) / np.hypot(np.sinh(x), np.cos(y))
        tau = conformal.copy()
        for _ in range(6):
            slope = np.hypot(1.0, _conformal(tau)) * np.hypot(1.0, tau) * (1.0 - _E**2)
            tau += (conformal - _conformal(tau)) * (1.0 + (1.0 - _E**2) * tau**2) / slope
        lon = np.degrees(np.arctan2(np.sinh(x), np.cos(y)) + self._meridian_radians)
        return lon, np.degrees(np.arctan(tau))


def plane_around(lon: float) -> Plane:
    """The plane of the three-degree zone in which a longitude lies."""
    return Plane(round(lon / 3.0) * 3.0)
