"""Frames: single pictures of a camera, each with the instant at which it was taken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Rows, columns and the channels blue, green, red, each from 0 to 255: what OpenCV reads and draws.
Picture = NDArray[np.uint8]

#: A box in a picture as shares of its width and height: left, top, right, bottom, each from 0 to 1.
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a camera.

    Attributes:
        picture: rows x columns x 3.
        at: when it was taken, with its time zone, by the clock of the installation.
        jpeg: the bytes of which it was decoded, exactly as the camera sent them; None where it came out of a video.
        stream_at: seconds from the beginning of its stream; None for a single picture.
    """

    picture: Picture
    at: datetime
    jpeg: bytes | None = None
    stream_at: float | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        rows, columns = self.picture.shape[:2]
        return columns, rows


def cut(picture: Picture, box: Box, margin: float = 0.0) -> Picture:
    """The part of a picture in a box, one pixel at least.

    Args:
        margin: how much more to take on each side, as a share of the box's own width and height.
    """
    rows, columns = picture.shape[:2]
    wide, high = (box[2] - box[0]) * margin, (box[3] - box[1]) * margin
    left = int(min(max(box[0] - wide, 0.0) * columns, columns - 1))
    top = int(min(max(box[1] - high, 0.0) * rows, rows - 1))
    right = max(round(min(box[2] + wide, 1.0) * columns), left + 1)
    bottom = max(round(min(box[3] + high, 1.0) * rows), top + 1)
    part: Any = picture[top:bottom, left:right]
    return np.asarray(part, dtype=np.uint8)


def overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes, 0 to 1."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / (_area(one) + _area(other) - both)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
