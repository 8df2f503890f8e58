"""The view of a made camera: a pinhole above the street, from metres in the world to pixels in the picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vision.frame import Box

#: Rows of points: of the world (x along the street, y across it, z up, metres) or of the picture (pixels).
Points = NDArray[np.float64]

#: Nothing nearer than this is drawn, metres: a point beside the camera has no place in the picture.
_NEAREST = 1.0


@dataclass(frozen=True)
class View:
    """A camera on a pole beside the street, looking over it.

    Attributes:
        size: width and height of the picture in pixels.
        place: where the camera hangs, metres.
        yaw, pitch: where it looks, degrees: to the right of straight across the street, and downwards.
        width: its horizontal angle of view, degrees.
    """

    size: tuple[int, int]
    place: tuple[float, float, float] = (-3.0, -14.0, 9.0)
    yaw: float = 8.0
    pitch: float = 17.0
    width: float = 62.0
    _turn: Points = field(init=False, repr=False, compare=False)
    _shift: Points = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Work out the projection once."""
        yaw, pitch = math.radians(self.yaw), math.radians(self.pitch)
        forward = (math.sin(yaw) * math.cos(pitch), math.cos(yaw) * math.cos(pitch), -math.sin(pitch))
        right = (math.cos(yaw), -math.sin(yaw), 0.0)
        up = (math.sin(yaw) * math.sin(pitch), math.cos(yaw) * math.sin(pitch), math.cos(pitch))
        axes = np.array((right, up, forward))
        focal = self.size[0] / 2 / math.tan(math.radians(self.width) / 2)
        lens = np.array(((focal, 0.0, self.size[0] / 2), (0.0, -focal, self.size[1] / 2), (0.0, 0.0, 1.0)))
        object.__setattr__(self, "_turn", np.ascontiguousarray((lens @ axes).T))
        object.__setattr__(self, "_shift", lens @ (-axes @ np.array(self.place)))

    def project(self, points: Points | Sequence[Sequence[float]]) -> Points:
        """Where points of the world lie in the picture: n x 2 pixels, of n x 3 metres."""
        seen: Points = np.asarray(points, dtype=np.float64).dot(self._turn)
        seen += self._shift
        depth = seen[:, 2:]
        np.maximum(depth, _NEAREST, out=depth)
        return seen[:, :2] / depth

    def ground(self, corners: Sequence[tuple[float, float]]) -> Points:
        """Where points of the ground lie in the picture, pixels."""
        return self.project([(x, y, 0.0) for x, y in corners])

    def scale(self, y: float) -> float:
        """Pixels to a metre, some y metres across the street: what is farther is drawn with less detail."""
        near, far = self.project([(0.0, y, 0.0), (1.0, y, 0.0)])
        return float(np.hypot(*(far - near)))

    def box(self, points: Points) -> Box:
        """The box around points of the picture, as shares of it, as far as it lies inside."""
        low, high = points.min(axis=0) / self.size, points.max(axis=0) / self.size
        left, top = (float(value) for value in np.clip(low, 0.0, 1.0))
        right, bottom = (float(value) for value in np.clip(high, 0.0, 1.0))
        return left, top, right, bottom

    def outline(self, corners: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
        """Points of the ground as corners of a zone: shares of the picture, kept inside it."""
        inside = np.clip(self.ground(corners) / self.size, 0.0, 1.0)
        return tuple((round(float(x), 4), round(float(y), 4)) for x, y in inside)
