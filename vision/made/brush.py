"""Brushes: what all that is drawn is drawn with."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.frame import Picture
from vision.made.view import Points

Colour = tuple[float, float, float]

#: Coordinates are given to OpenCV in sixteenths of a pixel: what moves slowly moves smoothly.
SHIFT = 4


def fixed(points: Points) -> NDArray[np.int32]:
    """Pixels as the whole numbers that OpenCV's drawing takes."""
    return np.rint(points * (1 << SHIFT)).astype(np.int32)


def fill(picture: NDArray[Any], points: Points, colour: Colour) -> None:
    """A convex area."""
    cv2.fillConvexPoly(picture, fixed(points), colour, cv2.LINE_AA, SHIFT)


def line(picture: NDArray[Any], points: Points, colour: Colour, wide: int = 1) -> None:
    """A line through points."""
    cv2.polylines(picture, [fixed(points)], False, colour, max(wide, 1), cv2.LINE_AA, SHIFT)


def shade(picture: Picture, points: Points, strength: float) -> None:
    """Darken a convex area softly, as a shadow does: by `strength`, 0 to 1."""
    rows, columns = picture.shape[:2]
    left, top = (max(int(value) - 3, 0) for value in points.min(axis=0))
    right, bottom = (int(value) + 4 for value in points.max(axis=0))
    right, bottom = min(right, columns), min(bottom, rows)
    if right - left < 2 or bottom - top < 2:
        return
    mask = np.zeros((bottom - top, right - left), dtype=np.uint8)
    fill(mask, points - (left, top), (round(255 * strength),) * 3)
    soft = cv2.bitwise_not(cv2.blur(mask, (5, 5)))
    part = picture[top:bottom, left:right]
    cv2.multiply(part, cv2.cvtColor(soft, cv2.COLOR_GRAY2BGR), dst=part, scale=1 / 255)


def tinted(colour: Colour, light: float) -> Colour:
    """A colour in more or less light."""
    blue, green, red = (min(max(part * light, 0.0), 255.0) for part in colour)
    return blue, green, red


def ring(centre: tuple[float, float, float], radius: float, axes: Sequence[int], count: int = 12) -> Points:
    """Points on a circle in the world, in the plane of two of its axes (0 is x, 1 is y, 2 is z)."""
    points = np.empty((count, 3))
    points[:] = centre
    around = turns(count)
    points[:, axes[0]] += radius * around[:, 0]
    points[:, axes[1]] += radius * around[:, 1]
    return points


@lru_cache(maxsize=32)
def turns(count: int) -> Points:
    """So many points around a circle of radius 1."""
    angles = np.linspace(0.0, 2 * np.pi, count, endpoint=False)
    return np.column_stack((np.cos(angles), np.sin(angles)))


def grain(rng: np.random.Generator, rows: int, columns: int, octaves: Sequence[int]) -> NDArray[np.float32]:
    """Noise of several sizes on top of each other, mean 0, about -1 to 1: the texture of plaster, asphalt, clouds.

    Args:
        octaves: the sizes of its spots in pixels, each as strong as the others.
    """
    whole = np.zeros((rows, columns), dtype=np.float32)
    for size in octaves:
        coarse = rng.normal(0.0, 1.0, (max(rows // size, 2), max(columns // size, 2))).astype(np.float32)
        whole += cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_CUBIC)
    return np.asarray(whole / (2.0 * len(octaves)), dtype=np.float32)


def hull(points: Points) -> Points:
    """The convex area around points of the picture."""
    return np.asarray(cv2.convexHull(points.astype(np.float32))[:, 0], dtype=np.float64)


def drawn(rng: np.random.Generator, low: Colour, high: Colour) -> Colour:
    """A colour by chance between two."""
    blue, green, red = (float(value) for value in rng.uniform(low, high))
    return blue, green, red
