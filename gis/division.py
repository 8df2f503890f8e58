"""Dividing: made outlines for the streets and communities of a district whose real ones are not to be had.

A district is halved by straight lines, north-south or east-west, again and again, until there is one piece for each
street, and each street until there is one for each community. A line lies where the pieces on its sides get their
fair share of the area, moved to the nearest line of a lattice of blocks. The result looks like a city of blocks; it is
nobody's real border, and every area says that it was made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, box
from shapely.geometry.base import BaseGeometry

from gis.coordinates import FloatArray
from gis.lattice import Lattice

_HALVINGS = 40
# A line is moved to a line of blocks only as long as each side keeps this part of its fair share.
_KEPT_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class Share:
    """One who gets a piece.

    Attributes:
        code: of the area to be made; for a share with parts, only its parts' codes come out.
        weight: the size of the piece relative to the others.
        near: a rough position on the plane (east, north); the pieces lie to each other as these do.
        parts: those among whom the piece is divided further.
    """

    code: str
    weight: float
    near: tuple[float, float] | None = None
    parts: tuple[Share, ...] = ()


@dataclass
class _Cut:
    vertical: bool
    at: float
    low: _Cut | str
    high: _Cut | str


@dataclass
class Division:
    """A district divided.

    Attributes:
        lines: the dividing lines in degrees; they reach a little beyond where they divide.
    """

    lattice: Lattice
    lines: list[LineString] = field(default_factory=list)
    _root: _Cut | str = ""

    def owners(self, lon: FloatArray, lat: FloatArray) -> NDArray[np.str_]:
        """The code of the share in whose piece each point lies, shape (n,)."""
        east, north = self.lattice.plane.to_plane(lon, lat)
        owners = np.empty(len(east), dtype=object)
        stack = [(self._root, np.arange(len(east)))]
        while stack:
            node, points = stack.pop()
            if isinstance(node, str):
                owners[points] = node
                continue
            below = (east if node.vertical else north)[points] < node.at
            stack += [(node.low, points[below]), (node.high, points[~below])]
        return owners.astype(np.str_)


def divide(outline: BaseGeometry, shares: Sequence[Share], lattice: Lattice) -> Division:
    """Divide an outline given on the plane, in metres, among shares.

    Args:
        lattice: its side is that of the blocks.
    """
    division = Division(lattice)
    division._root = _split(outline, tuple(shares), division)
    return division


def _split(piece: BaseGeometry, shares: tuple[Share, ...], division: Division) -> _Cut | str:
    if len(shares) == 1:
        return _split(piece, shares[0].parts, division) if shares[0].parts else shares[0].code
    west, south, east, north = piece.bounds
    vertical = east - west > north - south
    low, high = _halves(shares, vertical)
    part = sum(s.weight for s in low) / sum(s.weight for s in shares)
    at = _position(piece, vertical, part, division.lattice.metres)
    below, above = _sides(piece, vertical, at)
    span = (south, north) if vertical else (west, east)
    line = LineString([(at, span[0]), (at, span[1])] if vertical else [(span[0], at), (span[1], at)])
    for section in shapely.get_parts(line.intersection(piece)):
        x0, y0, x1, y1 = section.bounds
        ends = (y0, y1) if vertical else (x0, x1)
        # A line that ends on the border to the centimetre might miss it: reach for the next block.
        division.lines.append(division.lattice.polyline(vertical, at, ends[0] - 1.0, ends[1] + 1.0))
    return _Cut(vertical, at, _split(below, low, division), _split(above, high, division))


def _halves(shares: tuple[Share, ...], vertical: bool) -> tuple[tuple[Share, ...], tuple[Share, ...]]:
    """Two groups of about the same weight: west and east, or south and north."""
    if all(share.near for share in shares):
        axis = 0 if vertical else 1
        shares = tuple(sorted(shares, key=lambda s: ((s.near or (0.0, 0.0))[axis], s.code)))
    elif not vertical:
        # Without positions the codes run from the north down, as those of cells do.
        shares = shares[::-1]
    weights = np.cumsum([share.weight for share in shares])
    middle = int(np.argmin(np.abs(weights[:-1] - weights[-1] / 2.0))) + 1
    return shares[:middle], shares[middle:]


def _sides(piece: BaseGeometry, vertical: bool, at: float) -> tuple[BaseGeometry, BaseGeometry]:
    west, south, east, north = piece.bounds
    far = 1.0
    if vertical:
        low, high = (
            box(west - far, south - far, at, north + far),
            box(at, south - far, east + far, north + far),
        )
    else:
        low, high = box(west - far, south - far, east + far, at), box(west - far, at, east + far, north + far)
    return piece.intersection(low), piece.intersection(high)


def _position(piece: BaseGeometry, vertical: bool, part: float, block: float) -> float:
    """Where a line leaves `part` of the area below it, moved to a line of blocks where that is fair."""
    west, south, east, north = piece.bounds
    low, high = (west, east) if vertical else (south, north)
    whole = piece.area
    for _ in range(_HALVINGS):
        at = (low + high) / 2.0
        if _sides(piece, vertical, at)[0].area < part * whole:
            low = at
        else:
            high = at
        if high - low < 0.01:
            break
    exact = (low + high) / 2.0
    rounded = round(exact / block) * block
    bounds = (west, east) if vertical else (south, north)
    if bounds[0] < rounded < bounds[1]:
        got = _sides(piece, vertical, rounded)[0].area / whole
        if got >= _KEPT_SHARE * part and 1.0 - got >= _KEPT_SHARE * (1.0 - part):
            return rounded
    return exact
