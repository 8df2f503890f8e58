"""Reference systems of files: read from the file or asked for, never guessed, and converted to WGS-84 at the door.

WGS-84 and CGCS2000 are treated alike (`gis.coordinates`). GCJ-02 and BD-09 have no number of EPSG and stand in no file:
they are always asked for. Whatever else EPSG knows is projected back by PROJ; a change of datum is made only where PROJ
knows it to a metre.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError
from pyproj.transformer import TransformerGroup

from gis.coordinates import CRS_NAMES, from_wgs84, to_wgs84
from gis.errors import CoordinateError

Points = NDArray[np.float64]

_EPSG = re.compile(r"EPSG:(\d{4,6})", re.IGNORECASE)
_PLAIN = (CRS.from_epsg(4326), CRS.from_epsg(4490))
_SHIFTED = ("gcj02", "bd09")
_WORST_METRES = 1.0
_HINT = f"Use {', '.join(CRS_NAMES)} or a number of EPSG as EPSG:4549."


@dataclass(frozen=True, eq=False)
class Reference:
    """A reference system.

    Attributes:
        name: one of `CRS_NAMES` or ``EPSG:`` and a number, or the name that a file gives it.
        system: as PROJ knows it; None for GCJ-02 and BD-09.
    """

    name: str
    system: CRS | None

    @cached_property
    def _plain(self) -> bool:
        return self.system is not None and _is_plain(self.system)

    @cached_property
    def _transformer(self) -> Transformer:
        if self.system is None:
            raise CoordinateError(f"{self.name} is no system of PROJ.", field="crs")
        base = self.system.geodetic_crs
        if base is not None and _is_plain(base.to_2d()):
            return Transformer.from_crs(self.system, base, always_xy=True)
        with warnings.catch_warnings():
            # That a better way needs a grid which is not here is seen by the accuracy of the next best.
            warnings.filterwarnings(
                "ignore", message="Best transformation is not available", category=UserWarning
            )
            known = TransformerGroup(self.system, _PLAIN[0], always_xy=True).transformers
        if (
            not known
            or not 0.0 <= known[0].accuracy <= _WORST_METRES
            or not _everywhere(known[0], self.system)
        ):
            raise CoordinateError(
                f"{self.name} cannot be converted to WGS-84 to a metre.",
                field="crs",
                hint="Convert the file to CGCS2000 first, with the parameters of your city.",
            )
        found: Transformer = known[0]
        return found

    def check(self) -> None:
        """See that it can be converted at all.

        Raises:
            CoordinateError: it cannot, to a metre; names `crs`.
        """
        if self.system is not None and not self._plain:
            _ = self._transformer

    def to_wgs84(self, points: Points) -> Points:
        """Coordinates (n, 2), east first, in WGS-84; what is none of this system comes back as it is, or infinite."""
        if self._plain:
            return points
        if self.system is None:
            return _shifted(points, self.name, back=False)
        return np.column_stack(self._transformer.transform(points[:, 0], points[:, 1]))

    def from_wgs84(self, points: Points) -> Points:
        """The way back of `to_wgs84`."""
        if self._plain:
            return points
        if self.system is None:
            return _shifted(points, self.name, back=True)
        return np.column_stack(self._transformer.transform(points[:, 0], points[:, 1], direction="INVERSE"))

    def same(self, other: Reference) -> bool:
        """Whether the coordinates of both mean the same places."""
        if self.system is None or other.system is None:
            return self.name == other.name
        if self._plain and other._plain:
            return True
        if self.system.equals(other.system, ignore_axis_order=True):
            return True
        number = self.system.to_epsg()
        return number is not None and number == other.system.to_epsg()


def _is_plain(system: CRS) -> bool:
    return bool(system.is_geographic) and any(
        system.equals(one, ignore_axis_order=True) or system.to_epsg() == one.to_epsg() for one in _PLAIN
    )


def _everywhere(transformer: Transformer, system: CRS) -> bool:
    """Whether a transformation holds wherever its system is used, not in some part of it alone."""
    used = system.area_of_use
    holds: Any = transformer.area_of_use
    if holds is None or used is None:
        return False
    return bool(
        holds.west <= used.west
        and holds.south <= used.south
        and holds.east >= used.east
        and holds.north >= used.north
    )


def _shifted(points: Points, name: str, *, back: bool) -> Points:
    # What is no longitude and latitude is left for whoever tells what is wrong with outlines.
    fitting = (np.abs(points[:, 0]) <= 180.0) & (np.abs(points[:, 1]) <= 90.0)
    found = points.copy()
    convert: Any = from_wgs84 if back else to_wgs84
    found[fitting] = np.column_stack(convert(points[fitting, 0], points[fitting, 1], name))
    return found


def asked(name: str) -> Reference:
    """The reference system that somebody names.

    Raises:
        CoordinateError: there is none of this name; names `crs`.
    """
    lowered = name.lower()
    if lowered in _SHIFTED:
        return Reference(lowered, None)
    if lowered in CRS_NAMES:
        return Reference(lowered, _PLAIN[lowered == "cgcs2000"])
    number = _EPSG.fullmatch(name)
    if number is None:
        raise CoordinateError(f"{name[:50]!r} is no reference system known here.", field="crs", hint=_HINT)
    try:
        found = Reference(name.upper(), CRS.from_epsg(int(number[1])).to_2d())
    except CRSError as error:
        raise CoordinateError(f"EPSG has no system {number[1]}.", field="crs", hint=_HINT) from error
    found.check()
    return found


def read(told: str) -> Reference:
    """The reference system that a file tells of, as a number of EPSG or in words.

    Raises:
        CoordinateError: nobody can make sense of it; names `crs`.
    """
    try:
        system = CRS.from_user_input(told).to_2d()
    except CRSError as error:
        raise CoordinateError(
            "the reference system of the file is not understood.",
            field="crs",
            hint="Set it anew in the program that the file comes from.",
        ) from error
    number = system.to_epsg()
    found = Reference(f"EPSG:{number}" if number else str(system.name), system)
    found.check()
    return found


def settled(told: str | None, wanted: str | None, *, default: str | None = None) -> Reference:
    """The reference system of a file: what it tells, what somebody asked for, or what its format says.

    Args:
        told: what the file tells; None where it tells nothing.
        wanted: what somebody asked for.
        default: what the standard of the format says where a file tells nothing.

    Raises:
        CoordinateError: neither is there, the two differ, or one cannot be converted; names `crs`.
    """
    if wanted is None:
        if told is None and default is None:
            raise CoordinateError(
                "the file does not tell its reference system.",
                field="crs",
                hint="Name it: --crs EPSG:4549, cgcs2000 or gcj02, say.",
            )
        return read(told) if told is not None else asked(str(default))
    asked_for = asked(wanted)
    if told is not None:
        found = read(told)
        if not found.same(asked_for):
            raise CoordinateError(
                f"the file says {found.name}, and --crs says {asked_for.name}.",
                field="crs",
                hint="Leave --crs away if the file is right; else save it without a reference system, or with the right one.",
            )
    return asked_for
