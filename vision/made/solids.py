"""Solids: boxes that may taper upwards, of which everything that stands in the street is put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from vision.frame import Picture
from vision.made.brush import Colour, fill, tinted
from vision.made.view import Points, View

#: The sides of a solid: name, its corners counterclockwise as seen from outside, and how much light falls on it.
_SIDES: tuple[tuple[str, tuple[int, int, int, int], float], ...] = (
    ("far", (2, 3, 7, 6), 0.8),
    ("left", (3, 0, 4, 7), 0.74),
    ("right", (1, 2, 6, 5), 0.9),
    ("near", (0, 1, 5, 4), 0.84),
    ("top", (4, 5, 6, 7), 1.12),
)


@dataclass(frozen=True, slots=True)
class Solid:
    """A box in the world, metres: x along the street, y across it.

    Attributes:
        foot, top: left, near, right and far edge of its lower and of its upper face.
        low, high: how high these lie above the ground.
    """

    foot: tuple[float, float, float, float]
    top: tuple[float, float, float, float]
    low: float
    high: float

    def corners(self) -> Points:
        """Its eight corners: the lower face from the near left counterclockwise, then the upper."""
        rows = []
        for (left, near, right, far), z in ((self.foot, self.low), (self.top, self.high)):
            rows += [(left, near, z), (right, near, z), (right, far, z), (left, far, z)]
        return np.array(rows)


def block(x: float, y: float, long: float, wide: float, low: float, high: float) -> Solid:
    """An upright box around a place."""
    edges = (x - long / 2, y - wide / 2, x + long / 2, y + wide / 2)
    return Solid(edges, edges, low, high)


def paint(
    picture: Picture,
    view: View,
    solid: Solid,
    colour: Colour,
    glass: Sequence[str] = (),
    bands: int = 1,
) -> None:
    """Draw what is seen of a solid.

    Args:
        glass: the sides that have a window.
        bands: into how many strips a side is divided, each darker than the one above it.
    """
    corners = view.project(solid.corners())
    for name, order, light in _SIDES:
        side = corners[list(order)]
        if _turned_away(side):
            continue
        if name == "top":
            fill(picture, side, tinted(colour, light))
            continue
        for band in range(bands):
            strip = _part(side, 0.0, band / bands, 1.0, (band + 1) / bands)
            fill(picture, strip, tinted(colour, light * (0.86 + 0.2 * (band + 1) / bands)))
        if name in glass:
            fill(picture, _part(side, 0.07, 0.12, 0.93, 0.9), (62.0, 54.0, 48.0))
            fill(picture, _part(side, 0.10, 0.62, 0.90, 0.86), (112.0, 100.0, 90.0))


def _turned_away(side: Points) -> bool:
    (a, b), (c, d) = (side[2] - side[0]).tolist(), (side[3] - side[1]).tolist()
    return bool(a * d - b * c >= 0.0)


def _part(side: Points, left: float, low: float, right: float, high: float) -> Points:
    """A part of a side: shares of its width from the left and of its height from below."""
    return _shares(left, low, right, high) @ side


@lru_cache(maxsize=256)
def _shares(left: float, low: float, right: float, high: float) -> Points:
    """What each corner of a side counts for in each corner of a part."""
    corners = ((left, low), (right, low), (right, high), (left, high))
    return np.array([((1 - u) * (1 - v), u * (1 - v), u * v, (1 - u) * v) for u, v in corners])
