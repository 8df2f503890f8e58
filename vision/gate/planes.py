"""The small form in which frames are compared: brightness at work size, colour at half of it, one byte a value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.frame import Box, Picture

#: Pixels of a work-size picture, whatever its shape: 480 x 270.
AREA = 480 * 270

Plane = NDArray[np.uint8]
Mask = NDArray[np.uint8]
Model = NDArray[np.float32]


@dataclass(slots=True)
class Planes:
    """One frame in small.

    Attributes:
        y: brightness, rows x columns, slightly smoothed.
        u, v: colour around 128, half as many rows and columns.
    """

    y: Plane
    u: Plane
    v: Plane


def work_size(size: tuple[int, int]) -> tuple[int, int]:
    """Width and height at which pictures of a size are compared: about `AREA` pixels, both even, never enlarged."""
    width, height = size
    scale = min(math.sqrt(AREA / (width * height)), 1.0)
    return max(round(width * scale / 2) * 2, 16), max(round(height * scale / 2) * 2, 16)


def planes(picture: Picture, size: tuple[int, int]) -> Planes:
    """The planes of a picture.

    Args:
        picture: rows x columns x 3, blue, green, red.
        size: width and height, both even.
    """
    columns, rows = size
    small: Any = picture
    # Plain halves and one step between neighbours take a sixth of the time of one proper average (measured).
    while small.shape[1] >= 2 * columns and small.shape[0] >= 2 * rows:
        small = cv2.resize(small, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    if small.shape[:2] != (rows, columns):
        small = cv2.resize(small, size, interpolation=cv2.INTER_LINEAR)
    mixed: Any = cv2.cvtColor(small, cv2.COLOR_BGR2YUV_I420)
    y = cv2.blur(mixed[:rows], (3, 3))
    quarter = rows * columns // 4
    flat = mixed[rows:].reshape(-1)
    half = (rows // 2, columns // 2)
    return Planes(
        np.asarray(y, dtype=np.uint8),
        flat[:quarter].reshape(half).copy(),
        flat[quarter : 2 * quarter].reshape(half).copy(),
    )


def as_share(pixels: tuple[int, int, int, int], shape: tuple[int, ...]) -> Box:
    """Left, top, width and height in pixels as a box of shares."""
    left, top, width, height = pixels
    return left / shape[1], top / shape[0], (left + width) / shape[1], (top + height) / shape[0]


def as_window(box: Box, shape: tuple[int, ...], margin: int = 0) -> tuple[slice, slice]:
    """Rows and columns of a box with a margin in pixels, inside the picture and never empty."""
    rows, columns = shape[:2]
    left = min(max(round(box[0] * columns) - margin, 0), columns - 1)
    top = min(max(round(box[1] * rows) - margin, 0), rows - 1)
    right = max(min(round(box[2] * columns) + margin, columns), left + 1)
    bottom = max(min(round(box[3] * rows) + margin, rows), top + 1)
    return slice(top, bottom), slice(left, right)
